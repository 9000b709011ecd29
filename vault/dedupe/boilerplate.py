"""Boilerplate: shingles that so many texts have that they say nothing about being alike.

Without leaving them out, 5,000 different records under one instruction of 120 words are one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vault.dedupe.shingles import Shingles, as_sets, first_of_each, is_first, shingles_of
from vault.dedupe.shingles_by_row import joined
from vault.dedupe.signatures import identities
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes

SHARE = 0.05
"""A shingle is boilerplate if it is in more than this share of the different texts…"""

LEAST_TEXTS = 20
"""… and in at least this many."""

MATTERS = 0.1
"""A text is another one to compare when this share of its shingles counts or no longer counts."""

SAMPLE = 4_096
"""Texts that are counted. At 5 % that finds the share to a third of a percent."""

NOTHING: Hashes = np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True)
class Counted:
    """Texts that shingles are counted in: a hash of each, ascending, its identity and its set."""

    hash: Hashes
    identity: Hashes
    sets: Shingles

    def only(self, hashes: Hashes) -> Counted:
        """Return those of the texts whose hashes are among some."""
        places = np.flatnonzero(np.isin(self.hash, hashes))
        return Counted(self.hash[places], self.identity[places], self.sets.of(places))

    def and_more(self, other: Counted) -> Counted:
        """Return these texts and others."""
        hashes = np.concatenate([self.hash, other.hash])
        order = np.argsort(hashes, kind="stable")
        sets = Shingles(
            np.concatenate([self.sets.hashes, other.sets.hashes]),
            np.concatenate([self.sets.offsets, len(self.sets.hashes) + other.sets.offsets[1:]]),
        )
        identity = np.concatenate([self.identity, other.identity])
        return Counted(hashes[order], identity[order], sets.of(order))


NONE_COUNTED = Counted(NOTHING, NOTHING, Shingles(NOTHING, np.zeros(1, np.int64)))


def sampled_rows(hashes: Hashes, most: int = SAMPLE) -> Rows:
    """Return the rows, ascending, of the texts that are counted, by the hashes of all texts.

    Those with the smallest hashes: it depends on which texts there are and not on their order.
    Equal texts count once, so that they do not fill the sample.
    """
    rows = np.arange(len(hashes))
    if len(hashes) > 8 * most:
        # Sorting all of them would take longer than everything else.
        rows = np.flatnonzero(hashes <= np.partition(hashes, 4 * most)[4 * most])
        if is_first(np.sort(hashes[rows])).sum() < most:
            rows = np.arange(len(hashes))
    order = rows[np.argsort(hashes[rows], kind="stable")]
    return np.sort(order[is_first(hashes[order])][:most])


def counted(texts: pa.Array, hashes: Hashes) -> Counted:
    """Return the sets of texts, to count shingles in; `hashes` are those of the texts."""
    blocks = (texts.slice(at, 512) for at in range(0, len(texts), 512))
    return counted_in(joined([shingles_of(each) for each in blocks]), hashes)


def counted_in(shingles: Shingles, hashes: Hashes) -> Counted:
    """Return what `counted` does of texts whose shingles are known, at most 65,536."""
    order = np.argsort(hashes, kind="stable")
    ordered = shingles.of(order)
    return Counted(hashes[order], identities(ordered), as_sets(ordered))


def common_shingles(texts: Texts) -> Hashes:
    """Return the boilerplate of texts: the upper 48 bits of shingles, ascending."""
    hashes = texts.hashes()
    rows = sampled_rows(hashes)
    return common_in(counted(texts.take(rows), hashes[rows]))


def common_in(sample: Counted, known: Hashes = NOTHING) -> Hashes:
    """Return the shingles that too many of the texts of a sample have.

    Texts that differ in nothing but case and punctuation count once. `known` boilerplate stays it
    as long as LEAST_TEXTS have it.
    """
    different = first_of_each(sample.identity)
    sets = np.sort(sample.sets.of(different).hashes)
    starts = np.flatnonzero(is_first(sets))
    counts = np.diff(np.append(starts, len(sets)))
    shingles = sets[starts]
    is_common = (counts > SHARE * len(different)) | np.isin(shingles, known)
    return shingles[is_common & (counts >= LEAST_TEXTS)]


def share_changed(sample: Counted, before: Hashes, now: Hashes) -> float:
    """Return for how many of the texts, as a share, it matters which boilerplate is left out.

    It does where more than MATTERS of the shingles that count by either count by one only.
    """
    either = np.setxor1d(before, now, assume_unique=True)
    both = np.intersect1d(before, now, assume_unique=True)
    if not len(either) or not len(sample.hash):
        return 0.0
    text = sample.sets.text_of_each()
    differ, left_out = (
        np.bincount(text[np.isin(sample.sets.hashes, each)], minlength=len(sample.hash))
        for each in (either, both)
    )
    return float((differ > MATTERS * (sample.sets.counts() - left_out)).mean())
