"""Which source the rows of a dataset belong to: where they were read, unless adopted since."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.objects.adoption import Adoption, decode_adoptions
from vault.objects.runs import RowKeys, Runs
from vault.operations.dataset import Dataset


def rows_of_source(dataset: Dataset, keys: RowKeys, source: str) -> NDArray[np.bool_]:
    """Tell for each row whether it belongs to a source. Costs reading the sources of its chunks."""
    own = _read_from(dataset, keys, source)
    if dataset.manifest.adopted is None:
        return own
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    for each in decode_adoptions(dataset.store.get(dataset.manifest.adopted)):
        start = np.uint64(dataset.numbers.number(each.chunk)) << np.uint64(32)
        first = np.searchsorted(ordered, start + np.uint64(each.first))
        last = np.searchsorted(ordered, start + np.uint64(each.first + each.rows))
        own[order[first:last]] = each.source == source
    return own


def adoptions_by(dataset: Dataset, keys: RowKeys, source: str) -> list[Adoption]:
    """Return the adoptions by which these rows belong to a source: of those read from another."""
    foreign = np.sort(keys[~_read_from(dataset, keys, source)])
    return [
        Adoption(chunk, first, rows, source)
        for chunk, first, rows in Runs.from_keys(dataset.numbers, foreign).triples()
    ]


def _read_from(dataset: Dataset, keys: RowKeys, source: str) -> NDArray[np.bool_]:
    table: pa.Table = dataset.columns(keys, ["source"])
    return np.array(pc.equal(table.column("source"), source).to_numpy(), np.bool_)

