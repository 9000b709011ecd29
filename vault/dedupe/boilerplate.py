"""Boilerplate: shingles that so many texts have that they say nothing about being alike.

Without leaving them out, 5,000 different records under one instruction of 120 words are one.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vault.dedupe.shingles import is_first, shingle_sets, shingles_of
from vault.dedupe.signatures import identities
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes

SHARE = 0.05
"""A shingle is boilerplate if it is in more than this share of the different texts…"""

LEAST_TEXTS = 20
"""… and in at least this many."""

SAMPLE = 4_096
"""Texts that are counted. At 5 % that finds the share to a third of a percent."""

NOTHING: Hashes = np.zeros(0, np.uint64)


def common_shingles(texts: Texts) -> Hashes:
    """Return the boilerplate of texts: the upper 48 bits of shingles, ascending.

    Of many texts those with the smallest hashes are counted, so the answer depends on which texts
    there are and not on their order. Texts that differ in nothing but case and punctuation count
    once.
    """
    rows = _sample(texts)
    if len(rows) < LEAST_TEXTS:
        return NOTHING
    counted = texts.take(rows)
    identity = np.concatenate(
        [identities(shingles_of(counted.slice(at, 512))) for at in range(0, len(rows), 512)]
    )
    order = np.argsort(identity, kind="stable")
    different = np.sort(order[is_first(identity[order])])
    sets = shingle_sets(counted.take(pa.array(different)), NOTHING).hashes
    sets.sort()
    starts = np.flatnonzero(is_first(sets))
    counts = np.diff(np.append(starts, len(sets)))
    is_common = (counts > SHARE * len(different)) & (counts >= LEAST_TEXTS)
    return sets[starts[is_common]]


def _sample(texts: Texts) -> Rows:
    if len(texts) <= SAMPLE:
        return np.arange(len(texts))
    hashes = texts.hashes()
    order = np.argsort(hashes, kind="stable")
    # Equal texts count once, so they must not fill the sample.
    chosen = order[is_first(hashes[order])][:SAMPLE]
    return np.sort(chosen)
