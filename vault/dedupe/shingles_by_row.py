"""Shingles of many texts, kept so that each text is cut into words once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.scratch import Scratch
from vault.dedupe.shingles import (
    Beginnings,
    Shingles,
    beginnings_of,
    shingles_with_beginnings,
)
from vault.dedupe.texts import Rows, Texts, cut_blocks
from vault.objects.runs import inverse_of

_SHINGLES_AT_ONCE = 1 << 14


class ShinglesByRow:
    """The shingles of some of `count` texts, in room from `scratch`: 8 bytes a word.

    And of their prompts, which they begin with: 12 bytes a text more.
    """

    def __init__(self, count: int, scratch: Scratch) -> None:
        self._scratch = scratch
        self._size_bytes = 0
        self._parts: list[Shingles] = []
        self._part = np.full(count, -1, np.int32)
        self._place = np.zeros(count, np.int32)
        self._prompts = Beginnings(np.zeros(count, np.uint32), np.zeros(count, np.uint64))

    def holds(self, rows: Rows) -> NDArray[np.bool_]:
        """Return True for each row whose shingles are kept."""
        return self._part[rows] >= 0

    def add(self, rows: Rows, texts: Texts, asked: Rows) -> None:
        """Hold the shingles of rows, whose texts these are. 6 µs a text of 950 characters.

        `asked` tells how many bytes of each are its prompt.
        """
        if not len(rows):
            return
        parts = []
        for first, end in cut_blocks(texts.sizes()):
            found, prompts = shingles_with_beginnings(texts.block(first, end), asked[first:end])
            parts.append(found)
            self._prompts.words[rows[first:end]] = prompts.words
            self._prompts.short[rows[first:end]] = prompts.short
        made = joined(parts, self._room())
        self._size_bytes += made.hashes.nbytes + made.offsets.nbytes
        self._part[rows] = len(self._parts)
        self._place[rows] = np.arange(len(rows))
        self._parts.append(made)

    def of(self, rows: Rows) -> Shingles:
        """Return the shingles of rows in their order; all of them must be kept."""
        part = self._part[rows]
        order = np.argsort(part, kind="stable")
        bounds = np.flatnonzero(np.diff(part[order], prepend=-1, append=-1)).tolist()
        found: list[Shingles] = [
            self._parts[part[order[start]]].of(self._place[rows[order[start:end]]].astype(np.int64))
            for start, end in pairwise(bounds)
        ]
        if len(found) == 1:
            return found[0]  # stable: they are in the order of `rows`
        return joined(found).of(inverse_of(order))

    def prompts(self, rows: Rows) -> Shingles:
        """Return the shingles of the prompts of rows in their order; all must be kept."""
        own = Beginnings(self._prompts.words[rows], self._prompts.short[rows])
        return beginnings_of(self.of(rows), own)

    def counts(self, rows: Rows) -> Rows:
        """Return how many shingles each of some rows has, repeated ones included."""
        result = np.zeros(len(rows), np.int64)
        part = self._part[rows]
        for each in np.flatnonzero(np.bincount(part[part >= 0])).tolist():
            own = np.flatnonzero(part == each)
            result[own] = self._parts[each].counts()[self._place[rows[own]]]
        return result

    def _room(self) -> Scratch:
        return self._scratch.beside(self._size_bytes)


@dataclass(frozen=True, slots=True)
class ShingledRows:
    """Rows with kept shingles, ready for signing."""

    held: ShinglesByRow
    rows: Rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def blocks(self) -> list[tuple[int, int]]:
        """Return the bounds of blocks whose arrays fit into the processor's cache."""
        return cut_blocks(self.held.counts(self.rows), _SHINGLES_AT_ONCE)

    def shingles(self, first: int, last: int) -> Shingles:
        """Return the shingles of a block."""
        return self.held.of(self.rows[first:last])


def joined(parts: Sequence[Shingles], scratch: Scratch | None = None) -> Shingles:
    """Return the shingles of several arrays of texts as one, in room from `scratch`."""
    counts = np.concatenate([np.zeros(1, np.int64), *(each.counts() for each in parts)])
    offsets = np.cumsum(counts)
    shape = (int(offsets[-1]),)
    hashes = np.empty(shape, np.uint64) if scratch is None else scratch.array(shape, np.uint64)
    done = 0
    for each in parts:
        hashes[done : done + len(each.hashes)] = each.hashes
        done += len(each.hashes)
    return Shingles(hashes, offsets)
