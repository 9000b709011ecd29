"""Plain text to blocks of record texts: a file, a line or a paragraph each becomes `{"text": …}`.

Text stays as it is, indentation and CRLF inside a paragraph included; the line end after the last
line is no part of it. Blank lines are no records, and are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from vault.formats.files.inputs import TextUnit
from vault.formats.files.records import BlockBuilder, LongText, RecordTexts, too_long
from vault.formats.files.streams import ByteStream
from vault.formats.limits import READ_BYTES
from vault.objects.json.text import compact_bytes

_SPACE = b" \t\r\n\f\v"
_LINE_END = b"\r\n"


def text_blocks(
    stream: ByteStream, unit: TextUnit, *, block_bytes: int, max_record_bytes: int
) -> Iterator[RecordTexts]:
    """Yield the records of a file of plain text, numbered by their first line.

    A paragraph ends at a blank line; as a whole, a file is its lines from the first to the last
    that is not blank. Refused are `invalid-utf8`, `too-long`, and `compression-damaged`: what was
    being read where the data break off. Holds one record and one block.
    """
    builder = BlockBuilder(block_bytes)
    gathering = _Gathering(builder, unit, max_record_bytes)
    while piece := stream.read(READ_BYTES):
        for part in BytesIO(piece):
            gathering.add(part)
            if builder.is_full and not gathering.is_open:
                yield builder.take(gathering.line)
    gathering.end(stream.damage)
    if not builder.is_empty or gathering.line:
        yield builder.take(gathering.line)


class _Gathering:
    """Puts parts of lines together to records; `line` counts the lines that have ended."""

    def __init__(self, builder: BlockBuilder, unit: TextUnit, limit: int) -> None:
        self._builder = builder
        self._unit = unit
        self._limit = limit
        self._text: LongText | None = None
        self._first = 0
        self._blank: list[bytes] = []  # kept apart: whether it belongs to a record shows later
        self._blank_bytes = 0
        self._has_text = False
        self._is_begun = False
        self.line = 0

    @property
    def is_open(self) -> bool:
        """Whether a record or a line has begun that has not ended."""
        return self._text is not None or self._is_begun

    def add(self, part: bytes) -> None:
        """Take in a part of a line, or its end: it has an LF then."""
        self._is_begun = True
        self._has_text = self._has_text or bool(part.strip(_SPACE))
        self._blank.append(part)
        self._blank_bytes += len(part)
        if self._has_text or self._blank_bytes > self._limit:
            self._write()
        if part.endswith(b"\n"):
            self._end_line()

    def end(self, damage: str | None) -> None:
        """End the last line and the last record, which is damaged if the data break off."""
        if self._is_begun:
            self._end_line()
        if damage is not None:
            left = self._text or LongText(self._limit)
            first = self.line if self._text is None else self._first
            self._builder.refuse(first, "compression-damaged", damage, left)
            self.line = max(self.line, first + 1)
        elif self._text is not None:
            self._finish(self._text)

    def _write(self) -> None:
        if self._text is None:
            self._text, self._first = LongText(self._limit), self.line
        for each in self._blank:
            self._text.add(each)
        self._forget_blank()

    def _forget_blank(self) -> None:
        self._blank.clear()
        self._blank_bytes = 0

    def _end_line(self) -> None:
        ends = self._unit is TextUnit.LINE or (
            self._unit is TextUnit.PARAGRAPH and not self._has_text
        )
        if self._text is not None and ends:
            self._finish(self._text)
        if self._text is None:
            self._forget_blank()
        self.line += 1
        self._has_text = self._is_begun = False

    def _finish(self, gathered: LongText) -> None:
        self._text = None
        self._forget_blank()
        if gathered.size_bytes > self._limit:
            self._refuse("too-long", too_long(self._limit), gathered)
            return
        try:
            text = gathered.whole().rstrip(_LINE_END).decode("utf-8")
        except UnicodeDecodeError as error:
            reason = f"invalid UTF-8 at byte {error.start}: {error.reason}"
            self._refuse("invalid-utf8", reason, gathered)
            return
        record = compact_bytes({"text": text})
        if len(record) > self._limit:  # escapes of control characters take six bytes each
            self._refuse("too-long", too_long(self._limit), gathered)
        else:
            self._builder.add(self._first, record)

    def _refuse(self, code: str, reason: str, gathered: LongText) -> None:
        self._builder.refuse(self._first, code, reason, gathered)
