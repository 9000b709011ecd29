"""Pairs judged not duplicates: an example that was restored after dedupe stays from then on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dedupe.texts import Rows
from vault.objects.manifest import Attachment, Manifest
from vault.objects.not_duplicates import NAME, JudgedPair, decode_judged, encode_judged
from vault.objects.quarantine import Removal
from vault.objects.runs import RowKeys
from vault.store.object_store import ObjectStore

EXACT, NEAR, CONTAINED = "exact-duplicate", "near-duplicate", "contained"
DUPLICATE_REASONS = (EXACT, NEAR, CONTAINED)
"""Reasons of removals that name a keeper; restoring such an example judges the pair."""


def judged_pairs(store: ObjectStore, manifest: Manifest) -> frozenset[JudgedPair]:
    """Return the pairs that a dataset remembers. Raises Corrupt."""
    attached = manifest.attachments.get(NAME)
    return frozenset() if attached is None else decode_judged(store.get(attached.object))


def with_judged_pairs(
    store: ObjectStore, manifest: Manifest, pairs: Collection[JudgedPair]
) -> Manifest:
    """Return the manifest with more pairs remembered."""
    known = judged_pairs(store, manifest)
    if known.issuperset(pairs):
        return manifest
    attached = Attachment(store.put(encode_judged(known.union(pairs))))
    return replace(manifest, attachments={**manifest.attachments, NAME: attached})


def pairs_of_removals(removals: Iterable[Removal], restored: Collection[bytes]) -> set[JudgedPair]:
    """Return the pairs that restoring some examples judges, from why they were taken out."""
    pairs = set()
    for each in removals:
        if each.id in restored and each.reason in DUPLICATE_REASONS:
            try:
                keeper = bytes.fromhex(each.details()["keeper"])
            except (KeyError, TypeError, ValueError):
                continue
            if len(keeper) == len(each.id):
                pairs.add((each.id, keeper))
    return pairs


def judged_rows(
    dataset: Dataset, keys: RowKeys, pairs: Collection[JudgedPair]
) -> tuple[Rows, Rows]:
    """Return the rows of the pairs of which both examples are there: those that stay, the others.

    Costs reading all ids if there are pairs.
    """
    none = np.zeros(0, np.int64)
    if not pairs:
        return none, none
    wanted = {each for pair in pairs for each in pair}
    ids = ids_of(dataset.columns(keys, ["id"]))
    rows = {name: at for at, each in enumerate(ids) if (name := each.tobytes()) in wanted}
    there = [(rows[a], rows[b]) for a, b in sorted(pairs) if a in rows and b in rows]
    if not there:
        return none, none
    stays, others = np.array(there, np.int64).T
    return stays, others
