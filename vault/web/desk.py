"""The desk that people label at: a journal, and the thread that records it as operations."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vault.errors import Conflict, StorageFailed, VaultError
from vault.repository import Repository

if TYPE_CHECKING:
    from vault.operations.labelling.label_journal import LabelJournal, Labels, Step, Wanted
    from vault.operations.labelling.write_acts import Written

RECORD_EVERY_SECONDS = 5.0
"""Labels that come all the time are recorded so often."""

IDLE_SECONDS = 1.0
"""Labels are recorded as soon as nobody has labelled for so long, but no more often than that."""

_LOOK_EVERY_SECONDS = 0.25
_MONOTONIC = time.monotonic


class Desk:
    """Labels that people give in the explorer of a repository. Threads may share it.

    The journal is that of one branch; when people go on with another one, it is exchanged.
    """

    def __init__(self, repository: Repository) -> None:
        self.failure: VaultError | None = None
        self._repository = repository
        self._lock = threading.RLock()
        self._journal: LabelJournal | None = None
        self._number = 0
        self._written: Written | None = None
        self._first_at: float | None = None
        self._last_at = 0.0
        self._recorded_at = -RECORD_EVERY_SECONDS
        self._ending = threading.Event()
        self._recorder = threading.Thread(target=self._record_when_due, daemon=True)
        self._recorder.start()

    @property
    def number(self) -> int:
        """The number of labels that were given: it grows with each."""
        with self._lock:
            return self._number + (0 if self._journal is None else self._journal.number)

    @property
    def waiting(self) -> int:
        """The number of labels that are not in an operation yet."""
        with self._lock:
            return 0 if self._journal is None else self._journal.waiting

    def labels(self, examples: Sequence[str]) -> list[Labels | None] | None:
        """Return the labels of examples on the stage of whichever branch HEAD is on.

        With what waits; None of an example that is not staged, and None where HEAD is at a commit.
        """
        journal = self._current()
        return None if journal is None else journal.labels(examples)

    def give(self, person: str, branch: str, wanted: Sequence[Wanted]) -> Sequence[Step]:
        """Give labels on a branch, which must be the one that HEAD is on."""
        # Under the lock: the journal must not be exchanged between finding and writing it.
        with self._lock:
            steps = self._of(branch).give(person, wanted)
            self._note()
            return steps

    def undo(self, person: str, branch: str) -> Step:
        """Take back the last label that a person gave."""
        with self._lock:
            step = self._of(branch).undo(person)
            self._note()
            return step

    def redo(self, person: str, branch: str) -> Step:
        """Give again what a person took back last."""
        with self._lock:
            step = self._of(branch).redo(person)
            self._note()
            return step

    @property
    def written(self) -> Written | None:
        """The counts of all recorded labels, None before the first."""
        with self._lock:
            return self._written if self._journal is None else self._all_written(self._journal)

    def record(self) -> None:
        """Record what waits, so that it is on the stage when this returns."""
        with self._lock:
            journal = self._journal
        if journal is not None:
            self._record(journal)
            if self.failure is not None:
                raise self.failure

    def record_for(self, branch: str) -> None:
        """Record what waits before something else changes the stage of a branch.

        Raises Conflict (`branch-switched`) where HEAD is on another one.
        """
        journal = self._of(branch)
        journal.require_branch()
        self.record()

    def close(self) -> None:
        """Record what waits, and end. Raises what recording raises: the journal stays then."""
        self._ending.set()
        self._recorder.join()
        with self._lock:
            if self._journal is not None:
                self._journal.close()
                self._journal = None

    def _of(self, branch: str) -> LabelJournal:
        """Return the journal of a branch.

        Raises Conflict (`branch-switched`) where HEAD is on another one.
        """
        with self._lock:
            if self._journal is not None and self._journal.branch == branch:
                return self._journal
            made = self._repository.label_journal()
            if made.branch != branch:
                made.close()
                raise Conflict(
                    f"the repository is on {made.branch} now, and not on {branch}",
                    code="branch-switched",
                    hint="load the page again to go on there",
                )
            return self._go_on_with(made)

    def _current(self) -> LabelJournal | None:
        """Return the journal of the branch that HEAD is on, None where it is at a commit.

        Whoever only reads is not refused because somebody switches meanwhile.
        """
        with self._lock:
            branch = self._repository.current_branch()
            if branch is None:
                return None
            if self._journal is not None and self._journal.branch == branch:
                return self._journal
            try:
                made = self._repository.label_journal()
            except Conflict as error:
                if error.code != "detached-head":
                    raise
                return None  # HEAD went to a commit since
            return self._go_on_with(made)

    def _go_on_with(self, made: LabelJournal) -> LabelJournal:
        """Close the journal and continue with another one; the caller holds the lock."""
        before, self._journal = self._journal, made
        if before is None:
            return made
        self._number += before.number + 1
        try:
            before.close()
        except VaultError as error:
            # The labels stay in the journal that is left behind; who takes it over is told.
            self.failure = error
        self._written = self._all_written(before)
        return made

    def _all_written(self, journal: LabelJournal) -> Written:
        return journal.written if self._written is None else self._written.plus(journal.written)

    def _note(self) -> None:
        self._last_at = _MONOTONIC()
        if self._first_at is None:
            self._first_at = self._last_at

    def _record_when_due(self) -> None:
        while not self._ending.wait(_LOOK_EVERY_SECONDS):
            with self._lock:
                journal = self._journal
                is_due = journal is not None and self._is_due(journal)
            if journal is not None and is_due:
                self._record(journal)

    def _is_due(self, journal: LabelJournal) -> bool:
        now = _MONOTONIC()
        if self._first_at is None or not journal.waiting:
            return False
        if self.failure is not None:
            return now - self._recorded_at >= RECORD_EVERY_SECONDS
        return (
            journal.is_due()
            or now - self._first_at >= RECORD_EVERY_SECONDS
            or (
                now - self._last_at >= IDLE_SECONDS
                and now - self._recorded_at >= RECORD_EVERY_SECONDS
            )
        )

    def _record(self, journal: LabelJournal) -> None:
        with self._lock:
            self._first_at = None
        try:
            journal.record()
            failure: VaultError | None = None
        except VaultError as error:
            failure = error
        except (OSError, MemoryError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            # The thread has to go on: people label, and a later attempt may do.
            failure = StorageFailed(f"labels are not recorded: {error!r}", code="storage-failed")
        with self._lock:
            self.failure = failure
            self._recorded_at = _MONOTONIC()
            if journal.waiting and self._first_at is None:
                self._first_at = self._recorded_at
