"""Fingerprints of datasets: ids and labels read chunk by chunk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.labels import row_labels
from vault.objects.digest import ID_BYTES
from vault.objects.fingerprint import LabelTexts, fingerprint
from vault.objects.labels.label_combinations import fingerprinted
from vault.objects.runs import RowKeys


def fingerprint_of(dataset: Dataset) -> str:
    """Return the fingerprint of a dataset.

    Costs reading the ids of all chunks, and their label sets: 0.3 s for a million. Raises Corrupt.
    """
    ids = np.empty(dataset.manifest.examples, f"V{ID_BYTES}")
    keys = np.empty(len(ids), np.uint64)
    done = 0
    for rows, table in dataset.by_chunk(["id"]):
        ids[done : done + len(rows)] = ids_of(table)
        keys[done : done + len(rows)] = rows
        done += len(rows)
    return _fingerprint(dataset, keys, ids)


def fingerprint_of_rows(dataset: Dataset, keys: RowKeys) -> str:
    """Return the fingerprint of some rows of a dataset. Raises Corrupt."""
    return _fingerprint(dataset, keys, ids_of(dataset.columns(keys, ["id"])))


def _fingerprint(dataset: Dataset, keys: RowKeys, ids: NDArray[np.void]) -> str:
    if not dataset.manifest.labels:
        return fingerprint(ids)
    labels = row_labels(dataset, keys)
    return fingerprint(ids, LabelTexts(labels.place, fingerprinted(labels)))
