"""Changing labels of rows: the one place that writes label sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import label_set, labelled_rows, labels_of_rows
from vault.objects.digest import Digest
from vault.objects.label_set import Label, LabelSet, encode_labels
from vault.objects.manifest import Manifest
from vault.objects.runs import ROW_BITS, RowKeys, key_parts
from vault.store.object_store import ObjectStore

_ROW_MASK = (1 << ROW_BITS) - 1

LabelsByKey = Mapping[int, Mapping[str, Label]]
"""All labels of rows, by row key and name."""


def with_labels(dataset: Dataset, changes: Mapping[int, Mapping[str, Label | None]]) -> Manifest:
    """Return the manifest of a dataset after a change of labels; stores the label sets.

    `changes` maps row keys to the labels that change, by name: None takes a label off, and labels
    that are not named stay. Raises Corrupt.
    """
    known = labels_of_rows(dataset, np.array(list(changes), np.uint64))
    labels = {
        key: {
            name: label
            for name, label in {**known.get(key, {}), **own}.items()
            if label is not None
        }
        for key, own in changes.items()
    }
    return replace(dataset.manifest, labels=store_labels(dataset, dataset.keys(), labels))


def store_labels(
    dataset: Dataset, keys: RowKeys, labels: LabelsByKey | None = None
) -> dict[Digest, Digest]:
    """Store the labels of the rows `keys`, and return the label set of each chunk.

    Rows have the labels that they have in the dataset; `labels` replaces all labels of a row. A row
    that left takes its labels along: should the same record be imported again, it comes unlabelled.
    Sets in which nothing changed are not decoded beyond their row numbers. Raises Corrupt.
    """
    changed: dict[int, LabelSet] = {}
    for key, own in (labels or {}).items():
        changed.setdefault(key >> ROW_BITS, {})[key & _ROW_MASK] = dict(own)
    known = {dataset.numbers.number(chunk): each for chunk, each in dataset.manifest.labels.items()}
    if not known and not changed:
        return {}
    chunk, row = key_parts(np.sort(keys))
    numbers = [*known, *(each for each in changed if each not in known)]
    starts = np.searchsorted(chunk, numbers).tolist()
    ends = np.searchsorted(chunk, numbers, side="right").tolist()
    result = {}
    for number, start, end in zip(numbers, starts, ends, strict=True):
        stored = known.get(number)
        made = _stored_set(dataset.store, stored, changed.get(number, {}), row[start:end])
        if made is not None:
            result[dataset.numbers.digest(number)] = made
    return result


def _stored_set(
    store: ObjectStore, stored: Digest | None, changed: LabelSet, present: NDArray[np.int64]
) -> Digest | None:
    """Return the label set of the rows of a chunk that are present; None if none has a label."""
    if stored is not None and not changed:
        labelled = labelled_rows(store, stored)
        if len(labelled) and bool(np.isin(labelled, present).all()):
            return stored
    rows = {} if stored is None else label_set(store, stored)
    rows.update(changed)
    stays = set(present.tolist())
    kept = {at: own for at, own in rows.items() if own and at in stays}
    return store.put(encode_labels(kept)) if kept else None
