"""CSV to blocks of record texts: the header names the keys, a value is text or a list of messages.

Quoting as in RFC 4180, line ends LF or CRLF; cells are separated by what the header shows. A row
that is quoted wrongly is refused rather than guessed at.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import NoReturn

import orjson

from vault.errors import InvalidInput
from vault.formats.files.meant.csv_separator import said_separator, separator_of
from vault.formats.files.meant.file_signs import recoding
from vault.formats.files.records import BlockBuilder, LongText, RecordTexts, too_long
from vault.formats.files.streams import ByteStream
from vault.formats.files.table_cells import CELLS_TO_READ, may_be_read, record_of
from vault.formats.limits import MAX_RECORD_BYTES, READ_BYTES

_HEADER_BYTES = 64 << 10
"""Bytes of a header that are looked at for what separates its cells."""


def csv_blocks(
    stream: ByteStream, path: str, *, block_bytes: int, max_record_bytes: int
) -> Iterator[RecordTexts]:
    """Yield the rows of a CSV file as records, numbered by their first physical line.

    Rows are refused for a number of cells that is not the header's (`csv-columns`), quotes that
    do not match (`csv-quotes`), `invalid-utf8` and `too-long`; blank lines are passed over.
    Raises InvalidInput (`csv-header`) if the header cannot be read or names a column twice.
    """
    _admit_long_fields()
    lines = _RowLines(stream, max_record_bytes)
    reader = csv.reader(lines, delimiter=_separator(stream, lines, path), strict=True)
    header = _header(reader, lines, path)
    places = [at for at, name in enumerate(header) if name in CELLS_TO_READ]
    builder = BlockBuilder(block_bytes)
    while not lines.has_ended:
        lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            break
        except (csv.Error, _RowTooLong) as error:
            if _is_cut_off(lines, stream):
                break
            code, reason = _explain(error, lines, max_record_bytes)
            builder.refuse(lines.first, code, reason, lines.row())
        else:
            if cells:
                _add_row(builder, lines, header, cells, places)
        if builder.is_full:
            yield builder.take(lines.count)
    if stream.damage is not None:
        builder.refuse(lines.first, "compression-damaged", stream.damage, lines.row())
        lines.count += 1
    if not builder.is_empty or lines.count:
        yield builder.take(lines.count)


def _separator(stream: ByteStream, lines: _RowLines, path: str) -> str:
    """Return what separates cells, by the first line that is not blank; passes `sep=` over."""
    head = stream.peek(_HEADER_BYTES).decode("utf-8", "surrogateescape")
    before = len(head) - len(head.lstrip(" \r\n"))
    line = head[before:].partition("\n")[0]
    said = said_separator(line)
    if said is None:
        return separator_of(line, path)
    for _ in range(head[:before].count("\n") + 1):
        next(lines)
    return said


def _header(reader: Iterator[list[str]], lines: _RowLines, path: str) -> list[str]:
    header: list[str] = []
    try:
        while not header:
            lines.begin_row()
            header = next(reader)
    except StopIteration:
        return []
    except (csv.Error, _RowTooLong) as error:
        raise InvalidInput(
            f"the header of {path} cannot be read: {error or 'it is too long'}", code="csv-header"
        ) from None
    if len(set(header)) != len(header):
        twice, _ = Counter(header).most_common(1)[0]
        raise InvalidInput(
            f'the header of {path} names the column "{twice}" twice',
            code="csv-header",
            hint="rename one of the two columns in the file's first line",
        )
    if any(_is_broken(name) for name in header):
        raise InvalidInput(
            f"the header of {path} is not UTF-8",
            code="not-utf8",
            hint=recoding(path, "cp1252"),
        )
    return header


def _add_row(
    builder: BlockBuilder, lines: _RowLines, header: list[str], cells: list[str], places: list[int]
) -> None:
    if len(cells) != len(header):
        held = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        reason = f"{held} where the header has {len(header)}"
        builder.refuse(lines.first, "csv-columns", reason, lines.row())
        return
    try:
        record = dict(zip(header, cells, strict=True))
        if any(may_be_read(cells[at]) for at in places):
            record = record_of(record)
        text = orjson.dumps(record)
    except (TypeError, UnicodeEncodeError):  # bytes that are not UTF-8 became lone surrogates
        builder.refuse(lines.first, "invalid-utf8", "the row is not UTF-8", lines.row())
    else:
        builder.add(lines.first, text)


def _is_broken(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _is_cut_off(lines: _RowLines, stream: ByteStream) -> bool:
    return lines.has_ended and stream.damage is not None


def _explain(error: Exception, lines: _RowLines, limit: int) -> tuple[str, str]:
    if isinstance(error, _RowTooLong):
        return "too-long", f"{too_long(limit)}; a quote may be missing"
    if lines.has_ended:
        return "csv-quotes", "the file ends within quotes"
    return "csv-quotes", str(error)


def _admit_long_fields() -> None:
    # The limit of the csv module holds for the whole process; rows are bounded by their bytes here.
    if csv.field_size_limit() < MAX_RECORD_BYTES:
        csv.field_size_limit(MAX_RECORD_BYTES)


class _RowTooLong(Exception):
    pass


class _RowLines:
    """Feeds the csv module line by line and remembers the bytes of the row that it is in."""

    def __init__(self, stream: ByteStream, limit: int) -> None:
        self.count = 0
        self.first = 0
        self.has_ended = False
        self._limit = limit
        self._stream = stream
        self._row: list[bytes] = []
        self._row_bytes = 0
        self._long: LongText | None = None
        self._pending = b""
        self._lines: Iterator[bytes] = iter(())

    def __iter__(self) -> _RowLines:
        return self

    def begin_row(self) -> None:
        """Forget the row before: the next line begins another."""
        self.first = self.count
        self._row, self._row_bytes, self._long = [], 0, None

    def row(self) -> LongText:
        """Return the bytes of the row, as far as it was read."""
        text = self._long or LongText(self._limit)
        for line in self._row:
            text.add(line)
        return text

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            line = self._refill()
        self.count += 1
        self._row.append(line)
        self._row_bytes += len(line)
        if self._row_bytes > self._limit:
            self._pass_by()
        return line.decode("utf-8", "surrogateescape")

    def _refill(self) -> bytes:
        pieces: list[bytes] = []
        size = 0
        piece = self._pending or self._stream.read(READ_BYTES)
        while piece and not (cut := piece.rfind(b"\n") + 1):
            pieces.append(piece)
            size += len(piece)
            if size > self._limit:
                self._row += pieces
                self._pending = b""
                self._pass_by()
            piece = self._stream.read(READ_BYTES)
        if not piece:
            self._pending = b""
            return self._last(b"".join(pieces))
        text = b"".join(pieces) + piece[:cut]
        self._pending = piece[cut:]
        # Not splitlines, which would also split at a lone CR.
        self._lines = iter(BytesIO(text))
        return next(self._lines)

    def _last(self, text: bytes) -> bytes:
        if text and self._stream.damage is None:
            return text
        if text:  # a line that breaks off
            self._row.append(text)
        self.has_ended = True
        raise StopIteration

    def _pass_by(self) -> NoReturn:
        # Goes on to a line end outside quotes: beyond the limit, too, the lines of a quoted field
        # are no rows.
        is_quoted = sum(line.count(b'"') for line in self._row) % 2 == 1
        is_line_end = self._row[-1].endswith(b"\n")
        self._long = self.row()
        self._row = []
        while (is_quoted or not is_line_end) and (piece := self._next_piece()):
            self._long.add(piece)
            is_quoted ^= piece.count(b'"') % 2 == 1
            is_line_end = piece.endswith(b"\n")
            self.count += is_line_end
        self._pending = b"".join(self._lines) + self._pending
        self._lines = iter(())
        raise _RowTooLong

    def _next_piece(self) -> bytes:
        line = next(self._lines, None)
        if line is None:
            piece = self._pending or self._stream.read(READ_BYTES)
            self._pending = b""
            self._lines = iter(BytesIO(piece))
            line = next(self._lines, b"")
        return line
