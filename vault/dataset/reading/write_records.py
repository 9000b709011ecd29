"""What an import worker does: read a block of records, then store those that are wanted.

The two halves are apart because only the coordinator knows which ids are there already: `read`
parses a block and returns its ids, `keep` puts the wanted records into chunks. Runs in the
coordinator's process for small imports and in processes of its own for large ones.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.formats.files.blocks import Block, Refused
from vault.formats.files.inputs import TextUnit
from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.registry import derive_values
from vault.objects.chunk import MAX_EXAMPLES, MAX_RECORD_BYTES, encode_chunk, encode_records
from vault.objects.chunk_parts import parts_of
from vault.objects.chunk_rows import ChunkRows, Made
from vault.objects.conversation import Kind
from vault.objects.digest import Digest, example_ids
from vault.objects.field_pairs import answer_beside_text, fitting_pairs, nearly_fitting_pairs
from vault.objects.foreign.origins import HEADERLESS, has_data_for_names, known_origin
from vault.objects.json.field_path import field_text
from vault.objects.json.member import EXPORT_MEMBER, without_member
from vault.objects.json.text import (
    UnreadableJson,
    canonical_of_compact,
    parse,
    parse_compact,
)
from vault.objects.labels.exported import exported_labels
from vault.store.object_store import ObjectStore

_BATCH = 64


@dataclass(frozen=True, slots=True)
class RecordReader:
    """How the records of one source are read, and which field says what they update.

    `key` is a dotted path, or None for the id that an export wrote; looked at only if `updating`.
    `unit` is what is a record of plain text, None if that was not said. `made` tells of each line
    which model run made its record; the lines are then the numbers of the requests.
    """

    source: str
    round: str | None = None
    kind: Kind | None = None
    mapping: Mapping[str, str] | None = None
    updating: bool = False
    key: str | None = None
    unit: TextUnit | None = None
    made: Sequence[Made] = ()

    def remembered(self) -> dict[str, Any]:
        """Return what a manifest keeps of this, so that the source is read so again."""
        entry: dict[str, Any] = {"format": None if self.kind is None else str(self.kind)}
        if self.mapping:
            entry["map"] = dict(self.mapping)
        if self.unit is not None:
            entry["unit"] = self.unit.value
        return entry


@dataclass(slots=True)
class BlockIds:
    """What the coordinator learns of a block: no texts, so it is small to send.

    `ids` holds 16 bytes a record, `content_ids` 8 bytes (0 where `has_content` is 0). `formats`
    counts records by kind. `keys` are the update keys as JSON, None where a record has none.
    `choices` are the mappings that fit the first raw record with any, `origin` what that is.
    `labels` are those that an export wrote into records, by their places, as `exported_labels`
    returns them.
    """

    ids: bytes
    content_ids: bytes
    has_content: bytes
    formats: dict[str, int]
    line_count: int
    refused: list[Refused]
    keys: list[bytes | None] | None
    choices: Sequence[Mapping[str, str]] = ()
    origin: str | None = None
    labels: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where kept records went: consecutive rows of one of the worker's chunks."""

    chunk: int
    first: int
    rows: int


@dataclass(slots=True)
class _PendingBlock:
    reader: RecordReader
    refused: list[Refused]
    rows: ChunkRows = field(default_factory=ChunkRows)
    keys: list[bytes | None] = field(default_factory=list)
    choices: Sequence[Mapping[str, str]] = ()
    origin: str | None = None
    labels: dict[int, bytes] = field(default_factory=dict)

    def add(
        self,
        texts: list[bytes],
        lines: Sequence[int],
        values: Sequence[Any],
        canonical: Sequence[bytes],
    ) -> None:
        """Take in records that were parsed. Raises FormatMismatch, and then has taken in none."""
        reader, rows = self.reader, self.rows
        derived = [derive_values(value, reader.kind, reader.mapping) for value in values]
        rows.data.extend(texts)
        rows.ids.extend(example_ids(canonical))
        rows.add_derived(derived)
        kinds = [each[0] for each in derived]
        if Kind.RAW in kinds and reader.kind is None and not self.choices:
            raw = (value for value, own in zip(values, kinds, strict=True) if own is Kind.RAW)
            self._look_for_a_mapping(raw)
        elif Kind.TEXT in kinds and reader.kind is None and not self.choices:
            answer = answer_beside_text(values[kinds.index(Kind.TEXT)])
            self.choices = [] if answer is None else [{"user": "text", "assistant": answer}]
        rows.line.extend(lines)

    def _look_for_a_mapping(self, raw: Iterable[Mapping[str, Any]]) -> None:
        for record in raw:
            known = known_origin(record)
            if known is not None:
                self.origin = self.origin or known.what
                self.choices = (known.mapping,) if known.mapping else ()
            elif has_data_for_names(record):
                self.origin = self.origin or HEADERLESS
            else:
                pairs = fitting_pairs(record) or nearly_fitting_pairs(record)
                self.choices = [{"user": asked, "assistant": told} for asked, told in pairs]
            if self.choices:
                return

    def refuse(self, line: int, code: str, reason: str, text: bytes) -> None:
        """Take in what is not a record."""
        sha256 = hashlib.sha256(text).digest()
        self.refused.append(Refused(line, code, reason, text, len(text), sha256))

    def complete(self, base_line: int) -> ChunkRows:
        """Return the rows with the columns that all of them share, lines counted in the file."""
        rows, count = self.rows, len(self.rows)
        rows.line = type(rows.line)("Q", np.array(rows.line, np.uint64) + np.uint64(base_line))
        rows.source = [self.reader.source] * count
        rows.round = [self.reader.round] * count
        rows.made = [None] * count
        if self.reader.made:
            made = [self.reader.made[line - 1] for line in rows.line]
            rows.made, rows.line = list(made), type(rows.line)("Q", [each.request for each in made])
        return rows


class BlockWriter:
    """Reads blocks one after the other and writes what is kept of them into chunks.

    With `stores_aside` a thread stores each full chunk while the next blocks are read.
    """

    def __init__(self, store: ObjectStore, *, stores_aside: bool = False) -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(1) if stores_aside else None
        self._blocks: deque[_PendingBlock] = deque()
        self._rows = ChunkRows()
        self._size_bytes = 0
        self._readers: dict[str, Any] = {}
        self._chunks: list[Future[Digest]] = []

    def read(self, block: Block, reader: RecordReader) -> BlockIds:
        """Parse a block's records; they stay in memory until `keep`."""
        records = block.split()
        pending = _PendingBlock(reader, list(records.refused))
        for start in range(0, len(records.texts), _BATCH):
            texts = records.texts[start : start + _BATCH]
            _read_batch(pending, texts, records.lines[start : start + _BATCH])
        self._blocks.append(pending)
        rows = pending.rows
        return BlockIds(
            ids=bytes(rows.ids),
            content_ids=rows.content_id.tobytes(),
            has_content=bytes(rows.has_content),
            formats=Counter(rows.kind),
            line_count=records.line_count,
            refused=pending.refused,
            keys=pending.keys if reader.updating else None,
            choices=pending.choices,
            origin=pending.origin,
            labels=pending.labels,
        )

    def keep(self, wanted: NDArray[np.bool_], base_line: int) -> list[Placed]:
        """Put the wanted records of the first block that was read and not kept into chunks.

        `base_line` is added to the lines of the block. Full chunks are stored on the way. Returns
        where the records went.
        """
        block = self._blocks.popleft()
        rows = block.complete(base_line)
        placed: list[Placed] = []
        chosen = np.flatnonzero(wanted).tolist()
        ends = list(accumulate(len(rows.data[at]) for at in chosen))
        start = 0
        while start < len(chosen):
            done = ends[start - 1] if start else 0
            end = start + self._room_for(ends, start, done)
            if end > start:
                placed.append(Placed(len(self._chunks), len(self._rows), end - start))
                self._append(rows, chosen[start:end], block.reader, ends[end - 1] - done)
            if end < len(chosen):
                self._store_chunk()
            start = end
        return placed

    def finish(self) -> tuple[Digest, ...]:
        """Store what is pending and return the digests of all chunks, durable, in order."""
        self._store_chunk()
        chunks = tuple(each.result() for each in self._chunks)
        self._store.backend.sync()
        return chunks

    def close(self) -> None:
        """End the thread that stores chunks."""
        if self._pool is not None:
            self._pool.shutdown()

    def _room_for(self, ends: list[int], start: int, done: int) -> int:
        """Return how many records from `start` still fit in the open chunk."""
        room = np.searchsorted(ends[start:], MAX_RECORD_BYTES - self._size_bytes + done, "right")
        count = min(int(room), MAX_EXAMPLES - len(self._rows))
        # A record that is longer than a chunk may be gets one of its own.
        return max(count, 0 if len(self._rows) else 1)

    def _append(
        self, rows: ChunkRows, chosen: list[int], reader: RecordReader, size_bytes: int
    ) -> None:
        if len(chosen) == len(rows) and not len(self._rows):
            self._rows = rows  # the whole block: nothing to copy
        else:
            self._rows.extend(rows, chosen)
        if reader.mapping:
            self._readers[reader.source] = {"map": dict(reader.mapping)}
        self._size_bytes += size_bytes

    def _store_chunk(self) -> None:
        if not len(self._rows):
            return
        rows, readers = self._rows, self._readers
        self._rows, self._size_bytes, self._readers = ChunkRows(), 0, {}
        if self._chunks:
            self._chunks[-1].result()  # one chunk at a time is in the making: memory is bounded
        if self._pool is not None:
            # Compressing and waiting for the disk leave the interpreter to the next block.
            self._chunks.append(self._pool.submit(self._stored, rows, readers))
        else:
            done: Future[Digest] = Future()
            done.set_result(self._stored(rows, readers))
            self._chunks.append(done)

    def _stored(self, rows: ChunkRows, readers: dict[str, Any]) -> Digest:
        data = encode_records(rows.data)
        records = self._store.put(data)
        return self._store.put(encode_chunk(rows, records, readers, parts_of(data)))


def _read_batch(pending: _PendingBlock, texts: list[bytes], lines: Sequence[int]) -> None:
    values = parse_compact(texts)
    if values is not None and not pending.reader.updating and _are_plain(values):
        with contextlib.suppress(FormatMismatch):
            return pending.add(texts, lines, values, canonical_of_compact(values))
    for text, line in zip(texts, lines, strict=True):
        _read_record(pending, text, line)


def _are_plain(values: list[Any]) -> bool:
    return not [each for each in values if type(each) is not dict or EXPORT_MEMBER in each]


def _read_record(pending: _PendingBlock, text: bytes, line: int) -> None:
    try:
        value, canonical = parse(text)
        if type(value) is not dict:
            raise _not_an_object(value)
        exported = None
        if EXPORT_MEMBER in value:
            exported = value[EXPORT_MEMBER]
            text = without_member(text, EXPORT_MEMBER)
            value, canonical = parse(text)
        pending.add([text], [line], [value], [canonical])
        labels = exported_labels(exported)
        if labels is not None:
            pending.labels[len(pending.rows) - 1] = labels
        if pending.reader.updating:
            pending.keys.append(_update_key(value, exported, pending.reader.key))
    except (UnreadableJson, FormatMismatch) as error:
        pending.refuse(line, error.code, error.reason, text)


def _not_an_object(value: Any) -> UnreadableJson:
    kind = "a list" if isinstance(value, list) else "a single value"
    return UnreadableJson("not-an-object", f"the record is {kind}, not an object")


def _update_key(value: Any, exported: Any, path: str | None) -> bytes | None:
    if path is None:
        if isinstance(exported, str):  # a table's cell holds the member as JSON text
            try:
                exported = parse(exported.encode())[0]
            except UnreadableJson:
                return None
        written = exported.get("id") if isinstance(exported, dict) else None
        return written.encode() if isinstance(written, str) else None
    return field_text(value, path)
