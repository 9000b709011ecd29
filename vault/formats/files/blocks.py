"""Blocks: what an import worker gets, and how a file of any layout is cut into them.

A block is a picklable value that stands for some consecutive records of a file, about 2 MB of
JSON. Whoever opens a file plans its blocks, cheaply for plain JSON Lines, where a block is only a
byte range; whoever gets a block calls `split` and then parses the texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from vault.errors import InvalidInput
from vault.formats.files.inputs import Compression, InputFile, Layout
from vault.formats.files.json_shape import HEAD_BYTES, JsonShape, shape_of
from vault.formats.files.lines import LineBytes, LineRange, line_blocks, plan_ranges
from vault.formats.files.meant.file_signs import SIGN_BYTES, check_signs
from vault.formats.files.records import Records, RecordTexts, Refused
from vault.formats.files.streams import ByteStream, open_stream
from vault.formats.limits import BLOCK_BYTES, MAX_RECORD_BYTES

__all__ = ["Block", "LineBytes", "LineRange", "RecordTexts", "Records", "Refused", "open_blocks"]

Block = LineRange | LineBytes | RecordTexts
"""Some consecutive records of a file; `split()` returns them."""

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


def open_blocks(
    file: InputFile,
    *,
    stdin: BinaryIO | None = None,
    block_bytes: int = BLOCK_BYTES,
    max_record_bytes: int = MAX_RECORD_BYTES,
) -> Iterator[Block]:
    """Yield the blocks of a file in order; an empty file has none.

    `stdin` is read for the path `-`, decompressed if its first bytes say so. Memory is bounded by
    a block and a record, however the file is made. What cannot be read is in the blocks, refused
    with its reason. Raises OSError if the file cannot be read and InvalidInput if none of it can:
    `file-changed`, those of `check_signs`, `not-a-list`, `csv-header`, `parquet-damaged`,
    `parquet-columns`, `parquet-bomb`, `parquet-needs-file`, `no-stdin`.
    """
    if file.layout in (Layout.PARQUET, Layout.ARROW):
        yield from _table(file, block_bytes, max_record_bytes)
        return
    with open_stream(file, stdin=stdin) as stream:
        start = _skip_mark(stream, file.path)
        if file.layout is Layout.CSV:
            from vault.formats.files.csv_rows import csv_blocks

            yield from csv_blocks(
                stream, file.path, block_bytes=block_bytes, max_record_bytes=max_record_bytes
            )
            return
        if file.layout is Layout.TEXT:
            from vault.formats.files.plain_text import text_blocks

            yield from text_blocks(
                stream, file.unit, block_bytes=block_bytes, max_record_bytes=max_record_bytes
            )
            return
        yield from _plain_json(file, stream, start, block_bytes, max_record_bytes)


def _plain_json(
    file: InputFile, stream: ByteStream, start: int, block_bytes: int, max_record_bytes: int
) -> Iterator[Block]:
    head = stream.peek(HEAD_BYTES)
    shape = shape_of(head, file.layout)
    if file.may_be_wrapped and _is_one_object(head, file.layout):
        from vault.formats.files.meant.wrapped_records import check_not_wrapped

        check_not_wrapped(head, file.path)
    if shape is not JsonShape.LINES:
        yield from _json(stream, file.path, shape, block_bytes, max_record_bytes)
    elif file.path == "-" or file.compression is not Compression.NONE:
        yield from line_blocks(stream, block_bytes=block_bytes, max_record_bytes=max_record_bytes)
    else:
        yield from plan_ranges(
            file.path,
            start,
            block_bytes=block_bytes,
            max_record_bytes=max_record_bytes,
            state=file.state,
        )


def _is_one_object(head: bytes, layout: Layout) -> bool:
    """Return whether a file that ends within its head may be one object, and not lines.

    One line of JSON Lines is a record, whatever it holds.
    """
    text = head.strip(_SPACE)
    if len(head) == HEAD_BYTES or not text.startswith(b"{"):
        return False
    is_line = b"\n" not in text
    return layout is Layout.JSON if is_line else shape_of(text, Layout.JSON) is JsonShape.OBJECT


def _skip_mark(stream: ByteStream, path: str) -> int:
    beginning = stream.peek(SIGN_BYTES)
    if path == "-" and beginning.startswith(b"PAR1"):
        raise _needs_file(path)
    check_signs(beginning, path)
    return len(stream.read(len(_BOM))) if beginning.startswith(_BOM) else 0


def _json(
    stream: ByteStream, path: str, shape: JsonShape, block_bytes: int, max_record_bytes: int
) -> Iterator[Block]:
    # numpy takes 0.1 s to import, which plain lines need not pay.
    from vault.formats.files.json_list import list_blocks, object_blocks

    if shape is JsonShape.OBJECT:
        yield from object_blocks(stream, path, max_record_bytes=max_record_bytes)
    else:
        yield from list_blocks(stream, block_bytes=block_bytes, max_record_bytes=max_record_bytes)


def _table(file: InputFile, block_bytes: int, max_record_bytes: int) -> Iterator[Block]:
    if file.path == "-" or file.compression is not Compression.NONE:
        raise _needs_file(file.path)
    with open(file.path, "rb") as handle:
        file.check_opened(handle.fileno())
        beginning = handle.read(SIGN_BYTES)
        if not beginning:
            return
        check_signs(beginning, file.path)
    if file.layout is Layout.ARROW:
        from vault.formats.files.arrow.stream_rows import arrow_blocks as blocks
    else:
        from vault.formats.files.arrow.parquet_rows import parquet_blocks as blocks

    yield from blocks(
        file.path,
        block_bytes=block_bytes,
        max_record_bytes=max_record_bytes,
        binary=file.binary,
    )
    # pyarrow opens the path itself.
    file.check_unchanged()


def _needs_file(path: str) -> InvalidInput:
    shown = "standard input" if path == "-" else path
    return InvalidInput(
        f"{shown} is Parquet as a stream, and Parquet is read from its end",
        code="parquet-needs-file",
        hint="save it uncompressed, under a name that ends in .parquet",
    )
