"""The runs of a repository: those under way, which have a folder, and those that the log names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vault.errors import Conflict, InvalidInput, NotFound
from vault.layout import repository_folder
from vault.objects.log.view import RefName, View
from vault.objects.model_run.about import RunAbout
from vault.objects.model_run.run_object import decode_about
from vault.session.context import Context, Draft, draft_of, workspace_of
from vault.store.run_folder import RunFolder

OPEN, STOPPED, FINISHED, CANCELLED = "open", "stopped", "finished", "cancelled"
_GOING_ON = frozenset({OPEN, STOPPED, "submitted"})


class RunKind(StrEnum):
    """The commands that ask models. The word is what a person types."""

    GENERATE = "generate"
    JUDGE = "judge"

    @classmethod
    def of(cls, about: RunAbout) -> RunKind:
        """Return the command that a run is of: a preview is of `generate`."""
        return cls.JUDGE if about.kind == cls.JUDGE else cls.GENERATE


def require_kind(about: RunAbout, kind: RunKind) -> None:
    """Raise Conflict (`run-of-another-kind`) unless a run is of a command."""
    _require_same(about.run, RunKind.of(about), kind)


def _require_same(run: str, found: RunKind, wanted: RunKind) -> None:
    if found != wanted:
        raise Conflict(
            f"{run} is a run of `vault {found}`",
            code="run-of-another-kind",
            hint=f"`vault runs show {run}` shows it, `vault {found} --help` what it takes",
        )


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run that may go on, and the command that it is of."""

    run: str
    kind: RunKind


def vault_folder(context: Context) -> Path:
    """Return the folder `.vault`. Raises InvalidInput (`no-folder`) for one in memory."""
    if context.folder is None:
        raise InvalidInput(
            "a repository in memory keeps no answers that were paid for",
            code="no-folder",
            hint="open a repository in a folder: Repository.init(path, …)",
        )
    return repository_folder(context.folder)


def ended_runs(context: Context, view: View) -> dict[str, RunAbout]:
    """Return the descriptions of all runs that have an object, by name. Raises Corrupt.

    Costs reading the objects.
    """
    return {
        run: decode_about(context.store.get(each.object))
        for run, each in view.runs.items()
        if each.object is not None
    }


def runs_of_recipe(context: Context, ended: Mapping[str, RunAbout], name: str) -> list[str]:
    """Return the names of all runs of a recipe, by its file's name: of those ended, and others."""
    abouts = dict(ended)
    vault = vault_folder(context)
    for run in RunFolder.names(vault):
        with RunFolder.read(vault, run) as folder:
            abouts[run] = folder.about()
    return [run for run, each in abouts.items() if each.recipe and each.recipe.name == name]


def draft_of_run(context: Context, view: View, branch: str) -> Draft:
    """Return where the examples of a run are staged: on its branch, wherever HEAD is.

    Raises Conflict (`run-branch-gone`).
    """
    if branch not in view.branches and workspace_of(view).branch != branch:
        raise Conflict(
            f"the branch {branch}, which the run was begun on, is gone",
            code="run-branch-gone",
            hint=f"`vault branch {branch}` makes it again, and the run can go on",
        )
    return draft_of(context, view, RefName(branch))


def unfinished(context: Context, view: View) -> list[UnfinishedRun]:
    """Return the runs that may go on, the oldest first.

    They are not at their end, and have asked for something or are about to: a process has them.
    """
    vault = vault_folder(context)
    found = []
    for run in RunFolder.names(vault):
        known = view.runs.get(run)
        if known is None or known.state in _GOING_ON:
            begun, kind, has_requests = _beginning(vault, run)
            if has_requests or RunFolder.is_held(vault, run):
                found.append((begun, UnfinishedRun(run, kind)))
    return [each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].run))]


def _beginning(vault: Path, run: str) -> tuple[str, RunKind, bool]:
    """Return when a run was begun, of which command, and whether it has asked for something."""
    with RunFolder.read(vault, run) as folder:
        lines = folder.lines()
        begun: str = next(lines).value["time"]
        asked = any(line.value.get("type") == "request" for line in lines)
        return begun, RunKind.of(folder.about()), asked


def run_to_resume(
    context: Context, view: View, run: str | None, kind: RunKind | None = None
) -> str:
    """Return the run that is to go on: the one that was named, or the one that began last.

    `kind` is what it has to be of. Raises NotFound (`run-not-found`), Conflict (`run-ended`,
    `run-of-another-kind`).
    """
    waiting = unfinished(context, view)
    going_on = [each.run for each in waiting if kind in (None, each.kind)]
    for other in waiting:
        if other.run == run and kind is not None:
            _require_same(run, other.kind, kind)
    if run is None:
        if not going_on:
            raise NotFound(
                "no run is unfinished", code="run-not-found", hint="`vault runs` lists all of them"
            )
        return going_on[-1]
    if run in going_on:
        return run
    if run in view.runs:
        raise Conflict(
            f"the run {run} is {view.runs[run].state}",
            code="run-ended",
            hint=f"`vault {kind or RunKind.GENERATE}` begins another one",
        )
    raise NotFound(f'there is no run "{run}"', code="run-not-found", hint="`vault runs` lists them")
