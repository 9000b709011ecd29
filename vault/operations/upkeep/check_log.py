"""Checking the operation log: its chain, its checksums, its hint, and the views that it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vault.errors import Corrupt, StorageFailed
from vault.layout import TIP
from vault.objects.log.entry import Entry
from vault.objects.log.view import View
from vault.operations.upkeep.problems import Problems
from vault.session.context import WORKSPACE
from vault.store.operation_log import OperationLog, follows, view_after

_MOST_LOOKED_FOR = 100


class LogCheck:
    """One pass over the log, oldest entry first.

    `last` is the newest entry that is intact, `first` the oldest that is kept.
    """

    def __init__(self, log: OperationLog, problems: Problems) -> None:
        self._log = log
        self._problems = problems
        self.last: Entry | None = None
        self.is_truncated = False
        self.first = 1
        self._newest: Entry | None = None
        self._view: View | None = None

    def run(self) -> Iterator[Entry]:
        """Yield every intact entry. Raises StorageFailed if the log cannot be listed."""
        # The hint first: an entry that is added meanwhile must not make it seem ahead.
        hinted = self._hint()
        newest = 0
        numbers = sorted(self._log.numbers())
        first = self.first = self._first(numbers)
        for number in numbers:
            # Entries before the first kept were given up; those that are left of them are rubbish.
            if number < first:
                continue
            yield from self._gap(max(newest + 1, first), number)
            yield from self._entry(number)
            newest = number
        if hinted > newest:
            self.is_truncated = True
            self._problems.add("log-truncated", f"operation {hinted}", _truncated(hinted, newest))
        elif newest == 0:
            self._problems.add("log-empty", "operation 1", "the operation log is empty")
        if self.last is not None and self.last.number == newest:
            self._workspace(self.last.number)

    def _first(self, numbers: Sequence[int]) -> int:
        """Return the oldest entry that the newest readable one says is kept."""
        for number in reversed(numbers):
            try:
                self._newest = self._log.entry(number)
                return self._newest.first
            except (Corrupt, StorageFailed):
                continue  # told when its turn comes
        return 1

    def _hint(self) -> int:
        try:
            return self._log.read_hint() or 0
        except (Corrupt, StorageFailed) as error:
            self._problems.add(error.code, TIP, error.message)
            return 0

    def _gap(self, first: int, end: int) -> Iterator[Entry]:
        """Look for entries that the listing lacks: it may miss one that was just added."""
        for number in range(first, min(end, first + _MOST_LOOKED_FOR)):
            yield from self._entry(number)
        if end > first + _MOST_LOOKED_FOR:
            last = f"operation {end - 1}"
            message = f"operations {first + _MOST_LOOKED_FOR} to {end - 1} are missing"
            self._problems.add("operation-missing", last, message)

    def _entry(self, number: int) -> Iterator[Entry]:
        name = f"operation {number}"
        with self._problems.caught(name):
            newest = self._newest
            is_read = newest is not None and newest.number == number
            entry = newest if newest is not None and is_read else self._log.entry(number)
            before = self.last
            if (number == 1) != (entry.previous is None):
                what = "names one before it" if number == 1 else "names none before it"
                self._problems.add("log-broken", name, f"{name} {what}")
            elif _breaks(before, entry):
                message = f"operation {number - 1} is not the one that {number} follows"
                self._problems.add("log-broken", name, message)
            self.last = entry
            self._follow(entry, before)
            yield entry

    def _follow(self, entry: Entry, before: Entry | None) -> None:
        """Check that what an entry changed was there. Raises Corrupt (`log-broken`)."""
        view, self._view = self._view, entry.view
        if entry.view is None and entry.number == self.first:
            raise _broken(f"operation {entry.number} is the first, and tells only what it changed")
        if before is None or before.number != entry.number - 1 or view is None:
            return  # the entry before is told by itself
        self._view = view_after(view, entry)

    def _workspace(self, newest: int) -> None:
        if self._view is not None and WORKSPACE not in self._view.workspaces:
            message = f'the newest operation has no workspace "{WORKSPACE}"'
            self._problems.add("workspace-missing", f"operation {newest}", message)


def _breaks(before: Entry | None, entry: Entry) -> bool:
    # An entry that is damaged or missing is told by itself.
    is_known = before is not None and before.number == entry.number - 1
    return is_known and before is not None and not follows(entry, before)


def _broken(message: str) -> Corrupt:
    return Corrupt(message, code="log-broken", hint="`vault fsck` lists everything that is damaged")


def _truncated(hinted: int, newest: int) -> str:
    return (
        f"operation {hinted} was recorded, but the log ends at {newest}: put the missing entries "
        f"back from a copy of the repository, or remove .vault/tip to go on from operation {newest}"
    )
