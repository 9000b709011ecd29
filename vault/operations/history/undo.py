"""`undo`, `redo`, `operations`: go back in the operation log, by appending to it.

An entry says which operation it took back (`undoes`) or did again (`redoes`). From these follows
which operation stands last: undoing again takes back the one before, and redoing goes forward
until something else is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice, pairwise

from vault.errors import AnswerIsNo, Conflict, InvalidInput, NotFound
from vault.objects.log.entry import Entry
from vault.objects.log.view import View
from vault.operations.history.status import StatusReport, status_of
from vault.presentation.report_html import Displayed
from vault.session.arguments import LIBRARY, words_kept
from vault.session.context import Context
from vault.session.recording import append, writing
from vault.store.operation_log import Intent, Operation, OperationLog


@dataclass(frozen=True, slots=True)
class LoggedOperation:
    """One operation. `undone` tells that it does not stand: it was taken back, and not redone."""

    id: str
    time: str
    author: str
    command: str
    undone: bool


@dataclass(frozen=True, slots=True)
class OperationsReport(Displayed):
    """Operations, newest first."""

    items: tuple[LoggedOperation, ...]


@dataclass(frozen=True, slots=True)
class UndoReport(Displayed):
    """The operation that was taken back, or done again, and where the repository now stands."""

    items: tuple[LoggedOperation, ...]
    status: StatusReport


def list_operations(context: Context, *, limit: int | None = None) -> OperationsReport:
    """Return what was done, newest first, as far back as it is kept."""
    log = context.log
    newest = log.newest()
    # What stands is looked for one entry ahead, and some are megabytes.
    read = lru_cache(maxsize=4)(log.entry)
    standing = _standing(log, read, newest, newest.first)
    items = []
    for entry, below in islice(pairwise(chain(log.newest_first(read), [None])), limit):
        assert entry is not None, "only the last of them is none"
        if entry.number == standing:
            standing = None if below is None else _standing(log, read, below, newest.first)
            undone = False
        else:
            # What is not an undo itself, changed something, and does not stand was undone.
            is_deed = entry.undoes is None and entry.redoes is None
            undone = is_deed and below is not None and log.changes_names(entry, below)
        items.append(_logged(context, entry, undone=undone))
    return OperationsReport(tuple(items))


def undo(context: Context, operation: str | None = None) -> UndoReport:
    """Take back the last operation that stands: everything is again as it was before it.

    `operation` names the one that is meant, and lets another author's be undone. Raises
    AnswerIsNo (`nothing-to-undo`), NotFound (`operation-not-found`), InvalidInput
    (`operation-invalid`), Conflict: `operation-not-last` when another one was done since,
    `operation-of-another` when its author is another and it was not named, `operation-overtaken`
    when another process acts meanwhile.
    """
    with writing(context):
        tip = context.log.tip()
        number = _standing(context.log, context.log.entry, tip.entry, tip.entry.first)
        if operation is not None:
            number = _chosen(tip, operation, number)
        if number is None or number <= tip.entry.first:
            raise AnswerIsNo(
                "there is nothing to undo",
                code="nothing-to-undo",
                hint="`vault operations` lists what was done, as far back as it is kept",
            )
        undone = context.log.entry(number)
        if operation is None and undone.author != context.intent.author:
            raise Conflict(
                f"the last operation is {undone.author}'s: `{undone.command}`",
                code="operation-of-another",
                hint=f"`vault undo {number}` takes it back all the same",
            )
        view = context.log.read(number - 1).view
        return _append(context, tip, view, undone, replace(context.intent, undoes=number))


def redo(context: Context) -> UndoReport:
    """Do again what `undo` took back last.

    Raises AnswerIsNo (`nothing-to-redo`), Conflict (`operation-overtaken`).
    """
    with writing(context):
        tip = context.log.tip()
        number = _redoable(context.log, tip.entry)
        if number is None:
            raise AnswerIsNo(
                "there is nothing to redo",
                code="nothing-to-redo",
                hint="only what `vault undo` has just taken back can be done again",
            )
        redone = context.log.read(number)
        intent = replace(context.intent, redoes=number)
        return _append(context, tip, redone.view, redone.entry, intent)


def _append(
    context: Context, tip: Operation, view: View, meant: Entry, intent: Intent
) -> UndoReport:
    view = view.with_lasting(tip.view)
    # Found out first: once the entry is there, nothing may fail any more.
    done = _logged(context, meant, undone=intent.undoes is not None)
    report = UndoReport((done,), status_of(context, view))
    if append(context, tip, view, intent) is None:
        raise Conflict(
            "another process changed the repository at the same moment",
            code="operation-overtaken",
            hint="`vault operations` shows what was done; then try again",
        )
    return report


def _standing(
    log: OperationLog, read: Callable[[int], Entry], entry: Entry, first: int
) -> int | None:
    """Return the operation that stands last at an entry; None unless it is later than `first`.

    An undo leads to what stood before the operation that it took back, a redo to the operation
    itself, and an entry that changed nothing (giving up old ones) to the entry before. What the
    oldest entry that is kept (`first`) did cannot be taken back.
    """
    while True:
        if entry.redoes is not None:
            return entry.redoes
        number = entry.number if entry.undoes is None else entry.undoes
        if number <= first:
            return None
        before = read(number - 1)
        if entry.undoes is None and log.changes_names(entry, before):
            return number
        entry = before


def _redoable(log: OperationLog, entry: Entry) -> int | None:
    """Return the operation that was undone last and not redone since, if nothing else was done."""
    redone, first = 0, entry.first
    while True:
        if entry.redoes is not None:
            redone += 1
        elif entry.undoes is not None:
            if redone == 0:
                return entry.undoes
            redone -= 1
        else:
            return None
        if entry.number <= first:
            return None
        entry = log.entry(entry.number - 1)


def _chosen(tip: Operation, text: str, last: int | None) -> int:
    if not text.isascii() or not text.isdigit():
        raise InvalidInput(
            f'"{text}" is not the number of an operation',
            code="operation-invalid",
            hint="`vault operations` lists them",
        )
    number = int(text)
    if not tip.entry.first <= number <= tip.number:
        raise NotFound(
            f"there is no operation {number}",
            code="operation-not-found",
            hint="`vault operations` lists them",
        )
    if number != last:
        stands = "nothing stands that could be undone" if last is None else f"{last} is the last"
        raise Conflict(
            f"operation {number} cannot be undone by itself: {stands}",
            code="operation-not-last",
            hint="`vault undo` takes back the last one, and again the one before",
        )
    return number


def _logged(context: Context, entry: Entry, *, undone: bool) -> LoggedOperation:
    words = words_kept(context.store, entry.arguments)
    command = entry.command if words is None else words
    if words is not None and entry.command == LIBRARY:
        command = f"{LIBRARY}: {words}"
    return LoggedOperation(str(entry.number), entry.time, entry.author, command, undone)
