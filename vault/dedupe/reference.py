"""Against other texts: which of mine are near-duplicates of one, or share words with one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.bands import band_keys, pair_rows, plan_for
from vault.dedupe.boilerplate import LEAST_TEXTS, NOTHING, SHARE, common_shingles
from vault.dedupe.clusters import TOLERANCE
from vault.dedupe.near import NearOptions
from vault.dedupe.shingles import Shingles, is_first, ranges, shingle_sets
from vault.dedupe.signatures import Signed, sign
from vault.dedupe.similarity import SLACK, Similarities, agreements, estimates, sets_of, sketches
from vault.dedupe.texts import Rows, Texts, cut_blocks
from vault.dedupe.words import Hashes

_MOST_OF_BUCKET = 64
_U = np.uint64


@dataclass(frozen=True, slots=True)
class Matches:
    """For each of n texts the row of a reference text that it matches, -1 for none, and how much.

    `similarity` is the true one, or for shared words the share of the text's runs that are shared.
    """

    row: Rows
    similarity: Similarities


def match_near(
    texts: Texts,
    reference: Texts,
    *,
    answers: tuple[Hashes, Hashes] | None = None,
    options: NearOptions | None = None,
) -> Matches:
    """Return for each text a reference text whose true similarity reaches the threshold.

    The likeliest ones are compared first and the first that will do is taken. `answers` are
    numbers of short answers of texts and reference: where they differ there is no match. Costs
    signing both, and a lookup.
    """
    options = options or NearOptions()
    both = texts.followed_by(reference)
    without = NOTHING if options.count_shared else common_shingles(both)
    signed = sign(both, without=without, threads=options.threads, scratch=options.scratch)
    count = len(texts)
    result = Matches(np.full(count, -1), np.zeros(count, np.float64))
    told = np.zeros(len(both), np.uint64) if answers is None else np.concatenate(answers)
    _match_equal(signed, told, count, result)
    text, other = _candidates(signed, count, result.row < 0, options.threshold)
    agree = told[text] == told[other]
    text, other = text[agree], other[agree]
    used = np.unique(np.concatenate([text, other]))
    sets = sets_of(both, used, own=signed.own, without=without, scratch=options.scratch)
    while len(text):
        turn = is_first(text)
        similarity = sets.similarity(text[turn], other[turn])
        near = np.flatnonzero(similarity >= options.threshold - TOLERANCE)
        done = text[turn][near]
        result.row[done] = other[turn][near] - count
        result.similarity[done] = similarity[near]
        left = ~turn & (result.row[text] < 0)
        text, other = text[left], other[left]
    return result


def _match_equal(signed: Signed, answers: Hashes, count: int, result: Matches) -> None:
    """Match texts that are equal to a reference text but for case and punctuation."""
    number = signed.identity + answers
    order = np.argsort(number[count:], kind="stable")
    known = number[count:][order]
    if not len(known):
        return
    at = np.minimum(np.searchsorted(known, number[:count]), len(known) - 1)
    equal = (known[at] == number[:count]) & (signed.identity[:count] != 0)
    result.row[equal] = order[at[equal]]
    result.similarity[equal] = 1.0


def _candidates(
    signed: Signed, count: int, open_: NDArray[np.bool_], threshold: float
) -> tuple[Rows, Rows]:
    """Return pairs of rows (text, reference) that may be near: by text, best estimate first."""
    rows = np.flatnonzero((signed.own > 0) & np.append(open_, np.ones(len(signed) - count, bool)))
    start = int(np.searchsorted(rows, count))
    keys = band_keys(signed.minima, plan_for(threshold), rows)
    found = [_meetings(each[:start], each[start:]) for each in keys]
    pairs = np.concatenate([np.zeros(0, np.uint64), *found])
    pairs.sort()
    text, other = pair_rows(pairs[is_first(pairs)])
    other += start
    estimate = estimates(agreements(sketches(signed.minima, rows), text, other))
    near = np.flatnonzero(estimate >= threshold - SLACK)
    near = near[np.lexsort((-estimate[near], text[near]))]
    return rows[text[near]], rows[other[near]]


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
    result = Matches(np.full(len(texts), -1), np.zeros(len(texts), np.float64))
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
