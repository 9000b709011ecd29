"""JSON lists and single JSON objects to blocks of record texts, in bounded memory.

Every element is passed on as its text, whatever it is: whether it is an object, and valid, is
found out when it is parsed. Records are numbered by their place in the list.
"""

from __future__ import annotations

from collections.abc import Iterator

from vault.errors import InvalidInput
from vault.formats.files.json_scanner import ListScanner
from vault.formats.files.json_shape import value_end
from vault.formats.files.records import BlockBuilder, LongText, RecordTexts, refuse, too_long
from vault.formats.files.streams import ByteStream
from vault.formats.limits import READ_BYTES

_SPACE = b" \t\r\n"


def list_blocks(
    stream: ByteStream, *, block_bytes: int, max_record_bytes: int, read_bytes: int = READ_BYTES
) -> Iterator[RecordTexts]:
    """Yield the elements of the JSON list that a stream begins with, white space removed.

    Refused are an empty element (`invalid-json`), one that is too long (`too-long`), what a list
    that never ends breaks off in (`truncated-list`, or `compression-damaged` where the stream
    says so), and text after the list (`trailing-text`).
    """
    head = b""
    while not head and (piece := stream.read(read_bytes)):
        head = piece.lstrip(_SPACE)
    data = head[1:]  # the bracket
    scanner = ListScanner()
    elements = _Elements(BlockBuilder(block_bytes), max_record_bytes)
    while True:
        scan = scanner.scan(data)
        start = 0
        for comma in scan.commas:
            elements.end(scan.text[start:comma])
            start = comma + 1
            if elements.builder.is_full:
                yield elements.builder.take(elements.count)
        elements.extend(scan.text[start:])
        if scan.rest is not None:
            elements.close()
            _refuse_trailing(stream, scan.rest, elements)
            break
        data = stream.read(read_bytes)
        if not data:
            elements.extend(scanner.flush())
            elements.break_off(stream.damage, is_whole=scanner.is_between_values)
            break
    if not elements.builder.is_empty:
        yield elements.builder.take(elements.count)


class _Elements:
    """Puts elements together from the pieces that buffers hold of them."""

    def __init__(self, builder: BlockBuilder, limit: int) -> None:
        self.builder = builder
        self.count = 0
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._long: LongText | None = None

    def extend(self, piece: bytes) -> None:
        """Add a piece of an element that does not end with it."""
        if not piece:
            return
        if self._long is not None:
            self._long.add(piece)
            return
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._limit:
            self._long = self._gathered()

    def end(self, piece: bytes) -> None:
        """Add the last piece of an element."""
        if self._pieces or self._long is not None or len(piece) > self._limit:
            self.extend(piece)
            piece = b"" if self._long is not None else self._joined()
        if self._long is not None:
            self.builder.refuse(self.count, "too-long", too_long(self._limit), self._long)
            self._long = None
        elif piece:
            self.builder.add(self.count, piece)
        else:
            reason = "nothing stands where the list should have its next record"
            self.builder.refuse(self.count, "invalid-json", reason, b"")
        self.count += 1

    def close(self) -> None:
        """End the last element; a list that is empty has none, and none follows a last comma."""
        if self._pieces or self._long is not None:
            self.end(b"")

    def break_off(self, damage: str | None, *, is_whole: bool) -> None:
        """Refuse what the list breaks off in; an element whose brackets are closed is kept."""
        if is_whole and self._pieces and self._pieces[-1].endswith(b"}"):
            self.end(b"")
        text = self._long or self._gathered()
        if damage is None:
            reason = "the list has no closing bracket: the file ends too early"
            self.builder.refuse(self.count, "truncated-list", reason, text)
        else:
            self.builder.refuse(self.count, "compression-damaged", damage, text)
        self.count += 1

    def refuse(self, code: str, reason: str, text: LongText) -> None:
        """Refuse what is not an element, under the next number."""
        self.builder.refuse(self.count, code, reason, text)
        self.count += 1

    def _joined(self) -> bytes:
        text = b"".join(self._pieces)
        self._pieces, self._size = [], 0
        return text

    def _gathered(self) -> LongText:
        text = LongText(self._limit)
        for piece in self._pieces:
            text.add(piece)
        self._pieces, self._size = [], 0
        return text


def _refuse_trailing(stream: ByteStream, rest: bytes, elements: _Elements) -> None:
    text = LongText()
    piece = rest
    while True:
        if text.size_bytes or piece.strip(_SPACE):
            text.add(piece)
        piece = stream.read(READ_BYTES)
        if not piece:
            break
    if text.size_bytes:
        elements.refuse("trailing-text", "text follows the end of the list", text)
    if stream.damage is not None:
        elements.refuse("compression-damaged", stream.damage, LongText())


def object_blocks(stream: ByteStream, path: str, *, max_record_bytes: int) -> Iterator[RecordTexts]:
    """Yield the one record of a file that is one JSON object across lines.

    Raises InvalidInput (`not-a-list`) if something follows the object: which objects a file of
    several holds could only be guessed.
    """
    text = stream.read(max_record_bytes + 1)
    end = value_end(text)
    if end is not None and text[end:].strip(_SPACE):
        raise InvalidInput(
            f"{path} holds several JSON objects across lines, and no list around them",
            code="not-a-list",
            hint=f"write one object per line: jq -c . {path} > records.jsonl",
        )
    if stream.damage is not None:
        refused = refuse(0, "compression-damaged", stream.damage, text)
        yield RecordTexts((), (), (refused,), 1)
    elif len(text) > max_record_bytes:
        long = LongText(max_record_bytes)
        while text:
            long.add(text)
            text = stream.read(READ_BYTES)
        refused = long.refused(0, "too-long", too_long(max_record_bytes))
        yield RecordTexts((), (), (refused,), 1)
    else:
        yield RecordTexts((_without_space(text),), (0,), (), 1)


def _without_space(text: bytes) -> bytes:
    scan = ListScanner().scan(text + b"]")
    return scan.text if scan.rest == b"" else text.strip(_SPACE)
