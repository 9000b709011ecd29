"""Alike texts of two sides: which text of one may have been edited into which of the other.

Candidates share rare words or rare pairs of words; what counts is computed from the texts. Costs
time in proportion to the texts, not to their pairs: about 60 µs for each of 150 words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.features import Features, Shares, exact_shares, shares
from vault.dedupe.shingles import Shingles, is_first, ranges
from vault.dedupe.texts import Rows, Texts, cut_blocks
from vault.dedupe.words import Hashes

Marks = NDArray[np.bool_]

Judge = Callable[[Rows, Rows, Shares], Shares]
"""Returns how likely pairs are, from the words that they share; 0 for what is none."""

SECOND_CHOICE = 0.85
UNCLEAR = 0.95
VERY_ALIKE = 1.4
"""Measured on real texts of 12 to 760 words, a fifth edited and a fifth removed; see `clear_pairs`
and docs/decisions/0017-which-examples-count-as-changed.md."""

_RARE = 12
"""Features by which a text looks for candidates: those that the fewest texts have."""

_MOST_CANDIDATES = 1 << 23
"""Pairs of texts that may share a rare feature; the most frequent features are left out first."""

_KEPT_CANDIDATES = 6
_FAR_LIGHTER = 2
_MOST_WEIGHT = (1 << 20) - 1
_FREQUENT = (1 << 22) - 1
_FEATURES_AT_ONCE = 1 << 18
_TABLE_BITS = 23
_U = np.uint64
_WEIGHT = 256


@dataclass(frozen=True, slots=True)
class AlikePairs:
    """Pairs of a text of the old side and one of the new side: arrays of one length.

    `likeness` is what was judged, and for texts that are like several others what they share of
    their tokens and of words in a row besides, which tells who is the most alike.
    """

    old: Rows
    new: Rows
    likeness: Shares

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.old)

    def only(self, kept: Marks | Rows) -> AlikePairs:
        """Return the pairs that are marked, or named, in this order."""
        return AlikePairs(self.old[kept], self.new[kept], self.likeness[kept])

    def best_first(self, ranks: tuple[Rows, Rows]) -> Rows:
        """Return the places of the pairs, most alike ones first; then those in the same order.

        Of pairs that are as alike the first text of one side goes with the first of the other.
        `ranks` number the texts of both sides, none twice: they decide what is left to decide.
        """
        ours, theirs = ranks[0][self.old], ranks[1][self.new]
        smaller, larger = np.minimum(ours, theirs), np.maximum(ours, theirs)
        apart, far = np.abs(self.old - self.new), self.old + self.new
        return np.lexsort((larger, smaller, apart, far, -self.likeness))


def alike_pairs(
    old: Texts,
    new: Texts,
    besides: tuple[Rows, Rows],
    judge: Judge,
) -> AlikePairs:
    """Return the pairs of texts that may be versions of one another, in no order.

    Texts are compared by their different words: what both have, as a share of the longer one's.
    `besides` are pairs to compare although they may share nothing rare. Exchanging the sides
    exchanges the pairs.
    """
    ours, theirs = Features.of(old), Features.of(new)
    first, second = _candidates(ours, theirs)
    first, second = _together(first, second, besides)
    share = shares(ours.words, theirs.words, first, second)
    likely = judge(first, second, share)
    likely[share == 0] = 0
    found = AlikePairs(first, second, likely).only(likely > 0)
    several = _is_repeated(found.old, len(old)) | _is_repeated(found.new, len(new))
    places = np.flatnonzero(several)
    likeness = found.likeness.copy()
    likeness[places] += exact_shares(old, new, found.old[places], found.new[places])
    return AlikePairs(found.old, found.new, likeness)


def _candidates(ours: Features, theirs: Features) -> tuple[Rows, Rows]:
    """Return pairs of texts that share rare features, for each text those that share the most."""
    left, right = ours.looked_for(), theirs.looked_for()
    bits = min(_TABLE_BITS, max(10, (len(left.hashes) + len(right.hashes)).bit_length()))
    # How many texts have a feature, counted by the lower bits of its hash: it only ranks features.
    tables = tuple(_counted(each, bits) for each in (left, right))
    ours_rare, theirs_rare = (_rare(each, tables, bits) for each in (left, right))
    first, second, weight = _sharing(ours_rare, theirs_rare, tables, bits)
    best = np.zeros(len(first), np.bool_)
    for own in (first, second):
        best[_best_of_each(own, weight)] = True
    return first[best], second[best]


def _counted(features: Shingles, bits: int) -> NDArray[np.int64]:
    return np.bincount(_buckets(features.hashes, bits), minlength=1 << bits)


def _buckets(features: Hashes, bits: int) -> NDArray[np.int64]:
    return (features & _U((1 << bits) - 1)).view(np.int64)


def _rare(
    features: Shingles, tables: tuple[NDArray[np.int64], ...], bits: int
) -> tuple[Hashes, Rows]:
    """Return up to _RARE features of each text that both sides have, and the texts, by feature."""
    parts = []
    for first, last in cut_blocks(features.counts(), _FEATURES_AT_ONCE):
        begin, end = features.offsets[[first, last]]
        bucket = _buckets(features.hashes[begin:end], bits)
        frequency = tables[0][bucket] * tables[1][bucket]
        shared = np.flatnonzero(frequency)
        text = np.repeat(np.arange(last - first), features.counts()[first:last])[shared]
        # One number to sort by: the text (9 bits), how frequent the feature is, where it stands.
        assert last - first <= 1 << 9
        tagged = text << 54 | np.minimum(frequency[shared], _FREQUENT) << 32 | shared
        tagged.sort()
        text = tagged >> 54
        kept = _place_in_group(text) < _RARE
        parts.append((begin + (tagged[kept] & 0xFFFFFFFF), first + text[kept]))
    none = np.zeros(0, np.int64)
    place = np.concatenate([none, *(each for each, _ in parts)])
    text = np.concatenate([none, *(each for _, each in parts)])
    hashes = features.hashes[place]
    order = np.argsort(hashes, kind="stable")
    return hashes[order], text[order]


def _place_in_group(ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each of some sorted values how many equal ones stand before it."""
    starts = np.flatnonzero(is_first(ordered))
    sizes = np.diff(np.append(starts, len(ordered)))
    return np.arange(len(ordered)) - np.repeat(starts, sizes)


def _sharing(
    ours: tuple[Hashes, Rows],
    theirs: tuple[Hashes, Rows],
    tables: tuple[NDArray[np.int64], ...],
    bits: int,
) -> tuple[Rows, Rows, NDArray[np.int64]]:
    """Return the pairs of texts that share a feature, and the sum of the weights of what they do.

    A feature weighs more the fewer texts have it. Weights are whole numbers, so that their sums do
    not depend on an order.
    """
    begin = np.searchsorted(theirs[0], ours[0], side="left")
    count = np.searchsorted(theirs[0], ours[0], side="right") - begin
    count = _within_bound(ours[0], count)
    bucket = _buckets(ours[0], bits)
    total = tables[0].sum() * float(tables[1].sum())
    frequency = np.maximum(tables[0][bucket] * tables[1][bucket], 1)
    weight = np.repeat(np.rint(_WEIGHT * np.log1p(total / frequency)).astype(np.int64), count)
    tagged = np.repeat(ours[1], count).astype(np.uint64) << _U(32)
    tagged |= theirs[1][ranges(begin, count)].astype(np.uint64)
    order = np.argsort(tagged, kind="stable")
    tagged, weight = tagged[order], weight[order]
    starts = np.flatnonzero(is_first(tagged))
    tagged = tagged[starts]
    first, second = (tagged >> _U(32)).astype(np.int64), (tagged & _U(0xFFFFFFFF)).astype(np.int64)
    return first, second, np.add.reduceat(weight, starts) if len(starts) else weight


def _within_bound(features: Hashes, count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the counts, 0 for features that would make more than _MOST_CANDIDATES pairs in all."""
    if int(count.sum()) <= _MOST_CANDIDATES:
        return count
    starts = np.flatnonzero(is_first(features))
    sizes = np.diff(np.append(starts, len(features)))
    pairs = count[starts] * sizes
    order = np.lexsort((features[starts], pairs))
    kept = np.zeros(len(starts), np.bool_)
    kept[order] = np.cumsum(pairs[order]) <= _MOST_CANDIDATES
    result: NDArray[np.int64] = np.where(np.repeat(kept, sizes), count, 0)
    return result


def _best_of_each(own: Rows, weight: NDArray[np.int64]) -> Rows:
    """Return the places of the _KEPT_CANDIDATES heaviest pairs of each text, without far lighter.

    Of equally heavy ones those that come first: pairs are in the order of both texts.
    """
    # One number to sort by: the text (19 bits), how light the pair is (20), and its place (24).
    assert not len(own) or (int(own.max()) < 1 << 19 and len(own) <= 1 << 24)
    light = _MOST_WEIGHT - np.minimum(weight, _MOST_WEIGHT)
    tagged = own << 44 | light << 24 | np.arange(len(own))
    tagged.sort()
    order = tagged & 0xFFFFFF
    own, weight = tagged >> 44, weight[order]
    place = _place_in_group(own)
    heaviest = np.repeat(weight[place == 0], np.bincount(own)[own[place == 0]]) if len(own) else 0
    result: Rows = order[(place < _KEPT_CANDIDATES) & (_FAR_LIGHTER * weight >= heaviest)]
    return result


def _together(first: Rows, second: Rows, besides: tuple[Rows, Rows]) -> tuple[Rows, Rows]:
    first, second = np.concatenate([first, besides[0]]), np.concatenate([second, besides[1]])
    tagged = np.sort(first.astype(np.uint64) << _U(32) | second.astype(np.uint64))
    tagged = tagged[is_first(tagged)]
    return (tagged >> _U(32)).astype(np.int64), (tagged & _U(0xFFFFFFFF)).astype(np.int64)


def _is_repeated(rows: Rows, count: int) -> Marks:
    return np.bincount(rows, minlength=count)[rows] > 1


def clear_pairs(pairs: AlikePairs) -> AlikePairs:
    """Return the pairs of texts that are clearly most alike; what is unclear is left out.

    Left out are pairs of which either text is much more like another one (SECOND_CHOICE), or nearly
    as much (UNCLEAR), unless the two are very alike (VERY_ALIKE): of texts that are all made after
    one pattern nobody can tell which was edited into which.
    """
    others = _most_alike_others(pairs)
    is_first_choice = pairs.likeness >= SECOND_CHOICE * others
    is_clear = (pairs.likeness >= VERY_ALIKE) | (others < UNCLEAR * pairs.likeness)
    return pairs.only(is_first_choice & is_clear)


def _most_alike_others(pairs: AlikePairs) -> Shares:
    """Return for each pair how alike the most alike other pair of either text is, or 0."""
    ours, theirs = (_others_of(rows, pairs.likeness) for rows in (pairs.old, pairs.new))
    return np.maximum(ours, theirs)


def _others_of(rows: Rows, likeness: Shares) -> Shares:
    """Return for each pair the likeness of the most alike other pair of the same text, or 0."""
    order = np.lexsort((-likeness, rows))
    place = _place_in_group(rows[order])
    ordered = likeness[order]
    others = np.zeros(len(rows), np.float64)
    later = np.flatnonzero(place > 0)
    others[later] = ordered[later - place[later]]
    second = np.flatnonzero(place == 1)
    others[second - 1] = ordered[second]
    result = np.empty(len(rows), np.float64)
    result[order] = others
    return result
