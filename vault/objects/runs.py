"""Runs: the order of a dataset as (chunk, first row, row count), and the arithmetic on them.

A *row key* packs a run's chunk number and a row into one 64-bit integer, so that whole datasets
are compared and rearranged as arrays. Chunk numbers belong to one `ChunkNumbers` table; keys of two
datasets can be compared only when both were made with the same table. Pure; knows no store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vault.objects.digest import Digest

RowKeys = NDArray[np.uint64]
"""Row keys in dataset order: chunk number << 32 | row."""

ROW_BITS = 32
"""Bits of a row key that hold the row."""

_ROW_BITS = np.uint64(ROW_BITS)
_ROW_MASK = np.uint64(0xFFFF_FFFF)


class ChunkNumbers:
    """A growing table that gives each chunk digest a number, in order of first appearance."""

    def __init__(self, digests: Iterable[Digest] = ()) -> None:
        self._digests: list[Digest] = []
        self._numbers: dict[Digest, int] = {}
        for digest in digests:
            self.number(digest)

    def number(self, digest: Digest) -> int:
        """Return the number of a chunk, giving it the next one if it is new."""
        found = self._numbers.get(digest)
        if found is None:
            found = self._numbers[digest] = len(self._digests)
            self._digests.append(digest)
        return found

    def digest(self, number: int) -> Digest:
        """Return the digest that has this number."""
        return self._digests[number]

    def __len__(self) -> int:
        """Return how many chunks have a number."""
        return len(self._digests)


@dataclass(frozen=True, slots=True)
class Runs:
    """Consecutive rows of chunks, in dataset order: three arrays of one length, and their table."""

    numbers: ChunkNumbers
    chunk: NDArray[np.int64]
    first: NDArray[np.int64]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of runs."""
        return len(self.chunk)

    @property
    def examples(self) -> int:
        """Return the number of examples in all runs."""
        return int(self.rows.sum())

    @classmethod
    def empty(cls, numbers: ChunkNumbers) -> Self:
        """Return no runs."""
        return cls.build(numbers, [])

    @classmethod
    def build(cls, numbers: ChunkNumbers, runs: Sequence[tuple[Digest, int, int]]) -> Self:
        """Return runs from (chunk, first row, row count), in order."""
        return cls(
            numbers,
            np.array([numbers.number(chunk) for chunk, _, _ in runs], np.int64),
            np.array([first for _, first, _ in runs], np.int64),
            np.array([rows for _, _, rows in runs], np.int64),
        )

    @classmethod
    def concatenate(cls, numbers: ChunkNumbers, parts: Sequence[Runs]) -> Self:
        """Return the runs of all parts, in order; every part must use `numbers`."""
        if not parts:
            return cls.empty(numbers)
        return cls(
            numbers,
            np.concatenate([part.chunk for part in parts]),
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.rows for part in parts]),
        )

    def keys(self) -> RowKeys:
        """Return the row key of every example, in dataset order: 8 bytes an example."""
        starts = (self.chunk.astype(np.uint64) << _ROW_BITS) | self.first.astype(np.uint64)
        ends = np.cumsum(self.rows)
        offset = np.arange(self.examples, dtype=np.uint64)
        return np.repeat(starts - (ends - self.rows).astype(np.uint64), self.rows) + offset

    @classmethod
    def from_keys(cls, numbers: ChunkNumbers, keys: RowKeys) -> Self:
        """Return the fewest runs that give these row keys in this order."""
        if not len(keys):
            return cls.empty(numbers)
        breaks = np.flatnonzero(keys[1:] != keys[:-1] + np.uint64(1)) + 1
        # Consecutive keys never cross chunks: a chunk has far fewer than 2^32 rows.
        first = np.concatenate([np.zeros(1, np.int64), breaks])
        rows = np.diff(np.append(first, len(keys)))
        return cls(
            numbers,
            (keys[first] >> _ROW_BITS).astype(np.int64),
            (keys[first] & _ROW_MASK).astype(np.int64),
            rows.astype(np.int64),
        )

    def merged(self) -> Runs:
        """Return the same rows in the same order, runs that continue one another made one."""
        if len(self) < 2:
            return self
        continues = (self.chunk[1:] == self.chunk[:-1]) & (
            self.first[1:] == self.first[:-1] + self.rows[:-1]
        )
        starts = np.concatenate([np.zeros(1, np.int64), np.flatnonzero(~continues) + 1])
        rows = np.add.reduceat(self.rows, starts)
        return Runs(self.numbers, self.chunk[starts], self.first[starts], rows)

    def begins_with(self, other: Runs) -> bool:
        """Tell whether these runs are those of `other` and perhaps more; both of one table."""
        count = len(other)
        return len(self) >= count and all(
            np.array_equal(ours[:count], theirs)
            for ours, theirs in (
                (self.chunk, other.chunk),
                (self.first, other.first),
                (self.rows, other.rows),
            )
        )

    def triples(self) -> list[tuple[Digest, int, int]]:
        """Return (chunk, first row, row count) for each run."""
        return [
            (self.numbers.digest(chunk), first, rows)
            for chunk, first, rows in zip(
                self.chunk.tolist(), self.first.tolist(), self.rows.tolist(), strict=True
            )
        ]


def key_parts(keys: RowKeys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the chunk numbers and the rows of row keys."""
    return (keys >> _ROW_BITS).astype(np.int64), (keys & _ROW_MASK).astype(np.int64)


def inverse_of(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each place has gone in an order: taken by it, what lies in order is back."""
    result = np.empty(len(order), np.int64)
    result[order] = np.arange(len(order))
    return result


def in_both(keys: RowKeys, other: RowKeys) -> RowKeys:
    """Return the keys that both have, ascending; each must be distinct. n log n.

    Told so, numpy sorts: finding out by hashing takes fifty times as long for a million.
    """
    return np.intersect1d(keys, other, assume_unique=True)


def distinct(keys: RowKeys) -> RowKeys:
    """Return the keys without repetitions, in the order of their first occurrences; n log n."""
    order = np.argsort(keys, kind="stable")
    repeated = keys[order][1:] == keys[order][:-1]
    if not repeated.any():
        return keys
    return np.delete(keys, order[1:][repeated])


def only_in(keys: RowKeys, other: RowKeys) -> NDArray[np.int64]:
    """Return the positions of the keys that `other` lacks, ascending; n log n."""
    if not len(other):
        return np.arange(len(keys))
    ordered = np.sort(other)
    place = np.searchsorted(ordered, keys)
    place[place == len(ordered)] = 0
    return np.flatnonzero(ordered[place] != keys)
