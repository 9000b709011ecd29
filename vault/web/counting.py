"""Counting over many examples in a process of its own, so that lists and labels do not wait for it.

A thread of the server would hold the interpreter for the seconds that a count of a million takes,
and with it every key that is pressed meanwhile.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from vault.errors import Conflict, VaultError
from vault.processes.child import ChildProcess, answer_parent
from vault.repository import Repository

APART_FROM = 50_000
"""Examples from which on they are counted apart: fewer are counted before a process has started."""


class AskedStats(NamedTuple):
    """The statistics to compute: of `old` (None for the stage), or of `old` beside `new`.

    With `full` of roles and tools too, which reads every record.
    """

    old: str | None
    new: str | None = None
    where: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    full: bool = False

    def of(self, repository: Repository) -> Any:
        """Return the report. Raises what `Repository.stats` raises."""
        return repository.stats(
            self.old, self.new, where=self.where, filters=self.filters, full=self.full
        )


class Counter:
    """Counts examples of one repository for the pages that ask. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
        self._tickets = threading.Lock()
        self._newest: dict[tuple[str, str], int] = {}

    def stats(self, person: str, asked: AskedStats) -> Any:
        """Return what `Repository.stats` returns, and raise what it raises.

        Raises Conflict (`count-superseded`) where the same person has asked for another one since.
        """
        # A page asks for those of one version first, and for more beside them.
        is_more = asked.new is not None or asked.full
        return self._ask(person, ("more" if is_more else "stats", asked))

    def system_prompt(self, person: str, revision: str | None, text: str) -> Any:
        """Return what `Repository.system_prompt_of` returns; raises as `stats` does."""
        return self._ask(person, ("system", revision, text))

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._child is not None:
                self._child.close()
                self._child = None

    def _ask(self, person: str, message: tuple[Any, ...]) -> Any:
        asks = (person, message[0])
        with self._tickets:
            ticket = self._newest[asks] = self._newest.get(asks, 0) + 1
        with self._lock:
            if self._newest[asks] != ticket:
                raise Conflict(
                    "another count was asked for since",
                    code="count-superseded",
                    hint="wait for the newer one",
                )
            if self._child is None or self._child.has_ended:
                self._child = ChildProcess(serve)
                self._child.send(self._folder)
            self._child.send(message)
            (answer,) = self._child.receive()
        if isinstance(answer, VaultError):
            raise answer
        return answer


def serve() -> None:
    """Be the process that counts."""
    answer_parent(_answers)


def _answers(messages: Iterator[Any]) -> Iterator[Any]:
    gc.enable()  # it may be at work for days
    repository = Repository.open(next(messages))
    for kind, *asked in messages:
        try:
            if kind == "system":
                revision, text = asked
                yield (repository.system_prompt_of(text, revision),)
            else:
                yield (asked[0].of(repository),)
        except VaultError as error:
            yield (error,)
