"""Chunks: up to 32,768 examples as two Parquet objects, the columns and the records.

The *records* object holds one column, `data`: the JSON text of each record as it was imported.
The *chunk* object holds everything that is looked up, filtered and compared, a seventh of the
size, and names its records object. Whole-object digests therefore protect reading the small part
alone (docs/decisions/0002-records-apart.md). Knows nothing of stores, manifests or formats.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vault.errors import Corrupt
from vault.objects.conversation import DERIVATION
from vault.objects.digest import ID_BYTES, Digest, is_digest

MAX_EXAMPLES = 32_768
"""Examples in a chunk, at most."""

MAX_RECORD_BYTES = 16 << 20
"""Bytes of JSON after which a chunk is full; a single longer record makes a chunk of its own."""

_METADATA_KEY = b"vault.chunk"
_ZSTD_LEVEL = 4
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
_DICTIONARIES = ["kind", "fields", "source", "round"]


@dataclass(slots=True)
class ChunkRows:
    """Rows on their way into a chunk, column by column; `data` apart. Grows while importing."""

    data: list[bytes] = field(default_factory=list)
    id: list[bytes] = field(default_factory=list)
    content_id: list[int | None] = field(default_factory=list)
    prompt_id: list[int | None] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    fields: list[bytes | None] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    chars: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    round: list[str | None] = field(default_factory=list)
    origin: list[str | None] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.id)


@dataclass(frozen=True, slots=True)
class ChunkFacts:
    """What a chunk says of itself besides its rows.

    `readers` maps a source to how its records were read (`{"map": {role: field}}` where fields
    were mapped), so that a later derivation can be made from the chunk alone.
    """

    records: Digest
    examples: int
    derivation: int
    readers: dict[str, Any]


def encode_records(rows: ChunkRows) -> bytes:
    """Return the bytes of the records object of some rows; 20 ms for 16 MB on one core."""
    column = pa.array(rows.data, pa.binary()).view(pa.string())
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.Table.from_arrays([column], schema=RECORDS_SCHEMA),
        sink,
        row_group_size=max(1, len(rows)),
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
        use_dictionary=False,
        data_page_size=_PAGE_BYTES,
        write_statistics=False,
        store_schema=False,
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def encode_chunk(rows: ChunkRows, records: Digest, readers: dict[str, Any]) -> bytes:
    """Return the bytes of the chunk object of some rows whose records object is `records`."""
    facts = {
        "derivation": DERIVATION,
        "examples": len(rows),
        "readers": readers,
        "records": records,
        "version": 1,
    }
    arrays = [_column(rows, entry) for entry in CHUNK_SCHEMA]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        CHUNK_SCHEMA,
        compression={entry.name: _codec(entry.name) for entry in CHUNK_SCHEMA},
        use_dictionary=_DICTIONARIES,
        column_encoding=_ENCODINGS,
        data_page_size=_PAGE_BYTES,
        write_statistics=False,
        store_schema=False,
    ) as writer:
        writer.add_key_value_metadata({_METADATA_KEY: text.encode()})
        table = pa.Table.from_arrays(arrays, schema=CHUNK_SCHEMA)
        writer.write_table(table, row_group_size=max(1, len(rows)))
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _codec(name: str) -> str:
    # Hash values do not compress; trying costs time and makes them longer.
    return "none" if name in ("id", "content_id", "prompt_id") else "zstd"


def _column(rows: ChunkRows, entry: pa.Field) -> pa.Array:
    values = getattr(rows, entry.name)
    if entry.name == "fields":
        return pa.array(values, pa.binary()).view(pa.string())
    return pa.array(values, entry.type)


def decode_facts(data: bytes) -> ChunkFacts:
    """Return what a chunk object says of itself. Raises Corrupt (`chunk-unreadable`)."""
    try:
        metadata = pq.read_metadata(pa.BufferReader(data))
        facts = json.loads((metadata.metadata or {})[_METADATA_KEY])
        readers, records = dict(facts["readers"]), facts["records"]
        examples, derivation = int(facts["examples"]), int(facts["derivation"])
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(error) from None
    if not is_digest(records) or examples != metadata.num_rows:
        raise _unreadable("its row count or records digest is wrong")
    return ChunkFacts(Digest(records), examples, derivation, readers)


def decode_chunk(data: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Return columns of a chunk object (all unless named), in row order. Raises Corrupt."""
    return _read(data, CHUNK_SCHEMA.names if columns is None else list(columns))


def decode_records(data: bytes) -> pa.Array:
    """Return the JSON texts of a records object as one string array. Raises Corrupt."""
    column = _read(data, ["data"]).column("data")
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _read(data: bytes, columns: list[str]) -> pa.Table:
    try:
        return pq.ParquetFile(pa.BufferReader(data)).read(columns=columns, use_threads=False)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise _unreadable(error) from None


def _unreadable(reason: object) -> Corrupt:
    return Corrupt(
        f"a chunk cannot be read: {reason}",
        code="chunk-unreadable",
        hint="`vault fsck` tells which objects are damaged",
    )
