"""What a dataset becomes when read records meet it: pure arithmetic on row keys.

Each function takes the dataset's row keys in order and the keys of the records read (stored by
`ingest`, all distinct), and returns the new order. Nothing is read and nothing is stored, so a
writer that lost a race calls it again with the dataset as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vault.objects.runs import RowKeys, only_in


def appended(dataset: RowKeys, incoming: RowKeys) -> RowKeys:
    """Return the dataset followed by the incoming rows that it lacks."""
    return np.concatenate([dataset, incoming[only_in(incoming, dataset)]])


def source_replaced(dataset: RowKeys, of_source: NDArray[np.bool_], incoming: RowKeys) -> RowKeys:
    """Return the dataset with the rows of one source exchanged for the incoming ones.

    `of_source` marks the rows of the source. The incoming rows stand in their own order where the
    first of the source stood, at the end if it had none; rows of other sources keep their places,
    and an incoming row that stands there already is not listed twice.
    """
    others = dataset[~of_source]
    listed = incoming[only_in(incoming, others)]
    places = np.flatnonzero(of_source)
    before = int((~of_source)[: places[0]].sum()) if len(places) else len(others)
    return np.concatenate([others[:before], listed, others[before:]])


def rows_exchanged(dataset: RowKeys, exchanged: Mapping[int, int], incoming: RowKeys) -> RowKeys:
    """Return the dataset with single rows exchanged in place, then the other incoming rows.

    `exchanged` maps a row key of the dataset to the key of the row that takes its place.
    """
    result = dataset.copy()
    if exchanged:
        old = np.array(list(exchanged), np.uint64)
        new = np.array(list(exchanged.values()), np.uint64)
        order = np.argsort(old)
        place = np.minimum(np.searchsorted(old[order], dataset), len(old) - 1)
        hit = old[order][place] == dataset
        result[hit] = new[order][place[hit]]
    return appended(result, incoming)


def brought_back(dataset: RowKeys, origin: RowKeys, back: RowKeys) -> RowKeys:
    """Return the dataset with rows of an older one back where they stood there.

    `back` are rows of `origin` that the dataset lacks. Each comes to stand after the nearest row
    before it in `origin` that the dataset has, before the nearest one after it if there is none
    before, and at the end if the two share no row. n log n.
    """
    order = np.argsort(dataset, kind="stable")
    at = np.minimum(np.searchsorted(dataset[order], origin), max(0, len(dataset) - 1))
    shared = dataset[order][at] == origin if len(dataset) else np.zeros(len(origin), np.bool_)
    place = np.where(shared, order[at] if len(dataset) else at, -1)
    # For each row of the origin: the position in it of the last shared row up to there.
    last = np.maximum.accumulate(np.where(shared, np.arange(len(origin)), -1))
    first_shared = int(place[shared][0]) if shared.any() else len(dataset)
    after = np.where(last >= 0, place[last] + 1, first_shared)
    chosen = np.flatnonzero(np.isin(origin, back))
    return np.insert(dataset, after[chosen], origin[chosen])
