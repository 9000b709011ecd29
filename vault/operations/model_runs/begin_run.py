"""The folder of a run: made before anything is sent, taken up again, and put away at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from vault.config import read_team_section
from vault.errors import Conflict
from vault.objects.log.view import Run, View
from vault.objects.model_run.about import RunAbout
from vault.objects.model_run.request import RequestState
from vault.operations.model_runs.open_runs import (
    CANCELLED,
    OPEN,
    RunKind,
    run_to_resume,
    unfinished,
    vault_folder,
)
from vault.session.context import Context
from vault.session.recording import record, writing
from vault.store.run_folder import RunFolder
from vault.store.run_ledger import RunLedger

Clock = Callable[[], str]
"""The time of a line of the journal, as text."""


def new_run_name(context: Context, token: str) -> str:
    """Return the name of a run that begins now; `token` makes it its own."""
    return f"{context.intent.time[:10].replace('-', '')}-{token}"


def settings_of(context: Context) -> bytes:
    """Return the bytes of `vault.toml`, which a run keeps; none if there is no such file."""
    return b"" if context.folder is None else read_team_section(context.folder, "generate").raw


@contextmanager
def begin_run(
    context: Context, about: RunAbout, files: Sequence[bytes], clock: Clock | None
) -> Iterator[RunLedger]:
    """Begin a run: the log names it and its folder is there before anything is sent.

    `files` are the bytes of everything that `about` names. A run that ends in an error before it
    sent a request is given up. Raises StorageFailed, Conflict (`log-busy`).
    """
    # The log names the run before anything is paid for, so that what it needs is kept.
    _note(context, about.run, Run(None, OPEN, about.names()), files)
    vault = vault_folder(context)
    with RunFolder.create(vault, about, files, clock=clock or _now(context)) as folder:
        ledger = RunLedger.open(folder)
        try:
            yield ledger
        except BaseException:
            if _has_sent(ledger):
                _tell_kept(context, about)
            else:
                # Nothing was asked, so there is nothing to go on with.
                folder.remove()
                _note(context, about.run, Run(None, CANCELLED, about.names()))
            raise


@contextmanager
def take_up_run(
    context: Context, run: str | None, kind: RunKind, clock: Clock | None
) -> Iterator[RunLedger]:
    """Take up a run of a kind that is not finished: the one named, or the last one.

    Raises NotFound (`run-not-found`), Conflict (`run-ended`, `run-locked`, `run-of-another-kind`),
    Corrupt.
    """
    name = run_to_resume(context, context.log.tip().view, run, kind)
    with RunFolder.open(vault_folder(context), name, clock=clock or _now(context)) as folder:
        ledger = RunLedger.open(folder)
        try:
            yield ledger
        except BaseException:
            if _has_sent(ledger):
                _tell_kept(context, ledger.about)
            raise


def refuse_beside(
    context: Context, view: View, earlier: Sequence[str], file: str, kind: RunKind
) -> None:
    """Raise Conflict (`run-unfinished`) if one of the earlier runs of a file may go on.

    A recipe and a rubric may have the same name.
    """
    going_on = (each for each in unfinished(context, view) if each.kind == kind)
    waiting = [each.run for each in going_on if each.run in earlier]
    if waiting:
        raise Conflict(
            f"the run {waiting[-1]} of {file} is not finished",
            code="run-unfinished",
            hint=f"`vault {kind} --resume {waiting[-1]}` goes on with it; --new-run begins anew",
        )


def _now(context: Context) -> Clock:
    return lambda: context.intent.time


def _has_sent(ledger: RunLedger) -> bool:
    return any(each.state != RequestState.PLANNED for each in ledger.statuses())


def _tell_kept(context: Context, about: RunAbout) -> None:
    kind = RunKind.of(about)
    context.progress.say(f"answers are kept: `vault {kind} --resume {about.run}` goes on")


def _note(context: Context, name: str, run: Run, files: Sequence[bytes] = ()) -> None:
    with writing(context):
        for each in files:
            context.store.put(each)
        record(context, lambda view: (view.with_run(name, run), None))
