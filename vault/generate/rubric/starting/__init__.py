"""Rubrics to begin with: instruction-following, faithfulness, tool use, reasoning."""

from __future__ import annotations

from importlib import resources

from vault.errors import InvalidInput

KINDS = ("instructions", "faithfulness", "tools", "reasoning")


def starting_rubric(kind: str) -> str:
    """Return the text of a rubric to begin with. Raises InvalidInput (`rubric-kind-unknown`)."""
    if kind not in KINDS:
        raise InvalidInput(
            f'"{kind}" is no kind of rubric to begin with',
            code="rubric-kind-unknown",
            hint=f"use one of {', '.join(KINDS)}",
        )
    return resources.files(__name__).joinpath(f"{kind}.toml").read_text("utf-8")
