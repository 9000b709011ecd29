"""Shingles: what texts are compared by. Five words in a row, hashed to 64 bits."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dedupe.texts import cut_blocks, places_of, sizes_of
from vault.dedupe.words import Hashes, Offsets, Words, words_of

SHINGLE_WORDS = 5
"""Words in a shingle; a text with fewer is one shingle of them all."""

_U = np.uint64


@dataclass(frozen=True, slots=True)
class Shingles:
    """The shingles of n texts, some of them repeated: hashes, and n + 1 offsets of the texts.

    Meant as sets. A text of five words or more has its first shingle four times more at the end,
    because then shingles lie where their first words do and nothing needs to be moved.
    """

    hashes: Hashes
    offsets: Offsets

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.offsets) - 1

    def counts(self) -> NDArray[np.int64]:
        """Return how many shingles each text has, repeated ones included."""
        return np.diff(self.offsets)

    def text_of_each(self) -> NDArray[np.int64]:
        """Return for each shingle the number of its text."""
        return np.repeat(np.arange(len(self)), self.counts())

    def of(self, texts: NDArray[np.int64]) -> Shingles:
        """Return the shingles of some texts, in their order."""
        sizes = self.counts()[texts]
        places = ranges(self.offsets[texts], sizes)
        return Shingles(
            self.hashes[places], np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        )

    def only(self, kept: NDArray[np.bool_]) -> Shingles:
        """Return the shingles that are marked."""
        before = np.zeros(len(kept) + 1, np.int64)
        np.cumsum(kept, out=before[1:])
        return Shingles(self.hashes[kept], before[self.offsets])


def shingles_of(texts: pa.Array, *, words: int = SHINGLE_WORDS) -> Shingles:
    """Return the shingles of an array of texts. Memory as `words_of`: a few hundred at a time.

    `words` is how many make a shingle, and a text with fewer is one.
    """
    return shingles_from(words_of(texts), words)


def shingles_from(found: Words, words: int) -> Shingles:
    """Return the shingles of texts whose words are known."""
    hashes, offsets = found.hashes, found.offsets
    factors = _factors(words)
    result = np.empty(len(hashes), np.uint64)
    whole = max(0, len(hashes) - words + 1)
    if whole:
        summed = hashes[:whole] * factors[0]
        for step in range(1, words):
            summed += hashes[step : step + whole] * factors[step]
        result[:whole] = mix(summed)
    counts = np.diff(offsets)
    _repeat_first(result, offsets, words)
    short = np.flatnonzero((counts > 0) & (counts < words))
    if len(short):
        first, counts = offsets[short], counts[short]
        _fill(result, first, counts, _of_short(hashes, first, counts, factors))
    return Shingles(result, offsets)


def _repeat_first(result: Hashes, offsets: Offsets, words: int = SHINGLE_WORDS) -> None:
    """Put the first shingle of each long text where others would reach over its end."""
    is_long = np.diff(offsets) >= words
    first, end = offsets[:-1][is_long], offsets[1:][is_long]
    own = result[first]
    for step in range(1, words):
        result[end - step] = own


def _fill(result: Hashes, first: Offsets, counts: Offsets, values: Hashes) -> None:
    """Put the one shingle of each short text wherever the text has a word."""
    result[ranges(first, counts)] = np.repeat(values, counts)


def _of_short(hashes: Hashes, first: Offsets, counts: Offsets, factors: Hashes) -> Hashes:
    """Return the one shingle of each short text, whose words begin at `first`."""
    summed = counts.astype(np.uint64)
    for step in range(len(factors) - 1):
        has = np.flatnonzero(counts > step)
        summed[has] += hashes[first[has] + step] * factors[step]
    return mix(summed)


@dataclass(frozen=True, slots=True)
class Beginnings:
    """How many words the beginning of each of n texts has, and its shingle if they are few, or 0.

    With the shingles of the texts these give those of the beginnings. 12 bytes a text.
    """

    words: NDArray[np.uint32]
    short: Hashes


def shingles_with_beginnings(
    texts: pa.Array, bytes_of_each: NDArray[np.int64]
) -> tuple[Shingles, Beginnings]:
    """Return the shingles of texts, and what tells those of their first so many bytes apart.

    A separator, or nothing, follows a beginning. As fast as `shingles_of`, which returns the same.
    """
    words = words_of(_cut_in_two(texts, bytes_of_each))
    counts = np.diff(words.offsets)[::2]
    short = np.zeros(len(texts), np.uint64)
    few = np.flatnonzero((counts > 0) & (counts < SHINGLE_WORDS))
    if len(few):
        factors = _factors(SHINGLE_WORDS)
        short[few] = _of_short(words.hashes, words.offsets[::2][few], counts[few], factors)
    every = shingles_from(Words(words.hashes, words.offsets[::2]), SHINGLE_WORDS)
    return every, Beginnings(counts.astype(np.uint32), short)


def _cut_in_two(texts: pa.Array, bytes_of_each: NDArray[np.int64]) -> pa.Array:
    """Return the beginning of each text and then its rest, copying neither."""
    offsets, data = places_of(texts)
    cuts = np.empty(2 * len(texts) + 1, np.int64)
    cuts[::2], cuts[1::2] = offsets, offsets[:-1] + bytes_of_each
    return pa.LargeStringArray.from_buffers(2 * len(texts), pa.py_buffer(cuts), data)


def beginnings_of(shingles: Shingles, beginnings: Beginnings) -> Shingles:
    """Return the shingles of the beginnings of texts, as `shingles_of` would of these alone."""
    counts = beginnings.words.astype(np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    result = shingles.hashes[ranges(shingles.offsets[:-1], counts)]
    _repeat_first(result, offsets)
    few = np.flatnonzero(beginnings.short)
    _fill(result, offsets[few], counts[few], beginnings.short[few])
    return Shingles(result, offsets)


def _factors(words: int) -> Hashes:
    """Return an odd factor for each place in a shingle: those of SplitMix64 (Steele 2014)."""
    return mix(np.arange(1, words + 1, dtype=np.uint64) * _U(0x9E3779B97F4A7C15)) | _U(1)


def mix(values: Hashes) -> Hashes:
    """Spread the bits of 64-bit values, in place: the finaliser of MurmurHash3 (Appleby 2011)."""
    values ^= values >> _U(33)
    values *= _U(0xFF51AFD7ED558CCD)
    values ^= values >> _U(33)
    values *= _U(0xC4CEB9FE1A85EC53)
    values ^= values >> _U(33)
    return values


SET_BITS = 48
"""Bits of a shingle in `shingle_sets`, so that the number of a text fits beside them."""


def shingle_sets(texts: pa.Array, without: Hashes, *, words: int = SHINGLE_WORDS) -> Shingles:
    """Return the shingles of texts as sets: the upper 48 bits, ascending in each text, none twice.

    `without` (48 bits, ascending) are left out. Among 400 different shingles two look alike in one
    pair of texts of 10^9, so similarities computed from them are the true ones.
    """
    texts = texts.cast(pa.large_string())
    parts = [
        as_sets(left_out(shingles_of(texts.slice(first, last - first), words=words), without))
        for first, last in cut_blocks(sizes_of(texts))
    ]
    counts = np.concatenate([np.zeros(1, np.int64), *(each.counts() for each in parts)])
    hashes = np.concatenate([np.zeros(0, np.uint64), *(each.hashes for each in parts)])
    return Shingles(hashes, np.cumsum(counts))


def as_sets(shingles: Shingles) -> Shingles:
    """Return the shingles of at most 65,536 texts as sets, see `shingle_sets`."""
    tagged = shingles.hashes >> _U(64 - SET_BITS)
    tagged |= shingles.text_of_each().astype(np.uint64) << _U(SET_BITS)
    tagged.sort()
    tagged = tagged[is_first(tagged)]
    counts = np.bincount((tagged >> _U(SET_BITS)).astype(np.int64), minlength=len(shingles))
    tagged &= _U((1 << SET_BITS) - 1)
    return Shingles(tagged, np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]))


def left_out(shingles: Shingles, without: Hashes) -> Shingles:
    """Return the shingles whose upper 48 bits are not among `without` (ascending)."""
    places = _places_among(shingles.hashes, without)
    if not len(places):
        return shingles
    kept = np.ones(len(shingles.hashes), np.bool_)
    kept[places] = False
    return shingles.only(kept)


def having_any(shingles: Shingles, some: Hashes) -> NDArray[np.int64]:
    """Return the texts, ascending, that have any of some shingles: 48 bits each, ascending."""
    places = _places_among(shingles.hashes, some)
    texts = np.searchsorted(shingles.offsets, places, side="right") - 1
    return texts[is_first(texts)]


def _places_among(hashes: Hashes, some: Hashes) -> NDArray[np.int64]:
    """Return the places of hashes whose upper 48 bits are among `some` (ascending)."""
    if not len(some) or not len(hashes):
        return np.zeros(0, np.int64)
    return _finder_of(some).places(hashes >> _U(64 - SET_BITS))


_MOST_BITS = 22
_PLACES_EACH = 64


class _Finder:
    """Finds shingles of 48 bits among some, ascending: 10 to 150 ns each, as hashes are spread.

    Nearly all are told apart by some bits and a table that stays in the cache. Where the others may
    be is told by their upper bits, about one place each, at a third of the cost of a binary search.
    """

    def __init__(self, some: Hashes) -> None:
        self.some = some
        bits = min(max(16, (_PLACES_EACH * len(some)).bit_length()), _MOST_BITS)
        self._table = np.zeros(1 << bits, np.bool_)
        self._table[some & _U(len(self._table) - 1)] = True
        bits = len(some).bit_length()
        self._shift = _U(SET_BITS - bits)
        buckets = np.arange((1 << bits) + 1, dtype=np.uint64)
        self._begins = np.searchsorted(some, buckets << self._shift).astype(np.uint32)

    def places(self, shingles: Hashes) -> NDArray[np.int64]:
        """Return the places, ascending, of shingles that are among them."""
        suspect = np.flatnonzero(self._table[shingles & _U(len(self._table) - 1)])
        wanted = shingles[suspect]
        is_there = np.zeros(len(suspect), np.bool_)
        bucket = (wanted >> self._shift).astype(np.int64)
        at, end = self._begins[bucket], self._begins[bucket + 1]
        left = np.flatnonzero(at < end)
        while len(left):
            known = self.some[at[left]]
            is_there[left] = known == wanted[left]
            at[left] += 1
            left = left[(known < wanted[left]) & (at[left] < end[left])]
        found: NDArray[np.int64] = suspect[is_there]
        return found


_last_finders: deque[_Finder] = deque(maxlen=2)


def _finder_of(some: Hashes) -> _Finder:
    """Return what finds shingles; the last two are kept, as texts arrive in blocks.

    Threads that miss one at the same time each make it.
    """
    for each in tuple(_last_finders):
        if each.some is some:
            return each
    made = _Finder(some)
    _last_finders.append(made)
    return made


def is_first(ordered: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell for each of some sorted values whether it differs from the one before.

    For this `np.unique` hashes since numpy 2.3, which takes 60 times as long as sorting.
    """
    result = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=result[1:])
    return result


def distinct(values: Hashes) -> Hashes:
    """Return the different values, ascending."""
    ordered = np.sort(values)
    return ordered[is_first(ordered)]


def first_of_each(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the places, ascending, where each different value stands first."""
    order = np.argsort(values, kind="stable")
    return np.sort(order[is_first(values[order])])


def ranges(begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `begin, begin + 1, …` for each, `size` of them, one after the other."""
    ends = np.cumsum(sizes)
    result: NDArray[np.int64] = np.arange(ends[-1] if len(ends) else 0)
    result += np.repeat(begins - (ends - sizes), sizes)
    return result
