"""How alike texts are: estimated from signatures, and truly, from their sets of shingles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.scratch import Scratch
from vault.dedupe.shingles import SET_BITS, Shingles, shingle_sets
from vault.dedupe.signatures import PERMUTATIONS, MinimaByRow
from vault.dedupe.texts import Rows, TextsByRow, cut_blocks
from vault.dedupe.words import Hashes

Similarities = NDArray[np.float64]
"""Jaccard similarities: shingles that both texts have, among those that either has."""

SLACK = 0.2
"""What an estimate may fall short of the truth: 5.6 standard deviations at similarity 0.8."""

_U = np.uint64
_SHINGLES_AT_ONCE = 1 << 16
_ESTIMATED_AT_ONCE = 1 << 14
_SETS_AT_ONCE = 1 << 13


def sketches(minima: MinimaByRow, rows: Rows) -> NDArray[np.uint8]:
    """Return the low bytes of the signatures of some rows: enough to estimate by, a quarter of it.

    They agree by chance once in 256 times, which is what an estimate is too high by.
    """
    result = np.empty((len(rows), PERMUTATIONS), np.uint8)
    step = 1 << 14
    for at in range(0, len(rows), step):
        result[at : at + step] = minima[rows[at : at + step]].astype(np.uint8)
    return result


def agreements(sketched: NDArray[np.uint8], first: Rows, second: Rows) -> NDArray[np.uint8]:
    """Return in how many of PERMUTATIONS places the sketches of pairs of rows agree."""
    result = np.empty(len(first), np.uint8)
    for at in range(0, len(first), _ESTIMATED_AT_ONCE):
        own = slice(at, at + _ESTIMATED_AT_ONCE)
        agrees = sketched[first[own]] == sketched[second[own]]
        # Eight truths at a time: their bytes add up without a carry for 16 sums of at most 16.
        sums = agrees.view(np.uint64).sum(axis=1).view(np.uint8).reshape(-1, 8)
        result[own] = sums.sum(axis=1, dtype=np.uint8)
    return result


def estimates(agreed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the similarities that agreements let expect."""
    return agreed.astype(np.float32) / np.float32(PERMUTATIONS)


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """The sets of shingles of some rows, to compare any two of them. 8 bytes a shingle."""

    rows: Rows
    sets: Shingles

    def similarity(self, first: Rows, second: Rows) -> Similarities:
        """Return the true similarity of pairs of rows, which must all be among `rows`.

        0 where either has nothing to compare. 3 µs a pair of 150 shingles each.
        """
        left, right = (np.searchsorted(self.rows, each) for each in (first, second))
        result = np.zeros(len(first), np.float64)
        counts = self.sets.counts()
        for start, end in cut_blocks(counts[left] + counts[right], _SHINGLES_AT_ONCE):
            result[start:end] = self._similarity(left[start:end], right[start:end])
        return result

    def joined(self, other: ShingleSets) -> ShingleSets:
        """Return the sets of these rows and of others, none of which may be among these."""
        rows = np.concatenate([self.rows, other.rows])
        order = np.argsort(rows, kind="stable")
        hashes = np.concatenate([self.sets.hashes, other.sets.hashes])
        further = len(self.sets.hashes) + other.sets.offsets[1:]
        both = Shingles(hashes, np.concatenate([self.sets.offsets, further]))
        return ShingleSets(rows[order], both.of(order))

    def _similarity(self, left: Rows, right: Rows) -> Similarities:
        pairs = len(left)
        offsets = self.sets.offsets
        both = np.concatenate([left, right])
        sizes = offsets[both + 1] - offsets[both]
        ends = np.cumsum(sizes)
        places = np.arange(ends[-1]) + np.repeat(offsets[both] - (ends - sizes), sizes)
        tag = np.tile(np.arange(pairs, dtype=np.uint64) << _U(SET_BITS), 2)
        tagged = self.sets.hashes[places]
        tagged |= np.repeat(tag, sizes)
        tagged.sort()
        shared = tagged[1:][tagged[1:] == tagged[:-1]] >> _U(SET_BITS)
        common = np.bincount(shared.astype(np.int64), minlength=pairs)
        either = sizes[:pairs] + sizes[pairs:] - common
        result: Similarities = common / np.maximum(either, 1)
        return result


def sets_of(
    texts: TextsByRow, rows: Rows, *, own: NDArray[np.uint32], without: Hashes, scratch: Scratch
) -> ShingleSets:
    """Return the sets of shingles of some rows (ascending), read from their texts again.

    `own` says how many shingles each text has at most, repeated ones included.
    """
    room = scratch.array((int(own[rows].sum(dtype=np.int64)),), np.uint64)
    offsets = np.zeros(len(rows) + 1, np.int64)
    done = 0
    for at in range(0, len(rows), _SETS_AT_ONCE):
        part = shingle_sets(texts.take(rows[at : at + _SETS_AT_ONCE]), without)
        room[done : done + len(part.hashes)] = part.hashes
        offsets[at + 1 : at + 1 + len(part)] = done + part.offsets[1:]
        done += len(part.hashes)
    return ShingleSets(rows, Shingles(room[:done], offsets))
