"""Ratings of examples by several raters: the distinct patterns of values, and how often each is.

Many examples share few patterns, so whatever is computed is computed once for each pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MISSING = -1
"""Stands where a rater gave no value."""


class Scale(Enum):
    """What may be concluded from two different values."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class Ratings:
    """What raters said of examples.

    `patterns[d, r]` is the number of the value that rater `r` gave, or `MISSING`; `counts[d]`
    examples share the pattern. `positions[v]` is where value `v` lies on the scale, ascending;
    None on a nominal one. Values that nobody gave are counted in `categories`.
    """

    patterns: NDArray[np.int64]
    counts: NDArray[np.int64]
    categories: int
    scale: Scale
    positions: Floats | None

    @classmethod
    def of(
        cls,
        codes: NDArray[np.int64],
        categories: int,
        scale: Scale = Scale.NOMINAL,
        positions: Floats | None = None,
    ) -> Self:
        """Return the ratings of examples: `codes[e, r]` is the number of a value, or `MISSING`.

        `positions` are needed on an interval scale alone; on an ordinal one they are ranks. Only
        their proportions count. Costs a sort of the examples for each few raters.
        """
        patterns, counts = count_patterns(codes, categories)
        if scale is Scale.NOMINAL:
            return cls(patterns, counts, categories, scale, None)
        if scale is Scale.ORDINAL or positions is None:
            positions = np.arange(categories, dtype=np.float64)
        width = float(positions[-1] - positions[0]) if categories else 0.0
        scaled = (positions - positions[:1]) / (width or 1.0)
        return cls(patterns, counts, categories, scale, scaled)

    @property
    def raters(self) -> int:
        """Return how many raters there are."""
        return int(self.patterns.shape[1])

    @property
    def given(self) -> NDArray[np.int64]:
        """Return how many raters gave a value, for each pattern."""
        return np.asarray((self.patterns != MISSING).sum(axis=1), np.int64)

    @property
    def examples(self) -> int:
        """Return how many examples have at least two ratings."""
        return int(self.counts[self.given >= 2].sum())

    def of_pair(self, one: int, other: int) -> Self:
        """Return what two of the raters said of the examples that both rated."""
        both = self.patterns[:, [one, other]]
        is_rated = (both != MISSING).all(axis=1)
        codes = both[is_rated]
        distinct, place = _distinct(codes, self.categories)
        counts = np.bincount(place, self.counts[is_rated], len(distinct)).astype(np.int64)
        return type(self)(distinct, counts, self.categories, self.scale, self.positions)


def count_patterns(
    codes: NDArray[np.int64], categories: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct rows of `codes` that have a value, in order, and how often each is."""
    distinct, place = _distinct(codes, categories)
    counts = np.bincount(place, minlength=len(distinct)).astype(np.int64)
    has_value = (distinct != MISSING).any(axis=1)
    return distinct[has_value], counts[has_value]


def table_of_pair(ratings: Ratings) -> NDArray[np.int64]:
    """Return how often the first rater gave value `i` and the second `j`, of two raters."""
    both = ratings.of_pair(0, 1)
    table = np.zeros((ratings.categories, ratings.categories), np.int64)
    np.add.at(table, (both.patterns[:, 0], both.patterns[:, 1]), both.counts)
    return table


def table_of_pairs(ratings: Ratings) -> NDArray[np.int64]:
    """Return how many pairs of ratings of one example have the values `i` and `j`; symmetric.

    Each pair counts once: between `i` and `j` it stands at both places.
    """
    table = np.zeros((ratings.categories, ratings.categories), np.int64)
    for one in range(ratings.raters):
        for other in range(one + 1, ratings.raters):
            both = ratings.patterns[:, [one, other]]
            is_rated = (both != MISSING).all(axis=1)
            np.add.at(table, tuple(both[is_rated].T), ratings.counts[is_rated])
    return table + table.T - np.diag(np.diag(table))


def _distinct(
    codes: NDArray[np.int64], categories: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct rows in lexicographic order, and the number of each row."""
    if not codes.size:
        return codes[:0], np.zeros(len(codes), np.int64)
    base = categories + 1
    number = np.zeros(len(codes), np.int64)
    size = 1
    for column in codes.T:
        if size * base > np.iinfo(np.int64).max:
            # Numbers are packed again before they would overflow; their order stays.
            found, number = np.unique(number, return_inverse=True)
            size = len(found)
        number = number * base + (column + 1)
        size *= base
    _, first, place = np.unique(number, return_index=True, return_inverse=True)
    return codes[first], place
