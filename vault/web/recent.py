"""A small cache of the most recently used values."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Recent(Generic[_T]):
    """Values by key, of which those asked for last are kept. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _T] = OrderedDict()

    def get(self, key: Hashable) -> _T | None:
        """Return the value of a key, None if it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def get_or_make(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return the value of a key; make and keep it if there is none."""
        found = self.get(key)
        if found is not None:
            return found
        return self.keep(key, make())

    def keep(self, key: Hashable, made: _T) -> _T:
        """Keep what was made, and return it.

        Where two threads made it, both go on with the first: what it reads is read once.
        """
        with self._lock:
            made = self._kept.setdefault(key, made)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
