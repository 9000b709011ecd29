"""Examples as the tables that other libraries take: Arrow, pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.examples import COLUMNS, arrow_batches
from vault.objects.json.record import read_record
from vault.objects.runs import RowKeys
from vault.session.optional_library import optional_library

if TYPE_CHECKING:
    import pandas as pd


def arrow_table(dataset: Dataset, keys: RowKeys) -> pa.Table:
    """Return the examples of rows as a table of COLUMNS, in the order of `keys`. Raises Corrupt."""
    return pa.Table.from_batches(arrow_batches(dataset, keys), COLUMNS)


def pandas_frame(dataset: Dataset, keys: RowKeys) -> pd.DataFrame:
    """Return the same as a pandas DataFrame, with `data` and `labels` as dicts.

    Raises InvalidInput (`library-missing`), Corrupt.
    """
    pandas = optional_library("pandas", install="pip install pandas")
    table = arrow_table(dataset, keys)
    columns = {
        name: _values(table.column(name)) if name in ("data", "labels") else table.column(name)
        for name in COLUMNS.names
    }
    return pandas.DataFrame(
        {
            name: each.to_pandas() if isinstance(each, pa.ChunkedArray) else each
            for name, each in columns.items()
        }
    )


def _values(texts: pa.ChunkedArray) -> list[Any]:
    return [read_record(each) for each in texts.cast(pa.binary()).to_pylist()]
