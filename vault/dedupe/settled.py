"""Candidates once more: what was found among texts before is taken over, and only new ones sorted.

The outcome is that of looking at all of them. A bucket that no new text falls into, and that was
never larger than WINDOW, gives the pairs that it gave before, as far as both texts are still there.
All other buckets are looked at anew, with every text that they hold now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.bands import (
    BandKeys,
    Pairs,
    Tags,
    candidate_pairs,
    keys_of_large,
    pair_rows,
    tagged,
)
from vault.dedupe.shingles import is_first
from vault.dedupe.signatures import MinimaByRow
from vault.dedupe.similarity import SLACK, agreements, estimates, sketches
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.processes.threads import in_threads

_U = np.uint64
_TABLE_BITS = 22
_SPARE_BITS = np.uint32(32 - _TABLE_BITS)
_MOST_NEW = 0.3
"""Where more of the texts are new than this, finding their buckets saves nothing."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The candidates among n different texts at one threshold, to go on from.

    `numbers` stand for the texts, ascending; `first` and `second` are places among them, in as
    many of PERMUTATIONS places as `agreed` their sketches agree. `band` and `key` tell the buckets
    of more than WINDOW texts. 8 bytes a text and 9 a pair.
    """

    numbers: Hashes
    first: NDArray[np.uint32]
    second: NDArray[np.uint32]
    agreed: NDArray[np.uint8]
    band: NDArray[np.uint8]
    key: NDArray[np.uint32]

    def only(self, stays: NDArray[np.bool_]) -> Settled:
        """Return the candidates among those texts that are marked."""
        place = np.cumsum(stays, dtype=np.uint32) - np.uint32(1)
        kept = stays[self.first] & stays[self.second]
        first, second = place[self.first[kept]], place[self.second[kept]]
        own = self.agreed[kept]
        return Settled(self.numbers[stays], first, second, own, self.band, self.key)


@dataclass(frozen=True, slots=True)
class Comparable:
    """Different texts that may be compared: a number for each, ascending, and the row it stands in.

    `keys` are the band keys of all rows, those of texts that are none of these as well.
    """

    numbers: Hashes
    rows: Rows
    keys: BandKeys
    minima: MinimaByRow


def find_candidates(
    texts: Comparable, threshold: float, known: Settled | None = None, *, threads: int = 1
) -> Settled:
    """Return the pairs of texts whose estimate reaches the threshold, nearly, ascending.

    `known` is what this returned for any other texts at the same threshold, where the number of a
    text stands for the same signature and keys: the outcome is the same with and without it.
    Without, all texts are sorted once a band; with it only those in buckets that new ones fall
    into, and the others are looked up: 0.3 µs a text.
    """
    count = len(texts.numbers)
    if known is not None and len(known.numbers):
        at = np.minimum(np.searchsorted(known.numbers, texts.numbers), len(known.numbers) - 1)
        is_known = known.numbers[at] == texts.numbers
        if (~is_known).sum() <= _MOST_NEW * count:
            place = np.full(len(known.numbers), -1)
            place[at[is_known]] = np.flatnonzero(is_known)
            new = np.flatnonzero(~is_known)
            return _Renewed(texts, threshold, known, place, new, threads).candidates()
    large = Large([], [])

    places = np.arange(count)

    def sorted_band(keys: NDArray[np.uint32]) -> tuple[Tags, NDArray[np.uint32]]:
        tags = tagged(keys[texts.rows], places)
        return tags, keys_of_large(tags)

    def bands() -> Iterator[Tags]:
        for band, (tags, crowded) in enumerate(in_threads(sorted_band, texts.keys, threads)):
            large.add(band, crowded)
            yield tags

    found = candidate_pairs(bands())
    pairs, agreed = likely_pairs(found, texts.minima, texts.rows, threshold, threads=threads)
    return settled_of(texts.numbers, pairs, agreed, large)


@dataclass(frozen=True, slots=True)
class Large:
    """Buckets of more than WINDOW texts."""

    band: list[NDArray[np.uint8]]
    key: list[NDArray[np.uint32]]

    def add(self, band: int, keys: NDArray[np.uint32]) -> None:
        """Note the keys of those of a band."""
        self.band.append(np.full(len(keys), band, np.uint8))
        self.key.append(keys)


@dataclass(frozen=True, slots=True)
class _Renewed:
    """How candidates are found for texts of which most are known; `place` is where each is now."""

    texts: Comparable
    threshold: float
    known: Settled
    place: Rows
    new: Rows
    threads: int

    def candidates(self) -> Settled:
        texts, large = self.texts, Large([], [])
        in_large = np.zeros(len(texts.numbers), np.bool_)
        found = candidate_pairs(self._bands(large, in_large))
        pairs, agreed = likely_pairs(
            found, texts.minima, texts.rows, self.threshold, threads=self.threads
        )
        first, second = self.place[self.known.first], self.place[self.known.second]
        stay = (first >= 0) & (second >= 0)
        # A large bucket gives some of its pairs only, and others now than it did before.
        doubtful = np.flatnonzero(stay)
        doubtful = doubtful[in_large[first[doubtful]] & in_large[second[doubtful]]]
        stay[doubtful] = self._meet_elsewhere(first[doubtful], second[doubtful])
        kept = first[stay].astype(np.uint64) << _U(32) | second[stay].astype(np.uint64)
        together = np.concatenate([kept, pairs])
        order = np.argsort(together, kind="stable")
        order = order[is_first(together[order])]
        agreed = np.concatenate([self.known.agreed[stay], agreed])[order]
        return settled_of(texts.numbers, together[order], agreed, large)

    def _touched(self, band: int) -> NDArray[np.uint32]:
        """Return the keys of the buckets of a band that are looked at anew, ascending."""
        keys = self.texts.keys[band][self.texts.rows[self.new]]
        touched = np.sort(np.concatenate([keys, self.known.key[self.known.band == band]]))
        return touched[is_first(touched)]

    def _bands(self, large: Large, in_large: NDArray[np.bool_]) -> Iterator[Tags]:
        """Yield what stands in the touched buckets of each band; note the large ones."""
        place_of = np.full(self.texts.keys.shape[1], -1)
        place_of[self.texts.rows] = np.arange(len(self.texts.rows))
        table = np.zeros(1 << _TABLE_BITS, np.bool_)
        for band, keys in enumerate(self.texts.keys):
            touched = self._touched(band)
            # Nearly all texts are told by a table that stays in the cache; sorting is for the rest.
            table[touched >> _SPARE_BITS] = True
            rows = np.flatnonzero(table[keys >> _SPARE_BITS])
            table[touched >> _SPARE_BITS] = False
            rows = rows[(place_of[rows] >= 0) & _among(keys[rows], touched)]
            tags = tagged(keys[rows], place_of[rows])
            crowded = keys_of_large(tags)
            large.add(band, crowded)
            in_large[place_of[rows[_among(keys[rows], crowded)]]] = True
            yield tags

    def _meet_elsewhere(self, first: Rows, second: Rows) -> NDArray[np.bool_]:
        """Tell which pairs share a bucket that is not looked at anew, which gives all its pairs."""
        result = np.zeros(len(first), np.bool_)
        one, other = self.texts.rows[first], self.texts.rows[second]
        for band, keys in enumerate(self.texts.keys):
            left = keys[one]
            result |= (left == keys[other]) & ~_among(left, self._touched(band))
        return result


def _among(keys: NDArray[np.uint32], ordered: NDArray[np.uint32]) -> NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(keys), np.bool_)
    at = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    result: NDArray[np.bool_] = ordered[at] == keys
    return result


def likely_pairs(
    pairs: Pairs, minima: MinimaByRow, rows: Rows, threshold: float, *, threads: int = 1
) -> tuple[Pairs, NDArray[np.uint8]]:
    """Return the pairs whose estimate is not too low, and in how many places they agree.

    Pairs are of places among `rows`, which `minima` are looked up by.
    """
    first, second = pair_rows(pairs)
    used = np.zeros(len(rows), np.bool_)
    used[first] = used[second] = True
    places = np.flatnonzero(used)
    at = np.cumsum(used) - 1
    sketched = sketches(minima, rows[places], threads)
    agreed = agreements(sketched, at[first], at[second], threads)
    near = estimates(agreed) >= threshold - SLACK
    return pairs[near], agreed[near]


def settled_of(numbers: Hashes, pairs: Pairs, agreed: NDArray[np.uint8], large: Large) -> Settled:
    """Return what another time can go on from; pairs are of places among `numbers`, ascending."""
    first, second = pair_rows(pairs)
    return Settled(
        numbers,
        first.astype(np.uint32),
        second.astype(np.uint32),
        agreed,
        np.concatenate([np.zeros(0, np.uint8), *large.band]),
        np.concatenate([np.zeros(0, np.uint32), *large.key]),
    )
