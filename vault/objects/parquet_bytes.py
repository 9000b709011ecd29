"""Parquet in memory: the one way in which objects are written as tables and read back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from vault.objects.json.stored import MALFORMED

UNREADABLE = (pa.ArrowException, OSError, *MALFORMED)
"""What reading a damaged table, or a table of something else, may raise."""

_OPTIONS = {"compression": "zstd", "write_statistics": False, "store_schema": False}


def to_parquet(
    table: pa.Table,
    *,
    metadata: dict[bytes, bytes] | None = None,
    rows_per_group: int | None = None,
    **how: Any,
) -> bytes:
    """Return the bytes of a table, as one row group unless a row group has fewer rows.

    `how` are options of pyarrow's writer.
    """
    size = rows_per_group or max(1, table.num_rows)
    return _written([table], table.schema, metadata, size, how)


def groups_to_parquet(
    groups: Iterable[pa.Table],
    schema: pa.Schema,
    *,
    metadata: dict[bytes, bytes] | None = None,
    **how: Any,
) -> bytes:
    """Return the bytes of tables one below the other, each a row group; they are taken one by one.

    `how` are options of pyarrow's writer.
    """
    return _written(groups, schema, metadata, None, how)


def _written(
    tables: Iterable[pa.Table],
    schema: pa.Schema,
    metadata: dict[bytes, bytes] | None,
    rows_per_group: int | None,
    how: dict[str, Any],
) -> bytes:
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, **{**_OPTIONS, **how}) as writer:
        if metadata:
            writer.add_key_value_metadata(metadata)
        for table in tables:
            writer.write_table(table, row_group_size=rows_per_group or max(1, table.num_rows))
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_parquet(
    data: bytes,
    schema: pa.Schema,
    columns: Sequence[str] | None = None,
    *,
    as_dictionaries: Sequence[str] = (),
    rows: NDArray[np.int64] | None = None,
) -> pa.Table:
    """Return columns of a table (all unless named), each in one piece, as `schema` has them.

    Of `rows`, which are ascending, only the row groups that they lie in are decoded.

    Columns of `as_dictionaries` come as dictionaries of the type that `schema` says: where few
    distinct values are stored, they are not copied for each row.

    Raises one of `UNREADABLE`, also when a column is missing or of another type, as in an object
    of another kind.
    """
    wanted = schema.names if columns is None else list(columns)
    file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=list(as_dictionaries))
    table = _read(file, wanted, rows)
    found = dict(zip(table.schema.names, table.schema.types, strict=True))
    for name in wanted:
        type_ = found.get(name)
        if type_ is not None and name in as_dictionaries and pa.types.is_dictionary(type_):
            type_ = type_.value_type
        if type_ != schema.field(name).type:
            raise ValueError(f"its column {name} is missing or of another type")
    return table


def _read(file: pq.ParquetFile, columns: list[str], rows: NDArray[np.int64] | None) -> pa.Table:
    if rows is None:
        return _in_one_piece(file.read(columns=columns, use_threads=False))
    groups = range(file.metadata.num_row_groups)
    counts = np.array([file.metadata.row_group(each).num_rows for each in groups], np.int64)
    ends = np.cumsum(counts)
    group = np.searchsorted(ends, rows, side="right")
    read = np.unique(group)
    if len(read) and int(read[-1]) == len(counts):
        raise ValueError(f"it has no row {int(rows[-1])}")
    table = file.read_row_groups(read.tolist(), columns=columns, use_threads=False)
    # What was read of the groups before stands in the place of all rows before.
    before = (np.cumsum(counts[read]) - counts[read])[np.searchsorted(read, group)]
    places = rows - (ends - counts)[group] + before
    if len(places) == table.num_rows and bool((np.diff(places) == 1).all()):
        return _in_one_piece(table)
    if bool((np.diff(places) == 1).all()):
        return table.slice(int(places[0]) if len(places) else 0, len(places)).combine_chunks()
    return table.combine_chunks().take(pa.array(places))


def _in_one_piece(table: pa.Table) -> pa.Table:
    # Combining copies even a single piece: 3 ms for the texts of a chunk.
    is_whole = all(column.num_chunks == 1 for column in table.columns)
    return table if is_whole else table.combine_chunks()


def whole_column(table: pa.Table, name: str) -> pa.Array:
    """Return a column as one array, without copying it where it is one already."""
    column = table.column(name)
    # Combining copies even a single piece: 20 ms for the texts of a chunk.
    array: pa.Array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return array
