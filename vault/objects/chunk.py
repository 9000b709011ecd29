"""Chunks: up to 32,768 examples as two Parquet objects, the columns and the records.

The *records* object holds one column, `data`: the JSON text of each record as it was imported.
The *chunk* object holds everything that is looked up, filtered and compared, a seventh of the
size, and names its records object. Whole-object digests therefore protect reading the small part
alone (docs/decisions/0002-records-apart.md). Knows nothing of stores, manifests or formats.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from vault.errors import Corrupt
from vault.objects.chunk_parts import ObjectPart, read_part
from vault.objects.chunk_rows import ChunkRows
from vault.objects.conversation import DERIVATION
from vault.objects.digest import ID_BYTES, Digest, is_digest
from vault.objects.parquet_bytes import UNREADABLE, from_parquet, to_parquet, whole_column

MAX_EXAMPLES = 32_768
"""Examples in a chunk, at most."""

MAX_RECORD_BYTES = 8 << 20
"""Bytes of JSON after which a chunk is full; a single longer record makes a chunk of its own."""

ROWS_PER_GROUP = 1_024
"""Rows of a row group of a records object, at most: what is decoded for the sake of one row.

A chunk object is one row group: its columns are read as a whole, which a dozen dictionaries in the
place of one would make three times as long (docs/decisions/0019)."""

_METADATA_KEY = b"vault.chunk"
_ZSTD_LEVEL = 3
_PAGE_BYTES = 8 << 20

CHUNK_SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(ID_BYTES), nullable=False),
        pa.field("content_id", pa.uint64()),
        pa.field("prompt_id", pa.uint64()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("fields", pa.string()),
        pa.field("turns", pa.uint32(), nullable=False),
        pa.field("chars", pa.uint32(), nullable=False),
        pa.field("tokens", pa.uint32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("line", pa.uint64(), nullable=False),
        pa.field("round", pa.string()),
        pa.field("origin", pa.string()),
    ]
)
"""Columns of a chunk object; `fields` and `origin` are JSON texts, `line` counts from 1."""

DERIVED = frozenset({"content_id", "prompt_id", "kind", "fields", "turns", "chars", "tokens"})
"""The columns that follow from the records, by the rules of a derivation."""

_DERIVED_SCHEMA = pa.schema([each for each in CHUNK_SCHEMA if each.name in DERIVED])

OPTIONAL_SCHEMA = pa.schema(
    [
        pa.field("run", pa.string()),
        pa.field("model", pa.string()),
        pa.field("request", pa.uint32()),
    ]
)
"""Columns that a chunk object has only if a row has a value there: what a model run made."""

_OF_RUNS = frozenset({"origin", *OPTIONAL_SCHEMA.names})

RECORDS_SCHEMA = pa.schema([pa.field("data", pa.string(), nullable=False)])
"""The one column of a records object."""

_ENCODINGS = {
    "id": "PLAIN",
    "content_id": "PLAIN",
    "prompt_id": "PLAIN",
    "turns": "DELTA_BINARY_PACKED",
    "chars": "DELTA_BINARY_PACKED",
    "tokens": "DELTA_BINARY_PACKED",
    "line": "DELTA_BINARY_PACKED",
}
_DICTIONARIES = ["kind", "fields", "source", "round", "run", "model"]


Rows = NDArray[np.int64]
"""Rows of a chunk, ascending."""


@dataclass(frozen=True, slots=True)
class ChunkFacts:
    """What a chunk says of itself besides its rows.

    `mappings` has the field of each role for every source that was read by a mapping, so that a
    later derivation can be made from the chunk alone. `parts` tile the records object; () in chunks
    of 0.1.
    """

    records: Digest
    examples: int
    derivation: int
    mappings: dict[str, dict[str, str]]
    parts: tuple[ObjectPart, ...] = ()


def encode_records(texts: list[bytes]) -> bytes:
    """Return the bytes of the records object of some JSON texts; 60 ms for 16 MB on one core.

    Empties the list, so that its texts are free while the rest is built.
    """
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    offsets = np.concatenate([np.zeros(1, np.int32), ends.astype(np.int32)])
    joined = pa.py_buffer(b"".join(texts))
    column = pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(offsets.tobytes()), joined]
    )
    texts.clear()
    return to_parquet(
        pa.Table.from_arrays([column], schema=RECORDS_SCHEMA),
        rows_per_group=ROWS_PER_GROUP,
        compression_level=_ZSTD_LEVEL,
        use_dictionary=False,
        data_page_size=_PAGE_BYTES,
    )


def encode_chunk(
    rows: ChunkRows, records: Digest, readers: dict[str, Any], parts: Sequence[ObjectPart] = ()
) -> bytes:
    """Return the bytes of the chunk object of some rows whose records object is `records`.

    `readers` has `{"map": {role: field}}` for every source that was read by a mapping. `parts` are
    those of the records object (`parts_of`).
    """
    facts = {
        "derivation": DERIVATION,
        "examples": len(rows),
        "parts": parts,
        "readers": readers,
        "records": records,
        "version": 1,
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    made = any(each is not None for each in rows.made)
    schema = pa.unify_schemas([CHUNK_SCHEMA, OPTIONAL_SCHEMA]) if made else CHUNK_SCHEMA
    return _encoded(rows, schema, {_METADATA_KEY: text.encode()})


def encode_derived(rows: ChunkRows) -> bytes:
    """Return the bytes of a table of the DERIVED columns of some rows, for `decode_derived`."""
    return _encoded(rows, _DERIVED_SCHEMA)


def _encoded(
    rows: ChunkRows, schema: pa.Schema, metadata: dict[bytes, bytes] | None = None
) -> bytes:
    return to_parquet(
        pa.Table.from_arrays([_column(rows, entry) for entry in schema], schema=schema),
        metadata=metadata,
        compression={name: _codec(name) for name in schema.names},
        use_dictionary=[name for name in _DICTIONARIES if name in schema.names],
        column_encoding={name: _ENCODINGS[name] for name in _ENCODINGS if name in schema.names},
        data_page_size=_PAGE_BYTES,
    )


def _codec(name: str) -> str:
    # Hash values do not compress; trying costs time and makes them longer.
    return "none" if name in ("id", "content_id", "prompt_id") else "zstd"


def _column(rows: ChunkRows, entry: pa.Field) -> pa.Array:
    name = entry.name
    if name == "id":
        size = pa.py_buffer(bytes(rows.ids))
        return pa.Array.from_buffers(entry.type, len(rows), [None, size])
    if name in ("content_id", "prompt_id"):
        flags = rows.has_content if name == "content_id" else rows.has_prompt
        missing = np.logical_not(np.frombuffer(flags, np.bool_))
        return pa.array(_numbers(getattr(rows, name)), entry.type, mask=missing)
    if name in _OF_RUNS:
        return pa.array([each and getattr(each, name) for each in rows.made], entry.type)
    values = getattr(rows, name)
    if name == "fields":
        return pa.array(values, pa.binary()).view(pa.string())
    return pa.array(_numbers(values) if isinstance(values, array) else values, entry.type)


def _numbers(column: array[int]) -> NDArray[np.unsignedinteger[Any]]:
    return np.frombuffer(column, column.typecode)


def decode_facts(data: bytes) -> ChunkFacts:
    """Return what a chunk object says of itself. Raises Corrupt (`chunk-unreadable`)."""
    try:
        metadata = pq.read_metadata(pa.BufferReader(data))
        facts = json.loads((metadata.metadata or {})[_METADATA_KEY])
        mappings, records = _mappings(facts["readers"]), facts["records"]
        examples, derivation = int(facts["examples"]), int(facts["derivation"])
        parts = tuple(map(read_part, facts.get("parts", ())))
    except UNREADABLE as error:
        raise _unreadable(error) from None
    if not is_digest(records) or examples != metadata.num_rows:
        raise _unreadable("its row count or records digest is wrong")
    return ChunkFacts(Digest(records), examples, derivation, mappings, parts)


def _mappings(readers: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    read = {source: reader.get("map") for source, reader in readers.items()}
    mappings = {source: mapping for source, mapping in read.items() if mapping is not None}
    if not all(type(each) is str for mapping in mappings.values() for each in mapping.values()):
        raise ValueError("a mapping names a field that is no text")
    return mappings


def decode_chunk(
    data: bytes,
    columns: Sequence[str] | None = None,
    *,
    as_dictionaries: bool = False,
    rows: Rows | None = None,
) -> pa.Table:
    """Return columns of a chunk object (all of `CHUNK_SCHEMA` unless named), in row order.

    With `as_dictionaries`, columns of few values, such as `source`, hold each of them once.
    `rows` are ascending; all unless they are given. Raises Corrupt.
    """
    wanted = CHUNK_SCHEMA.names if columns is None else columns
    dictionaries = [name for name in _DICTIONARIES if name in wanted] if as_dictionaries else ()
    return _read(data, CHUNK_SCHEMA, wanted, dictionaries, rows)


def decode_derived(
    data: bytes,
    examples: int,
    columns: Sequence[str],
    *,
    as_dictionaries: bool = False,
    rows: Rows | None = None,
) -> pa.Table:
    """Return some of the columns that `encode_derived` wrote, as `decode_chunk` does.

    Raises Corrupt, also unless all DERIVED columns are there, with as many rows as `examples`.
    """
    try:
        found = pq.read_metadata(pa.BufferReader(data))
        # What is required in the schema holds no null.
        if found.num_rows != examples or found.schema.to_arrow_schema() != _DERIVED_SCHEMA:
            raise ValueError("its rows or columns are not those of its chunk")
    except UNREADABLE as error:
        raise _unreadable(error) from None
    return decode_chunk(data, columns, as_dictionaries=as_dictionaries, rows=rows)


def decode_run_columns(data: bytes, rows: Rows | None = None) -> pa.Table:
    """Return the columns of `OPTIONAL_SCHEMA`, null where the chunk has none. Raises Corrupt."""
    try:
        there = pq.read_schema(pa.BufferReader(data)).names
    except UNREADABLE as error:
        raise _unreadable(error) from None
    stored = [name for name in OPTIONAL_SCHEMA.names if name in there]
    schema = pa.unify_schemas([CHUNK_SCHEMA, OPTIONAL_SCHEMA])
    # `line` is in every chunk, and tells how many rows there are.
    table = _read(data, schema, ["line", *stored], (), rows)
    columns = [
        whole_column(table, name) if name in stored else pa.nulls(table.num_rows, each.type)
        for name, each in zip(OPTIONAL_SCHEMA.names, OPTIONAL_SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=OPTIONAL_SCHEMA)


def decode_records(data: bytes, rows: Rows | None = None) -> pa.Array:
    """Return the JSON texts of a records object as one string array, or those of some rows.

    Of `rows`, which are ascending, only their row groups are decoded. Raises Corrupt.
    """
    return whole_column(_read(data, RECORDS_SCHEMA, None, (), rows), "data")


def _read(
    data: bytes,
    schema: pa.Schema,
    columns: Sequence[str] | None,
    dictionaries: Sequence[str],
    rows: Rows | None,
) -> pa.Table:
    try:
        return from_parquet(data, schema, columns, as_dictionaries=dictionaries, rows=rows)
    except UNREADABLE as error:
        raise _unreadable(error) from None


def _unreadable(reason: object) -> Corrupt:
    return Corrupt(
        f"a chunk cannot be read: {reason}",
        code="chunk-unreadable",
        hint="`vault fsck` tells which objects are damaged",
    )
