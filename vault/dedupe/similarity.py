"""How alike texts are: estimated from signatures, and truly, from their sets of shingles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.scratch import Scratch
from vault.dedupe.shingles import SET_BITS, Shingles, shingle_sets
from vault.dedupe.signatures import PERMUTATIONS, MinimaByRow
from vault.dedupe.texts import Rows, TextsByRow, cut_blocks
from vault.dedupe.words import Hashes
from vault.processes.threads import do_each

Similarities = NDArray[np.float64]
"""Jaccard similarities: shingles that both texts have, among those that either has."""

SLACK = 0.2
"""What an estimate may fall short of the truth: 5.6 standard deviations at similarity 0.8."""

_U = np.uint64
_SHINGLES_AT_ONCE = 1 << 16
_ESTIMATED_AT_ONCE = 1 << 14
_SETS_AT_ONCE = 1 << 13
_BITS_A_SHINGLE = 32
_LEAST_WIDTH = 8
_BOUND_BYTES_AT_ONCE = 1 << 20


def sketches(minima: MinimaByRow, rows: Rows, threads: int = 1) -> NDArray[np.uint8]:
    """Return the low bytes of the signatures of some rows: enough to estimate by, a quarter of it.

    They agree by chance once in 256 times, which is what an estimate is too high by.
    """
    result = np.empty((len(rows), PERMUTATIONS), np.uint8)

    def fill(own: slice) -> None:
        result[own] = minima[rows[own]].astype(np.uint8)

    do_each(fill, _slices(len(rows), _ESTIMATED_AT_ONCE), threads)
    return result


def agreements(
    sketched: NDArray[np.uint8], first: Rows, second: Rows, threads: int = 1
) -> NDArray[np.uint8]:
    """Return in how many of PERMUTATIONS places the sketches of pairs of rows agree."""
    result = np.empty(len(first), np.uint8)

    def fill(own: slice) -> None:
        agrees = sketched[first[own]] == sketched[second[own]]
        # Eight truths at a time: their bytes add up without a carry for 16 sums of at most 16.
        sums = agrees.view(np.uint64).sum(axis=1).view(np.uint8).reshape(-1, 8)
        result[own] = sums.sum(axis=1, dtype=np.uint8)

    do_each(fill, _slices(len(first), _ESTIMATED_AT_ONCE), threads)
    return result


def _slices(count: int, step: int) -> list[slice]:
    return [slice(at, at + step) for at in range(0, count, step)]


def estimates(agreed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the similarities that agreements let expect."""
    return agreed.astype(np.float32) / np.float32(PERMUTATIONS)


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """The sets of shingles of some rows, in any order, to compare any two. 8 bytes a shingle."""

    rows: Rows
    sets: Shingles

    def similarity(self, first: Rows, second: Rows, threads: int = 1) -> Similarities:
        """Return the true similarity of pairs of rows, which must all be among `rows`.

        0 where either has nothing to compare. 3 µs a pair of 150 shingles each.
        """
        order = np.argsort(self.rows, kind="stable")
        left, right = (
            order[np.searchsorted(self.rows, each, sorter=order)] for each in (first, second)
        )
        result = np.zeros(len(first), np.float64)
        counts = self.sets.counts()

        def fill(own: slice) -> None:
            result[own] = self._similarity(left[own], right[own])

        cuts = cut_blocks(counts[left] + counts[right], _SHINGLES_AT_ONCE)
        do_each(fill, [slice(*each) for each in cuts], threads)
        return result

    def joined(self, other: ShingleSets, scratch: Scratch) -> ShingleSets:
        """Return the sets of these rows and of others, none of which may be among these."""
        most = len(self.sets.hashes) + len(other.sets.hashes)
        parts = ((each.rows, each.sets) for each in (self, other))
        return laid_together(parts, most, scratch)

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


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the similarities of some rows can be at most: far cheaper to tell than what they are.

    `place` tells where each row stands, -1 for one of which nothing is known. `bits` has for each
    the bits that its shingles fall on, and `sizes` how many shingles it has. A bit that only one of
    two rows has is the trace of a shingle that only one of them has; with 32 bits a shingle nearly
    all of those leave a trace.
    """

    place: Rows
    bits: NDArray[np.uint64]
    sizes: Rows

    def at_most(self, first: Rows, second: Rows, threads: int = 1) -> Similarities:
        """Return what the similarity of pairs of rows does not exceed: 1 if nothing is known.

        0.4 µs a pair of 150 shingles each.
        """
        left, right = self.place[first], self.place[second]
        differ = np.empty(len(first), np.int64)

        def fill(own: slice) -> None:
            apart = self.bits[left[own]] ^ self.bits[right[own]]
            differ[own] = np.bitwise_count(apart).sum(axis=1, dtype=np.int64)

        step = max(1, _BOUND_BYTES_AT_ONCE // (8 * self.bits.shape[1]))
        do_each(fill, _slices(len(first), step), threads)
        both = self.sizes[left] + self.sizes[right]
        result: Similarities = (both - differ) / np.maximum(both + differ, 1)
        result[(left < 0) | (right < 0)] = 1
        return result


def bounds_of(sets: ShingleSets, count: int, scratch: Scratch) -> Bounds:
    """Return the bounds of those of `count` rows that there are sets of, one at least.

    3 to 6 bytes a shingle, 2 µs a row of 150.
    """
    sizes = sets.sets.counts()
    mean = len(sets.sets.hashes) / max(1, len(sizes))
    width = 1 << max(_LEAST_WIDTH, round(np.log2(_BITS_A_SHINGLE * mean + 1)))
    bits = scratch.array((len(sizes), width // 64), np.uint64)
    marked = np.zeros((max(1, _BOUND_BYTES_AT_ONCE // width), width), np.bool_)
    for at in range(0, len(sizes), len(marked)):
        some = sizes[at : at + len(marked)]
        first, end = sets.sets.offsets[[at, at + len(some)]]
        places = sets.sets.hashes[first:end] & _U(width - 1)
        row = np.repeat(np.arange(len(some)), some)
        marked[row, places] = True
        bits[at : at + len(some)] = np.packbits(marked[: len(some)], axis=1).view(np.uint64)
        marked[row, places] = False
    place = np.full(count, -1)
    place[sets.rows] = np.arange(len(sizes))
    return Bounds(place, bits, sizes)


def sets_of(
    texts: TextsByRow, rows: Rows, *, own: NDArray[np.uint32], without: Hashes, scratch: Scratch
) -> ShingleSets:
    """Return the sets of shingles of some rows (ascending), read from their texts again.

    `own` says how many shingles each text has at most, repeated ones included.
    """
    parts = (rows[at : at + _SETS_AT_ONCE] for at in range(0, len(rows), _SETS_AT_ONCE))
    most = int(own[rows].sum(dtype=np.int64))
    return laid_together(
        ((each, shingle_sets(texts.take(each), without)) for each in parts), most, scratch
    )


def laid_together(
    parts: Iterable[tuple[Rows, Shingles]], most: int, scratch: Scratch
) -> ShingleSets:
    """Return the sets of rows that arrive in parts, `most` shingles in all, as they arrive."""
    room = scratch.array((most,), np.uint64)
    rows, ends = [np.zeros(0, np.int64)], [np.zeros(1, np.int64)]
    done = 0
    for own, sets in parts:
        room[done : done + len(sets.hashes)] = sets.hashes
        rows.append(own)
        ends.append(done + sets.offsets[1:])
        done += len(sets.hashes)
    return ShingleSets(np.concatenate(rows), Shingles(room[:done], np.concatenate(ends)))
