"""Records to Parquet such that reading the file gives them back: see `files.arrow.parquet_rows`.

Columns of mixed or nested values hold JSON texts, because an inferred struct would invent nulls
and mix types. Which they are, and where a null means an absent key, stands in the schema's
metadata. Imports pyarrow: import it on use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from vault.formats.files.arrow.batches import ABSENT_COLUMNS, JSON_COLUMNS
from vault.formats.files.columns import Column, ColumnPlan, ColumnType, no_columns, read_record
from vault.formats.limits import ROW_GROUP_BYTES
from vault.formats.writers.record_writer import Buffer, split_lines
from vault.objects.json.text import compact_bytes

_ARROW_TYPES = {
    ColumnType.STRING: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.FLOAT: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.JSON: pa.string(),
}


class ParquetWriter:
    """Writes Parquet (zstd), in row groups of about 32 MB of JSON."""

    def __init__(self, target: BinaryIO, plan: ColumnPlan) -> None:
        self._columns = plan.columns
        self._schema = _schema(plan)
        self._writer: Any = pq.ParquetWriter(
            target, self._schema, compression="zstd", write_page_checksum=True
        )
        self._rows: list[dict[str, Any]] = []
        self._row_bytes = 0

    def write(self, texts: Sequence[bytes]) -> None:
        """Write records."""
        if texts and not self._columns:
            raise no_columns()
        for text in texts:
            self._rows.append(read_record(text))
            self._row_bytes += len(text)
            if self._row_bytes >= ROW_GROUP_BYTES:
                self._write_group()

    def write_lines(self, lines: Buffer) -> None:
        """Write records that are joined to lines."""
        self.write(split_lines(lines))

    def close(self) -> None:
        """Finish the file."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        arrays = [
            pa.array(_values(column, self._rows), field.type)
            for column, field in zip(self._columns, self._schema, strict=True)
        ]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
        self._rows, self._row_bytes = [], 0


class StructWriter:
    """Writes Parquet (zstd) of plain columns by a schema, for trainers that read with pandas.

    pandas reads columns of Arrow's JSON type as text. A struct holds an object exactly only if all
    of its column have the same members: that is for whoever makes the records to see to. Members
    that the schema does not name are left out, and those that a record lacks are null.
    """

    def __init__(self, target: BinaryIO, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer: Any = pq.ParquetWriter(
            target, schema, compression="zstd", write_page_checksum=True
        )
        self._rows: list[dict[str, Any]] = []
        self._row_bytes = 0

    def write_lines(self, lines: Buffer) -> None:
        """Write records that are joined to lines."""
        for text in split_lines(lines):
            self._rows.append(read_record(text))
            self._row_bytes += len(text)
            if self._row_bytes >= ROW_GROUP_BYTES:
                self._write_group()

    def close(self) -> None:
        """Finish the file."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        table = pa.Table.from_pylist(self._rows, self._schema)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._rows, self._row_bytes = [], 0


def _schema(plan: ColumnPlan) -> Any:
    fields = [pa.field(column.name, _ARROW_TYPES[column.type]) for column in plan.columns]
    metadata = {
        JSON_COLUMNS: orjson.dumps(
            [column.name for column in plan.columns if column.type is ColumnType.JSON]
        ),
        ABSENT_COLUMNS: orjson.dumps([column.name for column in plan.columns if column.is_absent]),
    }
    return pa.schema(fields, metadata=metadata)


def _values(column: Column, rows: list[dict[str, Any]]) -> list[Any]:
    name = column.name
    if column.type is ColumnType.JSON:
        return [compact_bytes(row[name]).decode() if name in row else None for row in rows]
    return [row.get(name) for row in rows]
