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
from vault.formats.files.parquet_expansion import DELTA, EXPANDING, expanded_bytes
from vault.formats.files.parquet_values import RowPlan, add_rows, measure, shown
from vault.formats.files.records import BlockBuilder, RecordTexts, too_long
from vault.formats.files.table_cells import CONVERSATION_COLUMNS
from vault.formats.layouts.chat import TOOL_FIELDS

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
    `parquet-damaged`, `parquet-unsupported` (a feature that Arrow cannot read), `parquet-columns`
    (two of the same name), `parquet-bomb` (a column chunk that would expand a hundredfold to more
    than memory should hold).
    """
    try:
        groups = _RowGroups(path)
        plan = _plan(groups.schema, path)
        builder = BlockBuilder(block_bytes)
        line = 0
        for group in range(groups.count):
            for batch in groups.batches(group):
                for part in _parts(batch, line, builder, block_bytes, max_record_bytes):
                    first, some_rows = part
                    add_rows(builder, some_rows, first, plan, max_record_bytes)
                    if builder.is_full:
                        yield builder.take(first + some_rows.num_rows)
                line += batch.num_rows
        if not builder.is_empty:
            yield builder.take(line)
    except pa.ArrowNotImplementedError as error:
        raise InvalidInput(
            f"{path} uses a feature of Parquet that cannot be read: {str(error).splitlines()[0]}",
            code="parquet-unsupported",
            hint="write it again without that feature, or as .jsonl",
        ) from None
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InvalidInput(
            f"{path} is damaged or no Parquet file: {str(error).splitlines()[0]}",
            code="parquet-damaged",
        ) from None


class _RowGroups:
    """The row groups of a file, each read in batches of bounded size.

    A column of texts stays a dictionary, so that a value repeated a million times is held once.
    Arrow cannot do that with delta encodings: a row group that has them in a column is read with
    that column decoded. DuckDB chooses the encoding anew for each row group.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        with pq.ParquetFile(path) as file:
            self._metadata = file.metadata
            self._columns = [file.schema.column(each) for each in range(len(file.schema))]
        self._files: dict[tuple[str, ...], Any] = {}
        self.count = self._metadata.num_row_groups
        texts = [each.path for each in self._columns if each.physical_type == "BYTE_ARRAY"]
        self.schema = self._file(tuple(texts)).schema_arrow

    def batches(self, group: int) -> Iterator[Any]:
        """Yield the batches of a row group; raises InvalidInput (`parquet-bomb`)."""
        about = self._metadata.row_group(group)
        chunks = [about.column(each) for each in range(about.num_columns)]
        texts = tuple(
            column.path
            for column, chunk in zip(self._columns, chunks, strict=True)
            if column.physical_type == "BYTE_ARRAY" and DELTA.isdisjoint(chunk.encodings)
        )
        rows = self._batch_rows(about.num_rows, chunks)
        yield from self._file(texts).iter_batches(rows, row_groups=[group], use_threads=False)

    def _file(self, texts: tuple[str, ...]) -> Any:
        if texts not in self._files:
            self._files[texts] = pq.ParquetFile(
                self._path,
                read_dictionary=texts,
                pre_buffer=False,
                buffer_size=1 << 20,
                page_checksum_verification=True,
                arrow_extensions_enabled=False,
            )
        return self._files[texts]

    def _batch_rows(self, rows: int, chunks: list[Any]) -> int:
        """Return how many rows make a batch of bounded size, by what the metadata says."""
        row_bytes = 1.0
        for column, chunk in zip(self._columns, chunks, strict=True):
            size, values = self._decoded_bytes(column, chunk), chunk.num_values
            expands = size > _BOMB_BYTES and size > _BOMB_RATIO * chunk.total_compressed_size
            repeats = values > rows and values > _BOMB_VALUES and values > 8 * size
            if expands or repeats:
                raise InvalidInput(
                    f"column {chunk.path_in_schema} of {self._path} expands to far more than "
                    "the file holds",
                    code="parquet-bomb",
                    hint="if the file is to be trusted, rewrite it with smaller row groups",
                )
            row_bytes += max(size, 8 * values) / max(rows, 1)
        return max(1, min(_BATCH_ROWS, int(_BATCH_BYTES / row_bytes)))

    def _decoded_bytes(self, column: Any, chunk: Any) -> int:
        size = int(chunk.total_uncompressed_size)
        is_text = column.physical_type in ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
        if not is_text or DELTA.isdisjoint(chunk.encodings):
            return size
        if EXPANDING.isdisjoint(chunk.encodings) and not chunk.has_dictionary_page:
            return size
        return expanded_bytes(self._path, chunk, column)


def _plan(schema: Any, path: str) -> RowPlan:
    if len(set(schema.names)) != len(schema.names):
        raise InvalidInput(f"{path} has two columns of the same name", code="parquet-columns")
    metadata = schema.metadata or {}
    texts = _text_columns(schema)
    # A text of tools is how trainers want it in Parquet, and is understood as it is.
    lists = frozenset() if JSON_COLUMNS in metadata else CONVERSATION_COLUMNS & texts - TOOL_FIELDS
    return RowPlan(
        _names(metadata.get(JSON_COLUMNS), path) & texts,
        _names(metadata.get(ABSENT_COLUMNS), path),
        lists,
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
