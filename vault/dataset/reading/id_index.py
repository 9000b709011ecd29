"""Which examples are known: a set of 16-byte ids as sorted arrays, in bounded memory.

A Python set of ten million ids takes over a gigabyte; this takes 16 bytes an id (24 with places)
and looks thousands up in a few vectorised calls. New ids go into small sorted levels that are
merged as they grow. From a million on they are divided by their first bits, each division with
levels of its own, so that a merge never needs much room for its copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vault.objects.runs import RowKeys

_DIVISION_BITS = 6
_DIVIDED_FROM = 1 << 20
_UNDIVIDED = np.zeros(0, np.uint64)
_DIVIDED = np.arange(1, 1 << _DIVISION_BITS, dtype=np.uint64) << np.uint64(64 - _DIVISION_BITS)
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
        self._starts = _UNDIVIDED
        self._divisions: list[list[_Level]] = [[]]
        self._count = 0

    def add(self, ids: NDArray[np.void], places: RowKeys | None = None) -> None:
        """Add ids that are not in the index yet, with or without their row keys."""
        self._count += len(ids)
        if self._count >= _DIVIDED_FROM and not len(self._starts):
            self._divide()
        high, low = _halves(ids)
        order = np.argsort(high, kind="stable")
        whole = _Level(high[order], low[order], None if places is None else places[order])
        for levels, level in zip(self._divisions, self._parts(whole), strict=True):
            while levels and _mergeable(levels[-1], level):
                level = _merge(levels.pop(), level)
            if len(level.high):
                levels.append(level)

    def _divide(self) -> None:
        """Divide what was one list of levels."""
        levels = self._divisions[0]
        self._starts = _DIVIDED
        self._divisions = [[] for _ in range(len(_DIVIDED) + 1)]
        for whole in levels:
            for own, level in zip(self._divisions, self._parts(whole), strict=True):
                own.append(level)

    def _parts(self, level: _Level) -> Iterator[_Level]:
        """Yield the part of a level that belongs to each division."""
        if not len(self._starts):
            yield level
            return
        for start, end in self._bounds(level.high):
            # Copied: a slice would keep the whole array alive.
            place = None if level.place is None else level.place[start:end].copy()
            yield _Level(level.high[start:end].copy(), level.low[start:end].copy(), place)

    def _bounds(self, high: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
        """Return where each division begins and ends in sorted first halves."""
        return pairwise([0, *np.searchsorted(high, self._starts).tolist(), len(high)])

    def find(self, ids: NDArray[np.void]) -> tuple[NDArray[np.bool_], RowKeys]:
        """Return for each id whether it is known, and its row key (NOWHERE if it has none)."""
        high, low = _halves(ids)
        order = np.argsort(high, kind="stable")
        high, low = high[order], low[order]
        known = np.zeros(len(ids), np.bool_)
        places = np.full(len(ids), NOWHERE)
        for levels, (start, end) in zip(self._divisions, self._bounds(high), strict=True):
            for level in levels if start < end else ():
                hit, at = _found(level, high[start:end], low[start:end])
                known[order[start:end][hit]] = True
                if level.place is not None:
                    places[order[start:end][hit]] = level.place[at]
        return known, places


def _found(
    level: _Level, high: NDArray[np.uint64], low: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of the ids that a level has, and where it has them."""
    at = np.searchsorted(level.high, high)
    hits, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    # Ids that share their first half stand side by side: look on while they do.
    pending = np.flatnonzero(at < len(level.high))
    while len(pending):
        pending = pending[level.high[at[pending]] == high[pending]]
        same = pending[level.low[at[pending]] == low[pending]]
        hits.append(same)
        places.append(at[same])
        at[pending] += 1
        pending = pending[at[pending] < len(level.high)]
    return np.concatenate(hits), np.concatenate(places)


def first_of_each(ids: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return True where an id occurs for the first time in the array."""
    high, low = _halves(ids)
    order = np.argsort(high, kind="stable")
    if not (high[order][1:] == high[order][:-1]).any():
        return np.ones(len(ids), np.bool_)
    order = np.lexsort((low, high))
    repeated = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    first = np.ones(len(ids), np.bool_)
    first[order[1:][repeated]] = False
    return first


def _halves(ids: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    pairs = np.frombuffer(ids.tobytes(), dtype=">u8").reshape(-1, 2)
    return pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)


def _mergeable(level: _Level, other: _Level) -> bool:
    same_kind = (level.place is None) == (other.place is None)
    return same_kind and len(level.high) <= 2 * len(other.high)


def _merge(level: _Level, other: _Level) -> _Level:
    high = np.concatenate([level.high, other.high])
    order = np.argsort(high, kind="stable")
    place = None
    if level.place is not None and other.place is not None:
        place = np.concatenate([level.place, other.place])[order]
    return _Level(high[order], np.concatenate([level.low, other.low])[order], place)
