"""Parquet to blocks of record texts, in memory bounded whatever the file says of itself.

Each row is a record with every column as a key. A null stays a null, also where a writer put it to
make structs alike: what was absent before the file was written cannot be told from it. Times and
dates become ISO 8601 texts, decimals texts, maps objects. A Parquet file that vault wrote gives
back the records that it was written from: its metadata says which columns hold JSON texts, and
where a null means that the key is absent. Imports pyarrow: import it on use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from vault.errors import InvalidInput
from vault.formats.parquet_values import RowPlan, add_rows, measure, shown
from vault.formats.records import BlockBuilder, RecordTexts, too_long

JSON_COLUMNS = b"vault.json_columns"
"""Schema metadata: a JSON list of the columns whose strings are JSON texts."""

ABSENT_COLUMNS = b"vault.absent_columns"
"""Schema metadata: a JSON list of the columns in which null means that the key is absent."""

_BATCH_BYTES = 16 << 20
_BATCH_ROWS = 8192
_BOMB_BYTES = 128 << 20
_BOMB_RATIO = 100
_BOMB_VALUES = 32 << 20


def parquet_blocks(path: str, *, block_bytes: int, max_record_bytes: int) -> Iterator[RecordTexts]:
    """Yield the rows of a Parquet file as records, numbered by their place in the file.

    Rows are refused as `not-finite` (NaN, Infinity), `binary-value`, `invalid-utf8`,
    `duplicate-key` (in a map), `unsupported-value` and `too-long`. Raises InvalidInput:
    `parquet-damaged`, `parquet-columns` (two of the same name), `parquet-bomb` (a column chunk
    that would expand a hundredfold to more than memory should hold).
    """
    try:
        file = _open(path)
        plan = _plan(file.schema_arrow, path)
        builder = BlockBuilder(block_bytes)
        line = 0
        for group in range(file.metadata.num_row_groups):
            rows = _batch_rows(file.metadata.row_group(group), path)
            for batch in file.iter_batches(rows, row_groups=[group], use_threads=False):
                for part in _parts(batch, line, builder, block_bytes, max_record_bytes):
                    first, some_rows = part
                    add_rows(builder, some_rows, first, plan, max_record_bytes)
                    if builder.is_full:
                        yield builder.take(first + some_rows.num_rows)
                line += batch.num_rows
        if not builder.is_empty:
            yield builder.take(line)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InvalidInput(
            f"{path} is damaged or no Parquet file: {str(error).splitlines()[0]}",
            code="parquet-damaged",
        ) from None


def _open(path: str) -> Any:
    # Dictionaries stay dictionaries, so that a value repeated a million times is held once.
    with pq.ParquetFile(path) as file:
        columns = file.schema
        texts = [
            columns.column(number).path
            for number in range(len(columns))
            if columns.column(number).physical_type == "BYTE_ARRAY"
        ]
    return pq.ParquetFile(
        path,
        read_dictionary=texts,
        pre_buffer=False,
        buffer_size=1 << 20,
        page_checksum_verification=True,
        arrow_extensions_enabled=False,
    )


def _plan(schema: Any, path: str) -> RowPlan:
    if len(set(schema.names)) != len(schema.names):
        raise InvalidInput(f"{path} has two columns of the same name", code="parquet-columns")
    metadata = schema.metadata or {}
    return RowPlan(
        _names(metadata.get(JSON_COLUMNS), path) & _text_columns(schema),
        _names(metadata.get(ABSENT_COLUMNS), path),
    )


def _names(text: bytes | None, path: str) -> frozenset[str]:
    if text is None:
        return frozenset()
    try:
        return frozenset(map(str, orjson.loads(text)))
    except (orjson.JSONDecodeError, TypeError):
        raise InvalidInput(
            f"the vault metadata of {path} is not a list of columns", code="parquet-damaged"
        ) from None


def _text_columns(schema: Any) -> frozenset[str]:
    names = set()
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            names.add(field.name)
    return frozenset(names)


def _batch_rows(group: Any, path: str) -> int:
    # How many rows of a row group make a batch of bounded size, by what its metadata says.
    row_bytes = 1.0
    for number in range(group.num_columns):
        column = group.column(number)
        size, values = column.total_uncompressed_size, column.num_values
        expands = size > _BOMB_BYTES and size > _BOMB_RATIO * column.total_compressed_size
        repeats = values > group.num_rows and values > _BOMB_VALUES and values > 8 * size
        if expands or repeats:
            raise InvalidInput(
                f"column {column.path_in_schema} of {path} expands to far more than the file holds",
                code="parquet-bomb",
                hint="if the file is to be trusted, rewrite it with smaller row groups",
            )
        row_bytes += max(size, 8 * values) / max(group.num_rows, 1)
    return max(1, min(_BATCH_ROWS, int(_BATCH_BYTES / row_bytes)))


def _parts(
    batch: Any, line: int, builder: BlockBuilder, block_bytes: int, limit: int
) -> Iterator[tuple[int, Any]]:
    # Refuses the rows that cannot be records, and yields the others in groups whose Python
    # objects fit into memory, each with its first line.
    sizes = np.full(batch.num_rows, 2)
    refused = np.zeros(batch.num_rows, np.bool_)
    for column in batch.columns:
        column_sizes, flags = measure(column)
        sizes += column_sizes + 8
        if flags is not None:
            refused |= flags
    too_large = sizes > limit
    refused |= too_large
    start = 0
    while start < batch.num_rows:
        if refused[start]:
            if too_large[start]:
                builder.refuse(line + start, "too-long", too_long(limit), b"")
            else:
                reason = "a number is NaN or infinite, which JSON cannot hold"
                builder.refuse(line + start, "not-finite", reason, shown(batch.slice(start, 1)))
            start += 1
            continue
        end = _part_end(sizes, refused, start, block_bytes)
        yield line + start, batch.slice(start, end - start)
        start = end


def _part_end(sizes: Any, refused: Any, start: int, block_bytes: int) -> int:
    running = np.cumsum(sizes[start:])
    fitting = int(np.searchsorted(running, block_bytes, side="right"))
    stop = start + max(fitting, 1)
    hindrances = np.flatnonzero(refused[start:stop])
    return start + int(hindrances[0]) if hindrances.size else stop
