"""Where the examples of one dataset stand in another: the same row, or another of the same id."""

from __future__ import annotations

import numpy as np

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.id_index import NOWHERE, IdIndex
from vault.objects.runs import RowKeys


def places_of(dataset: Dataset, keys: RowKeys, rows: RowKeys) -> RowKeys:
    """Return for each row the key among `keys` of the same example, NOWHERE if there is none.

    `keys` are rows of the dataset, `rows` of any that was opened with the same chunk numbers. Ids
    are read only if some rows are not among the keys themselves.
    """
    result = np.full(len(rows), NOWHERE)
    if not len(rows) or not len(keys):
        return result
    ordered = np.sort(keys)
    at = np.minimum(np.searchsorted(ordered, rows), len(ordered) - 1)
    same = ordered[at] == rows
    result[same] = rows[same]
    others = np.flatnonzero(~same)
    if len(others):
        index = IdIndex()
        index.add(ids_of(dataset.columns(keys, ["id"])), keys)
        _, result[others] = index.find(ids_of(dataset.columns(rows[others], ["id"])))
    return result
