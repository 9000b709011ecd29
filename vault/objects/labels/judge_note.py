"""Notes of labels that judges gave: they name the run, the request and the rubric. Pure."""

from __future__ import annotations

_RUBRIC = " rubric "


def judge_note(run: str, request: int, rubric: str) -> str:
    """Return the note of a label that a request of a run led to, by a rubric of this digest."""
    return f"{note_of_run(run)}{request}{note_of_rubric(rubric)}"


def note_of_run(run: str) -> str:
    """Return the text that notes of a run have in common: how they begin."""
    return f"run {run} request "


def note_of_rubric(rubric: str) -> str:
    """Return the text that notes by a rubric of this digest have in common: how they end."""
    return f"{_RUBRIC}{rubric}"


def rubric_in(note: str | None) -> str | None:
    """Return the digest of the rubric that a note names, None for another note."""
    found = (note or "").rpartition(_RUBRIC)
    return found[2] if found[1] else None
