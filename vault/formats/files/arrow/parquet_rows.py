"""Parquet to blocks of record texts, in memory bounded whatever the file says of itself.

Each row is a record with every column as a key. A null stays a null, also where a writer put it to
make structs alike: what was absent before the file was written cannot be told from it. Times and
dates become ISO 8601 texts, decimals texts, maps objects. A Parquet file that vault wrote gives
back the records that it was written from: its metadata says which columns hold JSON texts, and
where a null means that the key is absent. Imports pyarrow: import it on use.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vault.errors import InvalidInput
from vault.formats.files.arrow.batches import batch_blocks, plan_of
from vault.formats.files.arrow.parquet_expansion import DELTA, EXPANDING, expanded_bytes
from vault.formats.files.inputs import Binary
from vault.formats.files.records import RecordTexts

_BATCH_BYTES = 16 << 20
_BATCH_ROWS = 8192
_BOMB_BYTES = 128 << 20
_BOMB_RATIO = 100
_BOMB_VALUES = 32 << 20


def parquet_blocks(
    path: str, *, block_bytes: int, max_record_bytes: int, binary: Binary = Binary.REFUSED
) -> Iterator[RecordTexts]:
    """Yield the rows of a Parquet file as records, numbered by their place in the file.

    Rows are refused as `not-finite` (NaN, Infinity), `binary-value`, `invalid-utf8`,
    `duplicate-key` (in a map), `unsupported-value` and `too-long`. Raises InvalidInput:
    `parquet-damaged`, `parquet-unsupported` (a feature that Arrow cannot read), `parquet-columns`
    (two of the same name), `parquet-bomb` (a column chunk that would expand a hundredfold to more
    than memory should hold).
    """
    try:
        groups = _RowGroups(path)
        plan = plan_of(groups.schema, path, binary)
        batches = chain.from_iterable(map(groups.batches, range(groups.count)))
        yield from batch_blocks(
            batches, plan, block_bytes=block_bytes, max_record_bytes=max_record_bytes
        )
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
