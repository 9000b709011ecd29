"""What an import worker does: read a block of records, then store those that are wanted.

The two halves are apart because only the coordinator knows which ids are there already: `read`
parses a block and returns its ids, `keep` puts the wanted records into chunks. Runs in the
coordinator's process for small imports and in processes of its own for large ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.formats.blocks import Block, Refused
from vault.formats.faults import FormatMismatch
from vault.formats.registry import Derived, derive
from vault.objects.chunk import (
    MAX_EXAMPLES,
    MAX_RECORD_BYTES,
    ChunkRows,
    encode_chunk,
    encode_records,
)
from vault.objects.conversation import Kind
from vault.objects.digest import Digest, example_id
from vault.objects.json_member import without_member
from vault.objects.json_text import UnreadableJson, canonical_bytes, parse
from vault.store.object_store import ObjectStore

EXPORT_MEMBER = "_vault"
"""The member that an export writes on request and an import takes off again."""

_MARK = b'"_vault"'
_GET = {
    name: attrgetter(name)
    for name in ("kind", "content_id", "prompt_id", "turns", "chars", "tokens", "fields")
}


@dataclass(frozen=True, slots=True)
class RecordReader:
    """How the records of one source are read, and which field says what they update.

    `key` is a dotted path, or None for the id that an export wrote; looked at only if `updating`.
    """

    source: str
    round: str | None = None
    kind: Kind | None = None
    mapping: Mapping[str, str] | None = None
    updating: bool = False
    key: str | None = None


@dataclass(slots=True)
class BlockIds:
    """What the coordinator learns of a block: no texts, so it is small to send.

    `ids` holds 16 bytes a record, `content_ids` 8 bytes (0 where `has_content` is 0). `formats`
    counts records by kind. `keys` are the update keys as JSON, None where a record has none.
    """

    ids: bytes
    content_ids: bytes
    has_content: bytes
    formats: dict[str, int]
    lines: list[int]
    line_count: int
    refused: list[Refused]
    keys: list[bytes | None] | None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where kept records went: consecutive rows of one of the worker's chunks."""

    chunk: int
    first: int
    rows: int


@dataclass(slots=True)
class _PendingBlock:
    reader: RecordReader
    texts: list[bytes] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    derived: list[Derived] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class BlockWriter:
    """Reads blocks one after the other and writes what is kept of them into chunks."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._block: _PendingBlock | None = None
        self._rows = ChunkRows()
        self._size_bytes = 0
        self._readers: dict[str, Any] = {}
        self._chunks: list[Digest] = []

    def read(self, block: Block, reader: RecordReader) -> BlockIds:
        """Parse a block's records; they stay in memory until `keep`."""
        records = block.split()
        pending = _PendingBlock(reader, refused=list(records.refused))
        for text, line in zip(records.texts, records.lines, strict=True):
            try:
                _read_record(pending, text, line)
            except (UnreadableJson, FormatMismatch) as error:
                pending.refused.append(_refused(line, error.code, error.reason, text))
        self._block = pending
        content = [each.content_id for each in pending.derived]
        return BlockIds(
            ids=b"".join(pending.ids),
            content_ids=np.array([each or 0 for each in content], np.uint64).tobytes(),
            has_content=np.array([each is not None for each in content], np.bool_).tobytes(),
            formats=_count(map(_GET["kind"], pending.derived)),
            lines=pending.lines,
            line_count=records.line_count,
            refused=pending.refused,
            keys=pending.keys if reader.updating else None,
        )

    def keep(self, wanted: NDArray[np.bool_], base_line: int) -> list[Placed]:
        """Put the wanted records of the block that was read last into chunks; say where.

        `base_line` is added to the lines of the block. Full chunks are stored on the way.
        """
        block = self._block
        assert block is not None, "keep follows read"
        self._block = None
        placed: list[Placed] = []
        chosen = np.flatnonzero(wanted).tolist()
        sizes = [len(block.texts[at]) for at in chosen]
        start = 0
        while start < len(chosen):
            end = self._room_until(sizes, start)
            if end > start:
                first = len(self._rows)
                self._append(block, chosen[start:end], base_line)
                placed.append(Placed(len(self._chunks), first, end - start))
            if end < len(chosen):
                self._store_chunk()
            start = end
        return placed

    def finish(self) -> tuple[Digest, ...]:
        """Store what is pending and return the digests of all chunks, durable, in order."""
        if len(self._rows):
            self._store_chunk()
        self._store.backend.sync()
        return tuple(self._chunks)

    def _room_until(self, sizes: list[int], start: int) -> int:
        """Return the position after the last record that still fits in the open chunk."""
        rows, size = len(self._rows), self._size_bytes
        for end in range(start, len(sizes)):
            size += sizes[end]
            if rows == MAX_EXAMPLES or (rows and size > MAX_RECORD_BYTES):
                return end
            rows += 1
        return len(sizes)

    def _append(self, block: _PendingBlock, chosen: list[int], base_line: int) -> None:
        rows, reader = self._rows, block.reader
        rows.data.extend([block.texts[at] for at in chosen])
        rows.id.extend([block.ids[at] for at in chosen])
        derived = [block.derived[at] for at in chosen]
        for name, get in _GET.items():
            getattr(rows, name).extend(map(get, derived))
        rows.line.extend([block.lines[at] + base_line for at in chosen])
        rows.source.extend([reader.source] * len(chosen))
        rows.round.extend([reader.round] * len(chosen))
        rows.origin.extend([None] * len(chosen))
        if reader.mapping:
            self._readers[reader.source] = {"map": dict(reader.mapping)}
        self._size_bytes += sum(map(len, rows.data[-len(chosen) :]))

    def _store_chunk(self) -> None:
        if not len(self._rows):
            return
        records = self._store.put(encode_records(self._rows))
        self._chunks.append(self._store.put(encode_chunk(self._rows, records, self._readers)))
        self._rows = ChunkRows()
        self._size_bytes = 0
        self._readers = {}


def _read_record(pending: _PendingBlock, text: bytes, line: int) -> None:
    reader = pending.reader
    value, canonical = parse(text)
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a single value"
        raise UnreadableJson("not-an-object", f"the record is {kind}, not an object")
    exported: Any = None
    if _MARK in text and EXPORT_MEMBER in value:
        text = without_member(text, EXPORT_MEMBER)
        exported = value[EXPORT_MEMBER]
        value, canonical = parse(text)
    derived = derive(value, kind=reader.kind, mapping=reader.mapping)
    pending.texts.append(text)
    pending.ids.append(example_id(canonical))
    pending.derived.append(derived)
    pending.lines.append(line)
    if reader.updating:
        pending.keys.append(_update_key(value, exported, reader.key))


def _update_key(value: Any, exported: Any, path: str | None) -> bytes | None:
    if path is None:
        written = exported.get("id") if isinstance(exported, dict) else None
        return written.encode() if isinstance(written, str) else None
    return field_text(value, path)


def field_text(value: Any, path: str) -> bytes | None:
    """Return the canonical JSON at a dotted path of a record, or None where it has nothing."""
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return None if value is None else canonical_bytes(value)


def _refused(line: int, code: str, reason: str, text: bytes) -> Refused:
    import hashlib

    return Refused(line, code, reason, text, len(text), hashlib.sha256(text).digest())


def _count(kinds: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
    return counts
