"""What a dataset becomes when rows leave it, come back or are exchanged: its next manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.dataset.changing.row_order import appended, brought_back, rows_exchanged
from vault.dataset.changing.write_labels import LabelsByKey, entries_of, store_labels
from vault.dataset.reading.dataset import Dataset, ids_of, store_pages
from vault.dataset.reading.labels import labels_of_rows
from vault.dataset.reading.removals import removals_for, with_removals, without_removals
from vault.dataset.reading.sources import Claims, adopted_after, source_of_each
from vault.objects.manifest import Manifest
from vault.objects.quarantine import Removal
from vault.objects.runs import RowKeys, Runs, in_both, only_in
from vault.session.context import Context

_NONE = np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True)
class Edit:
    """What happens to a dataset, in row keys of one table of chunk numbers.

    `out` leave. `exchanged` maps a row to the one that takes its place, and `back` come back to
    where they stood: both rows of the dataset `origin`, with the labels and the source that they
    have there. `added` come at the end, as they were first read. `labels` replaces all labels of
    other rows, by row key.
    """

    origin: Dataset
    out: RowKeys = field(default_factory=_NONE.copy)
    exchanged: Mapping[int, int] = field(default_factory=dict)
    back: RowKeys = field(default_factory=_NONE.copy)
    added: RowKeys = field(default_factory=_NONE.copy)
    labels: LabelsByKey = field(default_factory=dict)


def rearranged(
    dataset: Dataset,
    keys: RowKeys,
    arranged: RowKeys,
    *,
    claims: Claims = (),
    labels: LabelsByKey | None = None,
) -> Manifest:
    """Return the manifest of a dataset whose rows `keys` became `arranged`; stores its parts.

    `claims` says to whom rows belong that came, where that is not whom they were read from;
    `labels` replaces all labels of a row, by row key; other rows keep those of the dataset.
    Removals, quarantine, sources and attachments stay.
    """
    said = {} if labels is None else labels
    replaced = in_both(np.array(list(said), np.uint64), arranged)
    by = entries_of({key: said[key] for key in replaced.tolist()})
    return replace(
        dataset.manifest,
        pages=store_pages(dataset.store, Runs.from_keys(dataset.numbers, arranged)),
        adopted=adopted_after(dataset, keys, arranged, claims),
        labels=store_labels(dataset, arranged, replaced, by),
    )


def exchanged_in_place(
    dataset: Dataset,
    keys: RowKeys,
    exchanged: Mapping[int, int],
    labels: LabelsByKey,
    *,
    out: RowKeys = _NONE,
) -> Manifest:
    """Return the manifest of a dataset (of rows `keys`) with new rows in the place of some.

    `exchanged` maps a row to the one that takes its place, and belongs to its source from then on.
    `labels` has all labels of the new rows, by row key. The rows `out` leave. Stores the parts of
    the manifest; its removals stay.
    """
    arranged = rows_exchanged(keys, exchanged, _NONE)
    arranged = arranged[only_in(arranged, out)]
    old = np.array(list(exchanged), np.uint64)
    claims = _claims(dataset, old, np.array(list(exchanged.values()), np.uint64))
    return rearranged(dataset, keys, arranged, claims=claims, labels=labels)


def taken_out(
    context: Context,
    dataset: Dataset,
    keys: RowKeys,
    rows: RowKeys,
    reasons: Mapping[str, NDArray[np.bool_]],
    details: Sequence[Mapping[str, Any]],
) -> Manifest:
    """Return the manifest of a dataset (of rows `keys`) without some rows, and with why they left.

    `reasons` says of each reason for which of the rows it holds; `details` belong to each of them.
    """
    removals: list[Removal] = []
    for reason, chosen in reasons.items():
        own = [each for each, is_own in zip(details, chosen.tolist(), strict=True) if is_own]
        removals += removals_for(context, dataset, rows[chosen], reason, details=own)
    manifest = rearranged(dataset, keys, keys[only_in(keys, rows)])
    return with_removals(dataset.store, manifest, removals)


def edited(dataset: Dataset, keys: RowKeys, edit: Edit) -> Manifest:
    """Return the manifest of a dataset (of rows `keys`) after an edit.

    What comes back is no longer among the removals. None of the rows that come may be there
    already, in any chunk.
    """
    arranged = rows_exchanged(keys, edit.exchanged, _NONE)
    arranged = arranged[only_in(arranged, edit.out)]
    arranged = brought_back(arranged, edit.origin.keys(), edit.back)
    arranged = appended(arranged, edit.added)
    came = np.concatenate([np.array(list(edit.exchanged.values()), np.uint64), edit.back])
    theirs = labels_of_rows(edit.origin, came)
    labels = {**edit.labels, **{key: theirs.get(key, {}) for key in came.tolist()}}
    claims = _claims(edit.origin, came, came)
    manifest = rearranged(dataset, keys, arranged, claims=claims, labels=labels)
    manifest = replace(manifest, sources=_sources(manifest, edit.origin, claims))
    if not manifest.removals:
        return manifest
    every = np.concatenate([came, edit.added])
    ids = {each.tobytes() for each in ids_of(dataset.columns(every, ["id"]))}
    return without_removals(dataset.store, manifest, ids)


def _claims(origin: Dataset, rows_there: RowKeys, came: RowKeys) -> Claims:
    """Return the rows that came by the sources of the rows that they stand for."""
    rows: dict[str, list[int]] = {}
    for source, row in zip(source_of_each(origin, rows_there), came.tolist(), strict=True):
        rows.setdefault(source, []).append(row)
    return [(source, np.array(each, np.uint64)) for source, each in rows.items()]


def _sources(
    manifest: Manifest, origin: Dataset, claims: Claims
) -> dict[str, Mapping[str, object]]:
    """Return how each source is read, those that came with the rows included."""
    known = origin.manifest.sources
    came = {source: known[source] for source, _ in claims if source in known}
    return {**came, **manifest.sources}
