"""Chunks as the present derivation sees them, whichever derivation they were written by.

What follows from a record (kind, keys, counts, fields) is stored beside it, by the rules of the
day. Chunks are never written again, so where the rules were others, those columns are made anew
from the records, by the code that reads them on import. They are kept in the catalogue, as a chunk
object of their own, and in memory where nothing can be written there. Keys of two derivations never
meet. Normative: docs/format/chunks.md, section 4.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from vault.catalogue.index.array_files import ArrayFiles
from vault.errors import VaultError
from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.plain_chat import Values
from vault.formats.layouts.registry import derive_stored
from vault.layout import CATALOGUE
from vault.objects.chunk import (
    ChunkFacts,
    decode_chunk,
    decode_records,
    encode_chunk,
)
from vault.objects.chunk_rows import ChunkRows
from vault.objects.conversation import DERIVATION, EMPTY_KEYS, Kind
from vault.objects.digest import Digest
from vault.objects.json.text import parse
from vault.session.expression_cache import ColumnCache
from vault.store.object_store import ObjectStore

_GROUP = "derived"
_ARRAY = "chunk"
_HELD = ColumnCache()


def derived_again(store: ObjectStore, chunk: Digest, data: bytes, facts: ChunkFacts) -> bytes:
    """Return a chunk object, whose bytes are `data`, as the present derivation makes it.

    The first time costs reading and deriving all of its records: 25 µs for each of a kilobyte;
    other times what reading a chunk costs. Raises Corrupt.
    """
    held: bytes | None = _HELD.get((DERIVATION, chunk))
    if held is not None:
        return held
    files = _files(store)
    kept = files.read(_name(chunk))
    if kept is not None and _ARRAY in kept:
        return kept[_ARRAY].tobytes()
    made = _made(store, data, facts)
    if not files.write(_name(chunk), {_ARRAY: np.frombuffer(made, np.uint8)}):
        _HELD.keep((DERIVATION, chunk), made, len(made))
    return made


def forget_derived(store: ObjectStore, reachable: Collection[Digest]) -> None:
    """Remove what is kept of chunks that nothing reaches, and what other derivations kept."""
    files = _files(store)
    for name in [*files.names(_GROUP)]:
        chunk = name.rpartition("/")[2]
        if name != _name(chunk) or chunk not in reachable:
            files.delete(name)


def _made(store: ObjectStore, data: bytes, facts: ChunkFacts) -> bytes:
    table = decode_chunk(data)
    texts = decode_records(store.get(facts.records)).cast(pa.binary()).to_pylist()
    stored = {name: table.column(name).to_pylist() for name in ("kind", "source")}
    rows = ChunkRows(
        data=texts,
        ids=bytearray(b"".join(table.column("id").to_pylist())),
        source=stored["source"],
        round=table.column("round").to_pylist(),
        origin=table.column("origin").to_pylist(),
    )
    rows.line.extend(table.column("line").to_pylist())
    rows.add_derived(_values(texts, stored["kind"], stored["source"], facts.readers))
    return encode_chunk(rows, facts.records, facts.readers)


def _values(
    texts: list[bytes], kinds: list[str], sources: list[str], readers: Mapping[str, Any]
) -> Iterator[Values]:
    for text, kind, source in zip(texts, kinds, sources, strict=True):
        record = parse(text)[0]
        mapping = readers.get(source, {}).get("map")
        try:
            yield derive_stored(record, kind, mapping)
        except (FormatMismatch, VaultError, ValueError):
            # A stranger's chunk may call a record what it is not: it is compared with nothing.
            yield (Kind.RAW, *EMPTY_KEYS, None)


def _files(store: ObjectStore) -> ArrayFiles:
    folder = store.backend.folder
    return ArrayFiles(None if folder is None else folder / CATALOGUE)


def _name(chunk: str) -> str:
    return f"{_GROUP}/{DERIVATION}/{chunk}"
