"""Which examples are known: a set of 16-byte ids as sorted arrays, in bounded memory.

A Python set of ten million ids takes over a gigabyte; this takes 16 bytes an id (24 with places)
and looks thousands up in one vectorised call. New ids go into small sorted levels that are merged
as they grow, up to a size at which a merge would need too much memory for its copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.objects.runs import RowKeys

_MOST_MERGED = 2_000_000
NOWHERE = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""The place of an id that was not found."""


@dataclass(slots=True)
class _Level:
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    place: RowKeys | None


class IdIndex:
    """Known ids, some with the row key where they stand."""

    def __init__(self) -> None:
        self._levels: list[_Level] = []

    def add(self, ids: NDArray[np.void], places: RowKeys | None = None) -> None:
        """Add ids that are not in the index yet, with or without their row keys."""
        if not len(ids):
            return
        high, low = _halves(ids)
        order = np.argsort(high, kind="stable")
        level = _Level(high[order], low[order], None if places is None else places[order])
        if places is None:
            while self._levels and _mergeable(self._levels[-1], level):
                level = _merge(self._levels.pop(), level)
        self._levels.append(level)

    def find(self, ids: NDArray[np.void]) -> tuple[NDArray[np.bool_], RowKeys]:
        """Return for each id whether it is known, and its row key (NOWHERE if it has none)."""
        high, low = _halves(ids)
        order = np.argsort(high, kind="stable")
        high, low = high[order], low[order]
        known = np.zeros(len(ids), np.bool_)
        places = np.full(len(ids), NOWHERE)
        for level in self._levels:
            at = np.searchsorted(level.high, high)
            # Ids that share their first half stand side by side: look on while they do.
            pending = np.flatnonzero(at < len(level.high))
            while len(pending):
                pending = pending[level.high[at[pending]] == high[pending]]
                hit = pending[level.low[at[pending]] == low[pending]]
                known[order[hit]] = True
                if level.place is not None:
                    places[order[hit]] = level.place[at[hit]]
                at[pending] += 1
                pending = pending[at[pending] < len(level.high)]
        return known, places


def first_of_each(ids: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return True where an id occurs for the first time in the array."""
    high, low = _halves(ids)
    order = np.lexsort((low, high))
    repeated = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    first = np.ones(len(ids), np.bool_)
    first[order[1:][repeated]] = False
    return first


def _halves(ids: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    pairs = np.frombuffer(ids.tobytes(), dtype=">u8").reshape(-1, 2)
    return pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)


def _mergeable(level: _Level, other: _Level) -> bool:
    size = len(level.high) + len(other.high)
    return level.place is None and len(level.high) <= 2 * len(other.high) and size <= _MOST_MERGED


def _merge(level: _Level, other: _Level) -> _Level:
    high = np.concatenate([level.high, other.high])
    order = np.argsort(high, kind="stable")
    return _Level(high[order], np.concatenate([level.low, other.low])[order], None)
