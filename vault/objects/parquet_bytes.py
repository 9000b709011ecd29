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


def from_parquet(data: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Return columns of a table (all unless named), each in one piece. Raises `UNREADABLE`."""
    file = pq.ParquetFile(pa.BufferReader(data))
    wanted = None if columns is None else list(columns)
    table: pa.Table = file.read(columns=wanted, use_threads=False).combine_chunks()
    return table
