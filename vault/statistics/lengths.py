"""Quantiles and histograms of counts: how long examples are, for each of some groups of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

PERCENTS = {"min": 0, "5": 5, "25": 25, "50": 50, "75": 75, "95": 95, "max": 100}
"""The quantiles that are told, in percent, by their names."""

_PARTS = 4
EDGES: Integers = np.array(
    [0, 1, 2, 3, *(part << octave for octave in range(60) for part in range(_PARTS, 2 * _PARTS))],
    np.int64,
)
"""Where bins begin: 0, 1, 2, …, 8, 10, 12, 14, 16, 20, …: four to an octave. The same for all data,
so that histograms of two versions compare."""


@dataclass(frozen=True, slots=True)
class Bin:
    """How many examples have a value from `least` to `most`, both included."""

    least: int
    most: int
    examples: int


@dataclass(frozen=True, slots=True)
class Grouped:
    """Values by the groups they belong to, ascending within each: `values[ends[g - 1] : ends[g]]`.

    `sizes` are the numbers of values.
    """

    values: Integers
    sizes: Integers
    ends: Integers

    def of(self, group: int) -> Integers:
        """Return the values of a group, ascending."""
        end = int(self.ends[group])
        return self.values[end - int(self.sizes[group]) : end]


def grouped(values: Integers, group: Integers, groups: int) -> Grouped:
    """Return values by the groups numbered 0 to `groups` - 1. Costs sorting the values."""
    sizes = np.bincount(group, minlength=groups).astype(np.int64)
    # One group, that of the whole, is the usual case, and needs one key less.
    order = np.argsort(values, kind="stable") if groups == 1 else np.lexsort((values, group))
    return Grouped(values[order], sizes, np.cumsum(sizes))


def quantiles(ascending: Integers) -> dict[str, int]:
    """Return the quantiles named in PERCENTS by nearest rank, {} of nothing.

    That of p percent is the smallest value that at least p percent of the values do not exceed: a
    value that some example has.
    """
    count = len(ascending)
    if not count:
        return {}
    ranks = {name: max(0, -(-percent * count // 100) - 1) for name, percent in PERCENTS.items()}
    return {name: int(ascending[rank]) for name, rank in ranks.items()}


def histogram(ascending: Integers) -> tuple[Bin, ...]:
    """Return the bins from that of the least value to that of the largest, () of nothing.

    Empty bins between them are there. Values are not negative.
    """
    if not len(ascending):
        return ()
    first, last = np.searchsorted(EDGES, ascending[[0, -1]], side="right").tolist()
    starts = EDGES[first - 1 : last + 1]
    places = np.searchsorted(ascending, starts[1:], side="left")
    counts = np.diff(places, prepend=0).tolist()
    edges = starts.tolist()
    return tuple(
        Bin(least, following - 1, count)
        for least, following, count in zip(edges, edges[1:], counts, strict=False)
    )


def coarser(bins: Sequence[Bin], most: int) -> tuple[Bin, ...]:
    """Return at most `most` bins if octaves suffice: of quarters, halves or whole octaves."""
    for apart in (1, 2, 4):
        joined: list[Bin] = []
        for each in bins:
            if joined and not _begins(each.least, apart):
                last = joined[-1]
                joined[-1] = Bin(last.least, each.most, last.examples + each.examples)
            else:
                joined.append(each)
        if len(joined) <= most:
            break
    return tuple(joined)


def _begins(least: int, apart: int) -> bool:
    """Tell whether a bin begins a part of an octave, of so many quarters."""
    below = max(0, least.bit_length() - 3)
    return least < _PARTS or (least >> below) % _PARTS % apart == 0
