"""Parquet in memory: the one way in which objects are written as tables and read back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

UNREADABLE = (pa.ArrowException, OSError, LookupError, ValueError, TypeError, AttributeError)
"""What reading a damaged table, or a table of something else, may raise."""

_OPTIONS = {"compression": "zstd", "write_statistics": False, "store_schema": False}


def to_parquet(table: pa.Table, *, metadata: dict[bytes, bytes] | None = None, **how: Any) -> bytes:
    """Return the bytes of a table as one row group; `how` are options of pyarrow's writer."""
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, **{**_OPTIONS, **how}) as writer:
        if metadata:
            writer.add_key_value_metadata(metadata)
        writer.write_table(table, row_group_size=max(1, table.num_rows))
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_parquet(data: bytes, schema: pa.Schema, columns: Sequence[str] | None = None) -> pa.Table:
    """Return columns of a table (all unless named), each in one piece, as `schema` has them.

    Raises one of `UNREADABLE`, also when a column is missing or of another type, as in an object
    of another kind.
    """
    wanted = schema.names if columns is None else list(columns)
    file = pq.ParquetFile(pa.BufferReader(data))
    table: pa.Table = file.read(columns=wanted, use_threads=False).combine_chunks()
    found = dict(zip(table.schema.names, table.schema.types, strict=True))
    for name in wanted:
        if found.get(name) != schema.field(name).type:
            raise ValueError(f"its column {name} is missing or of another type")
    return table
