"""A record that somebody wrote: read as an import would read it, or refused with the reason."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.examples import ExampleRows, example_rows
from vault.dataset.reading.write_records import BlockWriter, RecordReader
from vault.errors import InvalidInput
from vault.formats.files.records import RecordTexts, too_long
from vault.formats.files.rows import row_text
from vault.formats.limits import MAX_RECORD_BYTES
from vault.objects.conversation import Kind
from vault.objects.json.member import EXPORT_MEMBER, without_member
from vault.objects.json.text import UnreadableJson, parse
from vault.objects.runs import RowKeys, Runs
from vault.store.object_store import ObjectStore

Given = bytes | str | Mapping[str, Any]
"""A record as JSON text, or as Python values."""

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_PLACE = ("source", "line", "round")
_AT = re.compile(r"character (\d+)$")


@dataclass(frozen=True, slots=True)
class StagedRecord:
    """An example as it is staged: its row, its record, and how that was read.

    `roles` is the mapping from roles to fields, None where it was not read by one.
    """

    row: int
    id: bytes
    text: bytes
    source: str
    line: int
    round: str | None
    roles: Mapping[str, str] | None

    def reader(self, dataset: Dataset) -> RecordReader:
        """Return how a record in its place is read: as its source is."""
        if self.roles is not None:
            return RecordReader(self.source, self.round, mapping=self.roles)
        known = dataset.manifest.sources.get(self.source, {})
        form = None if known.get("map") else known.get("format")
        return RecordReader(self.source, self.round, None if form is None else Kind(form))


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """A record that was read: its text as it would be stored, its id and its kind.

    `content_id` is the key of its conversation, 0 where it has none.
    """

    text: bytes
    id: bytes
    kind: str
    content_id: int
    _writer: BlockWriter

    def store(self, dataset: Dataset, line: int) -> int:
        """Store the record as read from a line of its source; return its row key."""
        placed = self._writer.keep(np.ones(1, np.bool_), line)
        chunks = self._writer.finish()
        runs = [(chunks[each.chunk], each.first, each.rows) for each in placed]
        return int(Runs.build(dataset.numbers, runs).keys()[0])


def staged_record(dataset: Dataset, row: RowKeys) -> StagedRecord:
    """Return the example of one row. Raises Corrupt."""
    part: ExampleRows = next(example_rows(dataset, row))
    source, line, round_ = (part.columns.column(name)[0].as_py() for name in _PLACE)
    example = bytes.fromhex(part.example_ids()[0])
    text = part.texts[0].as_py().encode()
    return StagedRecord(int(row[0]), example, text, source, int(line), round_, part.roles.get(0))


def text_of(record: Given) -> bytes:
    """Return the JSON text of a record, without white space around it and what an export added.

    Raises InvalidInput (`record-invalid`) with the reason for which an import would refuse it.
    """
    text = _written(record)
    if not text:
        raise _invalid("nothing was given")
    if len(text) > MAX_RECORD_BYTES:
        raise _invalid(too_long(MAX_RECORD_BYTES))
    try:
        value, _ = parse(text)
    except UnreadableJson as error:
        raise _invalid(_with_line(error.reason, text)) from None
    if type(value) is not dict:
        kind = "a list" if isinstance(value, list) else "a single value"
        raise _invalid(f"the record is {kind}, not an object")
    return without_member(text, EXPORT_MEMBER) if EXPORT_MEMBER in value else text


def refuse_half_characters(text: str) -> None:
    """Refuse text that UTF-8 cannot keep. Raises InvalidInput (`record-invalid`)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        reason = "a string holds half of a surrogate pair, which no UTF-8 file can keep"
        raise _invalid(reason) from None


def _written(record: Given) -> bytes:
    if isinstance(record, Mapping):
        try:
            return row_text(record)
        except UnreadableJson as error:
            raise _invalid(error.reason) from None
    if isinstance(record, str):
        refuse_half_characters(record)
        record = record.encode()
    return record.removeprefix(_BOM).strip(_SPACE)


def read_given(store: ObjectStore, text: bytes, reader: RecordReader) -> ReadRecord:
    """Read a text as a record of a source, without storing it.

    `text` is what `text_of` returned. Raises InvalidInput (`record-invalid`) where the record does
    not fit how its source is read.
    """
    writer = BlockWriter(store)
    found = writer.read(RecordTexts((text,), (0,), (), 1), reader)
    if found.refused:
        raise _invalid(found.refused[0].reason)
    content_id = int.from_bytes(found.content_ids, sys.byteorder)
    return ReadRecord(text, found.ids, str(next(iter(found.formats))), content_id, writer)


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        f"the record cannot be read: {reason}",
        code="record-invalid",
        hint="a record is one JSON object; `vault import --help` lists the formats",
    )


def _with_line(reason: str, text: bytes) -> str:
    """Return a reason that names a character with the line and column where an editor shows it."""
    at = _AT.search(reason)
    if at is None or b"\n" not in text:
        return reason
    before = text.decode("utf-8", "replace")[: int(at[1]) - 1]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return f"{reason[: at.start()]}line {line}, column {column}"
