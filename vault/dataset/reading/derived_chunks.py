"""Chunks as the present derivation sees them, whichever derivation they were written by.

What follows from a record (kind, keys, counts, fields) is stored beside it, by the rules of the
day. Chunks are never written again, so where the rules were others, those columns are made anew
from the records, by the code that reads them on import. They, and no other column, are kept in the
catalogue, and in memory where nothing can be written there. Keys of two derivations never meet.
Normative: docs/format/chunks.md, section 4.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa

from vault.catalogue.index.array_files import ArrayFiles
from vault.errors import Corrupt, VaultError
from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.plain_chat import Values
from vault.formats.layouts.registry import derive_stored
from vault.layout import CATALOGUE
from vault.objects.chunk import (
    ChunkFacts,
    Rows,
    decode_chunk,
    decode_derived,
    decode_records,
    encode_derived,
)
from vault.objects.chunk_rows import ChunkRows
from vault.objects.conversation import DERIVATION, EMPTY_KEYS, Kind
from vault.objects.digest import Digest
from vault.objects.json.record import read_record
from vault.session.expression_cache import MOST_BYTES, ColumnCache
from vault.store.object_store import ObjectStore

_GROUP = "derived"
_ARRAY = "columns"

_HELD = ColumnCache(largest_bytes=MOST_BYTES)
"""What was derived where nothing can be written, while the process lives: at most 256 MB of it.

By the number of the derivation and the digest of the chunk, which say all that it follows from, so
that repositories may share it. What was not used for longest goes, and is derived anew when it is
asked for. A chunk of any size may stay: one of a single long record is as dear to derive as others.
"""


def derived_table(
    store: ObjectStore,
    chunk: Digest,
    data: bytes,
    facts: ChunkFacts,
    names: Sequence[str],
    *,
    as_dictionaries: bool = False,
    rows: Rows | None = None,
) -> pa.Table:
    """Return some DERIVED columns of a chunk, whose object is `data`, by the present derivation.

    The first time costs reading and deriving all of its records: 25 µs for each of a kilobyte;
    other times what reading a chunk costs. Raises Corrupt.
    """

    def decoded(columns: bytes) -> pa.Table:
        return decode_derived(
            columns, facts.examples, names, as_dictionaries=as_dictionaries, rows=rows
        )

    held: bytes | None = _HELD.get((DERIVATION, chunk))
    if held is not None:
        return decoded(held)
    files = _files(store)
    kept = files.read(_name(chunk))
    if kept is not None:
        try:
            return decoded(kept[_ARRAY].tobytes())
        except (Corrupt, KeyError):
            files.delete(_name(chunk))
    made = _made(store, chunk, data, facts)
    if not files.write(_name(chunk), {_ARRAY: np.frombuffer(made, np.uint8)}):
        _HELD.keep((DERIVATION, chunk), made, len(made))
    return decoded(made)


def forget_derived(store: ObjectStore, reachable: Collection[Digest]) -> None:
    """Remove kept columns of unreachable chunks and of other derivations.

    Also removes files that were set aside, and drafts of writers that died.
    """
    files = _files(store)
    for name in [*files.names(_GROUP)]:
        chunk = name.rpartition("/")[2]
        if name != _name(chunk) or chunk not in reachable:
            files.delete(name)
    files.sweep(_GROUP)


def _made(store: ObjectStore, chunk: Digest, data: bytes, facts: ChunkFacts) -> bytes:
    table = decode_chunk(data, ["kind", "source"])
    texts = decode_records(store.get(facts.records)).cast(pa.binary()).to_pylist()
    if len(texts) != table.num_rows:
        raise Corrupt(
            f"chunk {chunk} has {table.num_rows} rows, and its records object {len(texts)}",
            code="chunk-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        )
    kinds, sources = (table.column(name).to_pylist() for name in table.column_names)
    rows = ChunkRows()
    rows.add_derived(map(_values, texts, kinds, map(facts.mappings.get, sources)))
    return encode_derived(rows)


def _values(text: bytes, kind: str, mapping: Mapping[str, str] | None) -> Values:
    try:
        return derive_stored(read_record(text), kind, mapping)
    except (FormatMismatch, VaultError):
        # A stranger's record may be none, or lack what was mapped: it is compared with nothing.
        return (Kind.RAW, *EMPTY_KEYS, None)


def _files(store: ObjectStore) -> ArrayFiles:
    folder = store.backend.folder
    return ArrayFiles(None if folder is None else folder / CATALOGUE)


def _name(chunk: str) -> str:
    return f"{_GROUP}/{DERIVATION}/{chunk}"
