"""JSON Lines: blocks of whole lines, planned by the caller and split by a worker.

A line ends at LF and nowhere else; CRLF is white space around the record, and so is a byte order
mark before it; a blank line is none.
Knows bytes and line ends only: whether a line is a JSON object is found out later.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import repeat

from vault.formats.files.file_state import FileState, file_changed
from vault.formats.files.records import LongText, Records, RecordTexts, Refused, refuse, too_long
from vault.formats.files.streams import ByteStream
from vault.formats.limits import BLOCK_BYTES, MAX_RECORD_BYTES, READ_BYTES

_SPACE = b" \t\r\n"
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LineBytes:
    """A block of whole lines that are in memory; the last may lack its LF."""

    data: bytes
    max_record_bytes: int = MAX_RECORD_BYTES

    def split(self) -> Records:
        """Return the records; 300,000 lines of 900 bytes take less than 0.1 s."""
        return _split(self.data, self.max_record_bytes)


@dataclass(frozen=True, slots=True)
class LineRange:
    """A block of whole lines given as a byte range of an uncompressed file; read by `split`.

    With `state` only the file as it was when it was found is read.
    """

    path: str
    start: int
    end: int
    max_record_bytes: int = MAX_RECORD_BYTES
    state: FileState | None = None

    def split(self) -> Records:
        """Read the range and return its records.

        Never holds more than a block and one record, however long a line is. Raises InvalidInput
        (`file-changed`) if the file has changed or become shorter, OSError if it cannot be read.
        """
        with open(self.path, "rb", buffering=0) as file:
            if self.state is not None:
                self.state.check_opened(file.fileno())
            file.seek(self.start)
            size = self.end - self.start
            if size > self.max_record_bytes + BLOCK_BYTES:
                return self._split_long(_bounded(file.read, size))
            data = file.read(size)
            while len(data) < size:  # one read may return less, and does beyond 2 GB
                more = file.read(size - len(data))
                if not more:
                    raise file_changed(self.path, "became shorter")
                data += more
        return _split(data, self.max_record_bytes)

    def _split_long(self, read: Callable[[int], bytes]) -> Records:
        stream = ByteStream(read)
        records = Records([], [], [], 0)
        lines: list[int] = []
        limit = self.max_record_bytes
        for block in line_blocks(stream, block_bytes=BLOCK_BYTES, max_record_bytes=limit):
            part = block.split()
            base = records.line_count
            records.texts += part.texts
            lines += (base + line for line in part.lines)
            records.refused += (
                replace(refused, line=base + refused.line) for refused in part.refused
            )
            records.line_count += part.line_count
        records.lines = lines
        if stream.position != self.end - self.start:
            raise file_changed(self.path, "became shorter")
        return records


def plan_ranges(
    path: str,
    start: int,
    *,
    block_bytes: int = BLOCK_BYTES,
    max_record_bytes: int,
    state: FileState | None = None,
) -> Iterator[LineRange]:
    """Yield the byte ranges of whole lines that make up a file from `start` on.

    Reads a few kilobytes around each cut, so 10 GB cost about as little as 10 MB; only a line
    longer than a block is read to its end. Raises OSError if the file cannot be read, InvalidInput
    (`file-changed`) if it is not as `state` says.
    """
    with open(path, "rb", buffering=0) as file:
        if state is not None:
            state.check_opened(file.fileno())
        size = os.fstat(file.fileno()).st_size
        while start < size:
            end = _line_end(file.fileno(), min(start + block_bytes, size) - 1, size)
            yield LineRange(path, start, end, max_record_bytes, state)
            start = end


def _line_end(descriptor: int, position: int, size: int) -> int:
    window = 4096
    while position < size:
        data = os.pread(descriptor, window, position)
        if not data:
            break
        found = data.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(data)
        window = min(window * 2, READ_BYTES)
    return size


def line_blocks(
    stream: ByteStream, *, block_bytes: int = BLOCK_BYTES, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[LineBytes | RecordTexts]:
    """Yield the blocks of a stream of lines.

    Holds a block and one record at the most: a line longer than that is hashed as it passes by.
    Where the stream is damaged, the line that it breaks off in is refused.
    """
    whole: list[bytes] = []  # lines that have ended, about a block of them
    whole_bytes = 0
    tail: list[bytes] = []  # the line that has not
    tail_bytes = 0
    while piece := stream.read(min(READ_BYTES, block_bytes)):
        cut = piece.rfind(b"\n") + 1
        if cut:
            whole += tail
            whole.append(piece[:cut])
            whole_bytes += tail_bytes + cut
            tail, tail_bytes = [], 0
        if cut < len(piece):
            tail.append(piece[cut:])
            tail_bytes += len(piece) - cut
        if whole_bytes >= block_bytes or tail_bytes > max_record_bytes:
            if whole:
                yield LineBytes(b"".join(whole), max_record_bytes)
            whole, whole_bytes = [], 0
        if tail_bytes > max_record_bytes:
            block, rest = _pass_by(stream, tail, max_record_bytes)
            yield block
            tail, tail_bytes = ([rest], len(rest)) if rest else ([], 0)
    if stream.damage is None:
        whole += tail
    if whole:
        yield LineBytes(b"".join(whole), max_record_bytes)
    if stream.damage is not None:
        yield _broken_off(tail, stream.damage)


def _pass_by(stream: ByteStream, tail: list[bytes], limit: int) -> tuple[RecordTexts, bytes]:
    text = LongText(limit)
    for piece in tail:
        text.add(piece)
    tail.clear()
    rest = b""
    while piece := stream.read(READ_BYTES):
        cut = piece.find(b"\n") + 1
        if cut:
            text.add(piece[: cut - 1])
            rest = piece[cut:]
            break
        text.add(piece)
    refused = text.refused(0, "too-long", too_long(limit))
    return RecordTexts((), (), (refused,), 1), rest


def _broken_off(tail: list[bytes], damage: str) -> RecordTexts:
    refused = refuse(0, "compression-damaged", damage, b"".join(tail))
    return RecordTexts((), (), (refused,), 1)


def _split(data: bytes, limit: int) -> Records:
    # BytesIO finds line ends with memchr, and shares the bytes: twice as fast as bytes.split,
    # although strip copies every line once more.
    texts = list(map(bytes.strip, BytesIO(data), repeat(_SPACE)))
    line_count = len(texts)
    if _MARK in data:
        # Where files that begin with a byte order mark were joined.
        texts = [each.removeprefix(_MARK).lstrip(_SPACE) for each in texts]
    if b"" not in texts and len(data) <= limit:
        return Records(texts, range(line_count), [], line_count)
    lines: list[int] = []
    kept: list[bytes] = []
    refused: list[Refused] = []
    for line, text in enumerate(texts):
        if len(text) > limit:
            refused.append(refuse(line, "too-long", too_long(limit), text, limit=limit))
        elif text:
            kept.append(text)
            lines.append(line)
    return Records(kept, lines, refused, line_count)


def _bounded(read: Callable[[int], bytes], size: int) -> Callable[[int], bytes]:
    left = size

    def read_within(count: int) -> bytes:
        nonlocal left
        data = read(min(count, left))
        left -= len(data)
        return data

    return read_within
