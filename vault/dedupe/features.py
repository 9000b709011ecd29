"""Sets of words, word pairs and tokens of texts, and the share that two texts have in common.

Sets hold 48-bit hashes. Of large ones the smallest hashes are kept, which are a sample that is the
same for texts that share them (bottom-k sketches: Cohen and Kaplan 2007).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.shingles import SET_BITS, Shingles, as_sets, mix, shingles_from
from vault.dedupe.texts import Rows, Texts, cut_blocks
from vault.dedupe.words import Hashes, Words, tokens_of, words_of
from vault.processes.threads import THREADS, in_threads

_R = TypeVar("_R")
Shares = NDArray[np.float64]

WORDS_KEPT = 128
"""Different words of a text that are compared; of more, those with the smallest hashes."""

LEAST_COMMON = 2
"""Words that two texts must share at the least."""

SHORT = 32
"""Words up to which a text is found by single words too."""

_PAIRS_KEPT = 48
_TOKENS_KEPT = 256
_PAIRS_AT_ONCE = 1 << 18
_LEAST_BLOCKS = 8
_U = np.uint64

_Cut = tuple[Shingles, Hashes]


@dataclass(frozen=True, slots=True)
class SampledSets:
    """Sets of hashes of texts, and the largest hash up to which each is complete."""

    sets: Shingles
    complete: Hashes

    @staticmethod
    def joined(cut: list[_Cut]) -> SampledSets:
        """Put the sets of blocks of texts together."""
        counts = np.concatenate([np.zeros(1, np.int64), *(each.counts() for each, _ in cut)])
        hashes = np.concatenate([np.zeros(0, np.uint64), *(each.hashes for each, _ in cut)])
        complete = np.concatenate([np.zeros(0, np.uint64), *(limit for _, limit in cut)])
        return SampledSets(Shingles(hashes, np.cumsum(counts)), complete)


def _smallest(sets: Shingles, most: int) -> _Cut:
    """Return the smallest hashes of each set, and the largest up to which it is complete."""
    counts = sets.counts()
    complete = np.full(len(sets), (1 << SET_BITS) - 1, np.uint64)
    if not len(counts) or int(counts.max()) <= most:
        return sets, complete
    place = np.arange(len(sets.hashes)) - np.repeat(sets.offsets[:-1], counts)
    long = np.flatnonzero(counts > most)
    complete[long] = sets.hashes[sets.offsets[long] + most - 1]
    return sets.only(place < most), complete


@dataclass(frozen=True, slots=True)
class Features:
    """The words and word pairs of the texts of one side."""

    words: SampledSets
    pairs: SampledSets

    @classmethod
    def of(cls, texts: Texts) -> Features:
        """Return the features of texts: 13 µs for each of 150 words, in threads."""

        def features(block: tuple[int, int]) -> tuple[_Cut, _Cut]:
            found = words_of(texts.block(*block))
            words = _smallest(as_sets(_single(found)), WORDS_KEPT)
            return words, _smallest(as_sets(shingles_from(found, 2)), _PAIRS_KEPT)

        parts = _in_threads(features, cut_blocks(texts.sizes()))
        return cls(*(SampledSets.joined([each[at] for each in parts]) for at in range(2)))

    def looked_for(self) -> Shingles:
        """Return what to look for candidates by: pairs of words, and of a short text words too."""
        pairs, words = self.pairs.sets, self.words.sets
        words = words.only((words.counts() <= SHORT)[words.text_of_each()])
        text = np.concatenate([words.text_of_each(), pairs.text_of_each()])
        hashes = np.concatenate([words.hashes, pairs.hashes])
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(words.counts() + pairs.counts())])
        return Shingles(hashes[np.argsort(text, kind="stable")], ends)


def _single(words: Words) -> Shingles:
    return Shingles(mix(words.hashes.copy()), words.offsets)


def shares(ours: SampledSets, theirs: SampledSets, first: Rows, second: Rows) -> Shares:
    """Return how much pairs have in common, as a share of the larger set.

    0 for fewer than LEAST_COMMON: that two answers are "Yes." makes no edit of one another.
    Sets that are not complete are compared as far as both are: a sample by hash.
    """
    sizes = ours.sets.counts()[first] + theirs.sets.counts()[second]

    def block_shares(block: tuple[int, int]) -> Shares:
        own = slice(*block)
        return _some_shares(ours, theirs, first[own], second[own])

    parts = _in_threads(block_shares, cut_blocks(sizes, _PAIRS_AT_ONCE))
    return np.concatenate([np.zeros(0, np.float64), *parts])


def _some_shares(ours: SampledSets, theirs: SampledSets, first: Rows, second: Rows) -> Shares:
    limit = np.minimum(ours.complete[first], theirs.complete[second])
    left, right = ours.sets.of(first), theirs.sets.of(second)
    parts, counts = [], []
    for sets in (left, right):
        pair = sets.text_of_each()
        within = sets.hashes <= limit[pair]
        counts.append(np.bincount(pair[within], minlength=len(first)))
        parts.append(sets.hashes[within] | pair[within].astype(np.uint64) << _U(SET_BITS))
    tagged = np.sort(np.concatenate(parts))
    shared = (tagged[1:][tagged[1:] == tagged[:-1]] >> _U(SET_BITS)).astype(np.int64)
    common = np.bincount(shared, minlength=len(first))
    result: Shares = common / np.maximum(np.maximum(counts[0], counts[1]), 1)
    result[common < LEAST_COMMON] = 0
    return result


def exact_shares(old: Texts, new: Texts, first: Rows, second: Rows) -> Shares:
    """Return what pairs share of tokens, of two tokens in a row and of two words in a row."""
    ours, own_rows = _exact_sets(old, first)
    theirs, their_rows = _exact_sets(new, second)
    return shares(
        ours, theirs, np.searchsorted(own_rows, first), np.searchsorted(their_rows, second)
    )


def _exact_sets(texts: Texts, rows: Rows) -> tuple[SampledSets, Rows]:
    """Return the sets of some texts, and which texts they are, ascending."""
    rows = np.flatnonzero(np.bincount(rows, minlength=len(texts)))
    sizes = texts.sizes()[rows]

    def exact(block: tuple[int, int]) -> _Cut:
        some = texts.take(rows[slice(*block)])
        tokens = tokens_of(some)
        kinds = (_single(tokens), shingles_from(tokens, 2), shingles_from(words_of(some), 2))
        text = np.concatenate([each.text_of_each() for each in kinds])
        hashes = np.concatenate([each.hashes for each in kinds])
        ends = np.cumsum([0, *np.bincount(text, minlength=len(some)).tolist()])
        sets = as_sets(Shingles(hashes[np.argsort(text, kind="stable")], ends))
        return _smallest(sets, _TOKENS_KEPT)

    return SampledSets.joined(_in_threads(exact, cut_blocks(sizes))), rows


def _in_threads(work: Callable[[tuple[int, int]], _R], blocks: list[tuple[int, int]]) -> list[_R]:
    """Return `work(block)` for each block, in order; numpy lets threads run at the same time."""
    return list(in_threads(work, blocks, THREADS if len(blocks) >= _LEAST_BLOCKS else 1))
