"""A search for a text that goes on while what it has found so far is shown."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from vault.errors import Conflict
from vault.repository import Repository

if TYPE_CHECKING:
    from vault.operations.queries.browse import Listing


AT_ONCE = 2
"""Searches that are at work at once; others wait for their turn."""

ENOUGH = 32
"""Hits that fill the screen: a request returns as soon as there are so many.

A page of the list has as many (`PAGE` in static/pages.js)."""

_turns = threading.Semaphore(AT_ONCE)


class Search:
    """Looks for a text in the examples of a list, in a thread that has begun."""

    def __init__(self, repository: Repository, base: Listing, text: str) -> None:
        self.base = base
        self._text = text
        self._repository = repository
        self._changed = threading.Condition()
        self._parts: list[Any] = []
        self._looked_at = 0
        self._asked_at = time.monotonic()
        self._error: BaseException | None = None
        self._is_given_up = False
        self._hits = 0
        self._waiting = 0
        self._is_done = False
        threading.Thread(target=self._run, daemon=True).start()

    def wait(self, seconds: float | None) -> bool:
        """Wait for the end, `seconds`, or a screen of hits; return whether it is done.

        Without `seconds` it is waited for to the end. Raises what the search raised.
        """
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(
                    lambda: self._is_done or (seconds is not None and self._hits >= ENOUGH), seconds
                )
            finally:
                self._waiting -= 1
                self._asked_at = time.monotonic()
            if self._error is not None:
                raise self._error
            return self._is_done

    def found(self) -> tuple[Listing, float]:
        """Return the list of what was found so far, and the share of examples looked at."""
        with self._changed:
            parts, looked_at = list(self._parts), self._looked_at
        keys = np.concatenate([self.base.keys[:0], *parts])
        return self.base.narrowed(keys), looked_at / max(1, len(self.base))

    def give_up(self) -> None:
        """End soon: nobody waits for it any more."""
        self._is_given_up = True

    @property
    def idle_seconds(self) -> float:
        """The seconds since a request last waited for it; 0 while one does."""
        return 0.0 if self._waiting else time.monotonic() - self._asked_at

    def _run(self) -> None:
        with _turns:
            self._look()

    def _look(self) -> None:
        try:
            for looked_at, keys in self._repository.iterate_search(self.base, self._text):
                with self._changed:
                    self._parts.append(keys)
                    self._looked_at = looked_at
                    self._hits += len(keys)
                    self._changed.notify_all()
                if self._is_given_up:
                    raise Conflict(
                        "this search was given up for newer ones",
                        code="search-given-up",
                        hint="search again",
                    )
        except Exception as error:  # whoever asks gets it: what was found so far is not all
            self._error = error
        finally:
            with self._changed:
                self._is_done = True
                self._changed.notify_all()
