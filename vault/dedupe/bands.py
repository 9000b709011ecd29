"""Bands: which texts are worth comparing, found by sorting parts of their signatures.

Two texts of similarity J agree in a band of r minima with the chance J^r, and in at least one of b
bands with 1 - (1 - J^r)^b (Indyk and Motwani 1998).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.shingles import is_first, ranges
from vault.dedupe.signatures import MinimaByRow
from vault.dedupe.texts import Rows

BandKeys = NDArray[np.uint32]
"""A key for each band (row) and text (column); texts that agree in a band share its key."""

Pairs = NDArray[np.uint64]
"""Pairs of rows: the smaller one << 32 | the other."""

Tags = NDArray[np.uint64]
"""Rows of a band with their keys, ascending: key << 32 | row. Those of a bucket stand together."""

_U = np.uint64
_ROW = _U(0xFFFF_FFFF)


@dataclass(frozen=True, slots=True)
class BandPlan:
    """How signatures are cut: into so many bands, of so many minima each."""

    bands: int
    minima: int

    def chance_to_miss(self, similarity: float) -> float:
        """Return the chance that two texts of a similarity agree in no band."""
        return float((1 - similarity**self.minima) ** self.bands)


# Each misses a pair at its own threshold once in 6,000 times or less often.
_PLANS = (
    (0.9, BandPlan(18, 7)),
    (0.8, BandPlan(25, 5)),
    (0.7, BandPlan(32, 4)),
    (0.6, BandPlan(42, 3)),
    (0.5, BandPlan(64, 2)),
)

LEAST_THRESHOLD = 0.5
"""Below it nearly all texts would have to be compared with each other."""

WINDOW = 32
"""A text is compared with so many that follow it in its bucket…"""

HOT = 64
"""… but with two only where a bucket holds more texts than this; and always with its first."""

_HOT_WINDOW = 2


def plan_for(threshold: float) -> BandPlan:
    """Return the plan for a threshold of at least LEAST_THRESHOLD."""
    return next(plan for least, plan in _PLANS if threshold >= least)


def band_keys(minima: MinimaByRow, plan: BandPlan, rows: Rows) -> BandKeys:
    """Return the band keys of the signatures of some rows: 4 bytes a band and row."""
    count = len(rows)
    keys = np.empty((plan.bands, count), np.uint32)
    step = 1 << 14
    for at in range(0, count, step):
        some = minima[rows[at : at + step]][:, : plan.bands * plan.minima]
        cut = some.T.reshape(plan.bands, plan.minima, -1)
        mixed = np.ones((plan.bands, cut.shape[2]), np.uint64)
        for place in range(plan.minima):
            mixed ^= cut[:, place]
            mixed *= _U(0x9E3779B97F4A7C15)
            mixed ^= mixed >> _U(29)
        keys[:, at : at + step] = mixed >> _U(32)
    return keys


def tagged(keys: NDArray[np.uint32], rows: Rows) -> Tags:
    """Return the tags of rows that have these keys in one band."""
    tags = keys.astype(np.uint64) << _U(32)
    tags |= rows.astype(np.uint64)
    tags.sort()
    return tags


def keys_of_large(tags: Tags) -> NDArray[np.uint32]:
    """Return the keys, ascending, that more than WINDOW rows of a band share."""
    key = (tags >> _U(32)).astype(np.uint32)
    shared: NDArray[np.uint32] = key[:-WINDOW][key[:-WINDOW] == key[WINDOW:]]
    return shared[is_first(shared)]


def candidate_pairs(bands: Iterable[Tags]) -> Pairs:
    """Return the pairs of rows that share a key in some band, ascending.

    In a bucket of more than WINDOW texts not all pairs, but enough to connect it. Linear in the
    number of texts, whatever the buckets. Which pairs a bucket gives depends on its rows alone.
    """
    found = np.zeros(0, np.uint64)
    waiting: list[Pairs] = []
    size = 0
    for each in bands:
        waiting += _pairs_of_band(each)
        size = sum(map(len, waiting))
        if size > 2 * len(found) + (1 << 20):
            found, waiting = _distinct([found, *waiting]), []
    return _distinct([found, *waiting])


def pair_rows(pairs: Pairs) -> tuple[Rows, Rows]:
    """Return the smaller and the larger row of each pair."""
    return (pairs >> _U(32)).astype(np.int64), (pairs & _ROW).astype(np.int64)


def _distinct(parts: list[Pairs]) -> Pairs:
    pairs = np.concatenate(parts)
    pairs.sort()
    return pairs[is_first(pairs)]


def _pairs_of_band(tags: Tags) -> Iterator[Pairs]:
    """Yield the pairs of rows of one band that are to be compared, some perhaps twice."""
    key = (tags >> _U(32)).astype(np.uint32)
    row = tags & _ROW
    begins = np.flatnonzero(is_first(key))
    sizes = np.diff(np.append(begins, len(key)))
    begins, sizes = begins[sizes > 1], sizes[sizes > 1]
    # How many still follow each text that is in a bucket with others.
    place = ranges(begins, sizes)
    left = np.repeat(begins + sizes, sizes) - place - 1
    most = np.repeat(np.where(sizes > HOT, _HOT_WINDOW, WINDOW), sizes)
    left = np.minimum(left, most)
    lag = 1
    while True:
        kept = left >= lag
        place, left = place[kept], left[kept]
        if not len(place):
            break
        yield row[place] << _U(32) | row[place + lag]
        lag += 1
    large = sizes > WINDOW
    if large.any():
        others = ranges(begins[large] + 1, sizes[large] - 1)
        yield row[np.repeat(begins[large], sizes[large] - 1)] << _U(32) | row[others]
