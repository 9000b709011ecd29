"""Against other texts: which of mine are near-duplicates of one, or share words with one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dedupe.bands import BandKeys, band_keys, pair_rows, plan_for
from vault.dedupe.boilerplate import LEAST_TEXTS, NOTHING, SHARE, common_shingles
from vault.dedupe.clusters import TOLERANCE, components
from vault.dedupe.near import NearOptions
from vault.dedupe.scratch import Scratch
from vault.dedupe.shingles import Shingles, first_of_each, is_first, ranges, shingle_sets
from vault.dedupe.signatures import Signed, sign
from vault.dedupe.similarity import SLACK, Similarities, agreements, estimates, sets_of, sketches
from vault.dedupe.texts import Rows, Texts, TextsByRow, cut_blocks
from vault.dedupe.words import Hashes

_MOST_OF_BUCKET = 64
_U = np.uint64


@dataclass(frozen=True, slots=True)
class Matches:
    """For each of n texts the row of a reference text that it matches, -1 for none, and how much.

    `similarity` is the true one, or for shared words the share of the text's runs that are shared.
    Near texts that likely are near to the same reference texts, at any remove, share a `cluster`;
    `references` tells how many different ones those are, 0 for texts that are not near.
    """

    row: Rows
    similarity: Similarities
    cluster: Rows
    references: Rows

    @classmethod
    def none_of(cls, count: int) -> Matches:
        """Return that none of so many texts matches."""
        none = np.zeros(count, np.int64)
        return cls(none - 1, np.zeros(count, np.float64), np.arange(count), none)


@dataclass(frozen=True, slots=True)
class SignedTexts:
    """Texts with their signatures, and band keys for the plan of a threshold.

    `answers` are numbers of short answers, where those matter.
    """

    texts: TextsByRow
    signed: Signed
    keys: BandKeys
    answers: Hashes | None = None

    def told(self) -> Hashes:
        """Return the numbers of answers, 0 for each where they do not matter."""
        return np.zeros(len(self.signed), np.uint64) if self.answers is None else self.answers


def match_near(
    texts: Texts,
    reference: Texts,
    *,
    answers: tuple[Hashes, Hashes] | None = None,
    options: NearOptions | None = None,
) -> Matches:
    """Return for each text a reference text whose true similarity reaches the threshold.

    `answers` are those of texts and reference. Costs signing both, and what `match_signed` does.
    """
    options = options or NearOptions()
    without = NOTHING
    if not options.count_shared:
        without = common_shingles(texts.followed_by(reference))

    def signed(some: Texts, told: Hashes | None) -> SignedTexts:
        made = sign(some, without=without, threads=options.threads, scratch=options.scratch)
        keys = band_keys(made.minima, plan_for(options.threshold), np.arange(len(some)))
        return SignedTexts(some, made, keys, told)

    mine, theirs = answers or (None, None)
    return match_signed(
        signed(texts, mine),
        signed(reference, theirs),
        without=without,
        threshold=options.threshold,
        scratch=options.scratch,
    )


def match_signed(
    mine: SignedTexts,
    theirs: SignedTexts,
    *,
    without: Hashes,
    threshold: float,
    scratch: Scratch,
) -> Matches:
    """Return for each of my texts one of theirs whose true similarity reaches the threshold.

    The likeliest ones are compared first and the first that will do is taken. Where answers differ
    there is no match. Costs a lookup in each band, and reading the texts that are compared.
    """
    count = len(mine.signed)
    result = Matches.none_of(count)
    _match_equal(mine, theirs, result)
    text, other = _candidates(mine, theirs, result.row < 0, threshold)
    agree = mine.told()[text] == theirs.told()[other]
    text, other = text[agree], other[agree]
    joined = components(count + len(theirs.signed), text, count + other)
    references = _different_in_each(joined, count, other, theirs.signed.identity)
    # Their rows come after mine: sets lie in one place.
    used = np.unique(np.concatenate([text, count + other]))
    own = np.concatenate([mine.signed.own, theirs.signed.own])
    both = _Both(mine.texts, theirs.texts, count)
    sets = sets_of(both, used, own=own, without=without, scratch=scratch)
    while len(text):
        turn = is_first(text)
        similarity = sets.similarity(text[turn], count + other[turn])
        near = np.flatnonzero(similarity >= threshold - TOLERANCE)
        done = text[turn][near]
        result.row[done] = other[turn][near]
        result.similarity[done] = similarity[near]
        left = ~turn & (result.row[text] < 0)
        text, other = text[left], other[left]
    near = np.flatnonzero((result.row >= 0) & (result.similarity < 1))
    result.cluster[near] = count + joined[near]
    result.references[near] = references[joined[near]]
    return result


def _different_in_each(joined: Rows, count: int, other: Rows, identity: Hashes) -> Rows:
    """Return how many different reference texts are in each component, by its number."""
    used = np.unique(other)
    used = used[first_of_each(identity[used])]
    result: Rows = np.bincount(joined[count + used], minlength=len(joined))
    return result


@dataclass(frozen=True, slots=True)
class _Both:
    """Texts by row: mine are the first `count`, theirs come after them."""

    mine: TextsByRow
    theirs: TextsByRow
    count: int

    def take(self, rows: Rows) -> pa.LargeStringArray:
        """Return the texts of some rows, ascending."""
        cut = int(np.searchsorted(rows, self.count))
        own, others = rows[:cut], rows[cut:] - self.count
        return pa.concat_arrays([self.mine.take(own), self.theirs.take(others)])


def _match_equal(mine: SignedTexts, theirs: SignedTexts, result: Matches) -> None:
    """Match texts that are equal to a reference text but for case and punctuation."""
    number = mine.signed.identity + mine.told()
    others = theirs.signed.identity + theirs.told()
    order = np.argsort(others, kind="stable")
    known = others[order]
    if not len(known):
        return
    at = np.minimum(np.searchsorted(known, number), len(known) - 1)
    equal = (known[at] == number) & (mine.signed.identity != 0)
    result.row[equal] = order[at[equal]]
    result.similarity[equal] = 1.0


def _candidates(
    mine: SignedTexts, theirs: SignedTexts, open_: NDArray[np.bool_], threshold: float
) -> tuple[Rows, Rows]:
    """Return pairs of rows (text, reference) that may be near: by text, best estimate first."""
    rows = np.flatnonzero((mine.signed.own > 0) & open_)
    others = np.flatnonzero(theirs.signed.own > 0)
    found = [
        _meetings(own[rows], other[others])
        for own, other in zip(mine.keys, theirs.keys, strict=True)
    ]
    pairs = np.concatenate([np.zeros(0, np.uint64), *found])
    pairs.sort()
    text, other = pair_rows(pairs[is_first(pairs)])
    sketched = [sketches(mine.signed.minima, rows), sketches(theirs.signed.minima, others)]
    estimate = estimates(agreements(np.concatenate(sketched), text, len(rows) + other))
    near = np.flatnonzero(estimate >= threshold - SLACK)
    near = near[np.lexsort((-estimate[near], text[near]))]
    return rows[text[near]], others[other[near]]


def _meetings(texts: NDArray[np.uint32], reference: NDArray[np.uint32]) -> Hashes:
    """Return the pairs of places that share a key, some of them where a bucket is large."""
    order = np.argsort(reference, kind="stable")
    known = reference[order]
    first = np.searchsorted(known, texts)
    sizes = np.minimum(np.searchsorted(known, texts, side="right") - first, _MOST_OF_BUCKET)
    met = order[ranges(first, sizes)].astype(np.uint64)
    return np.repeat(np.arange(len(texts), dtype=np.uint64), sizes) << _U(32) | met


def match_runs(
    texts: Texts, reference: Texts, *, words: int, count_shared: bool = False
) -> Matches:
    """Return for each text a reference text that has a run of so many words in common with it.

    A text of fewer words is compared whole. Runs that more than 5 % of the texts (and at least 20)
    share with the reference are boilerplate, and do not count unless `count_shared`.
    """
    known, owner = _runs_of(reference, words)
    counts = np.zeros(len(known), np.int64)
    parts: list[tuple[int, Shingles, Rows]] = []
    for first, last in cut_blocks(texts.sizes()):
        sets = shingle_sets(texts.block(first, last), NOTHING, words=words)
        at = np.minimum(np.searchsorted(known, sets.hashes), max(len(known) - 1, 0))
        is_known = known[at] == sets.hashes if len(known) else np.zeros(len(at), np.bool_)
        if is_known.any():
            np.add.at(counts, at[is_known], 1)
            parts.append((first, sets, np.where(is_known, at, -1)))
    too_common = (counts > SHARE * len(texts)) & (counts >= LEAST_TEXTS) & (not count_shared)
    result = Matches.none_of(len(texts))
    for first, sets, at in parts:
        text = sets.text_of_each()
        shared = np.flatnonzero((at >= 0) & ~too_common[at])
        found = np.bincount(text[shared], minlength=len(sets))
        matched = np.flatnonzero(found)
        result.row[first + text[shared[::-1]]] = owner[at[shared[::-1]]]
        result.similarity[first + matched] = found[matched] / sets.counts()[matched]
    return result


def _runs_of(reference: Texts, words: int) -> tuple[Hashes, Rows]:
    """Return the runs of words of the reference, ascending, and the first row that has each."""
    hashes, rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for first, last in cut_blocks(reference.sizes()):
        sets = shingle_sets(reference.block(first, last), NOTHING, words=words)
        hashes.append(sets.hashes)
        rows.append(first + sets.text_of_each())
    every = np.concatenate(hashes)
    order = np.argsort(every, kind="stable")
    ordered = every[order]
    kept = is_first(ordered)
    return ordered[kept], np.concatenate(rows)[order[kept]]
