"""What a block of a file splits into: JSON texts, their lines, and what was refused.

One rule for line numbers everywhere: `line` and `lines` count from 0 at the start of their block,
and `line_count` says how many lines the block covers. A caller that keeps a running base, starting
at 1 and growing by `line_count`, gets numbers as an editor shows them: physical lines for JSONL
and CSV, the record's ordinal for JSON lists and Parquet. Knows nothing of files or layouts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from vault.formats.limits import BLOCK_BYTES, MAX_RECORD_BYTES, QUARANTINE_KEPT_BYTES


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a file that cannot be read as a record, with the reason.

    `raw` is the whole of it, or its first 64 KiB if it is longer than 64 MiB; `size_bytes` and
    `sha256` are those of the whole.
    """

    line: int
    code: str
    reason: str
    raw: bytes
    size_bytes: int
    sha256: bytes


@dataclass(slots=True)
class Records:
    """What a block holds: `texts[i]` stands on line `lines[i]`, counted from 0 in the block.

    Texts are free of surrounding white space and never empty, but not otherwise checked.
    """

    texts: list[bytes]
    lines: Sequence[int]
    refused: list[Refused]
    line_count: int


@dataclass(frozen=True, slots=True)
class RecordTexts:
    """A block of records that were read already, each as one JSON text.

    `lines` and the lines of `refused` count from 0 at the start of the block.
    """

    texts: tuple[bytes, ...]
    lines: tuple[int, ...]
    refused: tuple[Refused, ...]
    line_count: int

    def split(self) -> Records:
        """Return the records; costs nothing, they are in memory."""
        return Records(list(self.texts), self.lines, list(self.refused), self.line_count)


class LongText:
    """Takes in a refused text piece by piece, holding 64 MiB of it at the most."""

    __slots__ = ("_cut", "_digest", "_limit", "_pieces", "size_bytes")

    def __init__(self, limit: int = MAX_RECORD_BYTES) -> None:
        self._pieces: list[bytes] = []
        self._digest = hashlib.sha256()
        self._limit = limit
        self._cut = False
        self.size_bytes = 0

    def add(self, piece: bytes) -> None:
        """Append a piece of the text."""
        self._digest.update(piece)
        self.size_bytes += len(piece)
        if self._cut:
            return
        self._pieces.append(piece)
        if self.size_bytes > self._limit:
            self._pieces = [_beginning(self._pieces)]
            self._cut = True

    def whole(self) -> bytes:
        """Return the text, or its beginning if it is longer than the limit."""
        return b"".join(self._pieces)

    def refused(self, line: int, code: str, reason: str) -> Refused:
        """Return the text as refused for this reason."""
        return Refused(line, code, reason, self.whole(), self.size_bytes, self._digest.digest())


def _beginning(pieces: list[bytes]) -> bytes:
    kept = b""
    for piece in pieces:
        kept += piece[: QUARANTINE_KEPT_BYTES - len(kept)]
        if len(kept) == QUARANTINE_KEPT_BYTES:
            break
    return kept


def refuse(
    line: int, code: str, reason: str, raw: bytes, *, limit: int = MAX_RECORD_BYTES
) -> Refused:
    """Return a text that is in memory as refused; more than `limit` bytes are cut to 64 KiB."""
    text = LongText(limit)
    text.add(raw)
    return text.refused(line, code, reason)


def too_long(limit: int) -> str:
    """Return the reason for refusing a record of more than `limit` bytes."""
    size = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} bytes"
    return f"longer than {size}, the most that a record may have"


class BlockBuilder:
    """Gathers records that come one by one and hands them out in blocks.

    Lines are given as counted from 0 in the file; each block gets them as counted from its start.
    """

    __slots__ = ("_base", "_block_bytes", "_lines", "_refused", "_size", "_texts")

    def __init__(self, block_bytes: int = BLOCK_BYTES) -> None:
        self._block_bytes = block_bytes
        self._base = 0
        self._texts: list[bytes] = []
        self._lines: list[int] = []
        self._refused: list[Refused] = []
        self._size = 0

    @property
    def is_full(self) -> bool:
        """Whether the block has reached its size."""
        return self._size >= self._block_bytes

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added since the last block."""
        return not self._texts and not self._refused

    def add(self, line: int, text: bytes) -> None:
        """Add one record."""
        self._texts.append(text)
        self._lines.append(line - self._base)
        self._size += len(text)

    def refuse(self, line: int, code: str, reason: str, raw: bytes | LongText) -> None:
        """Add what cannot be read as a record."""
        if isinstance(raw, bytes):
            refused = refuse(line - self._base, code, reason, raw)
        else:
            refused = raw.refused(line - self._base, code, reason)
        self._refused.append(refused)
        # Many small refusals cost more than their bytes, and must fill a block as well.
        self._size += len(refused.raw) + 256

    def take(self, next_line: int) -> RecordTexts:
        """Return what was gathered; `next_line` is the first line that it does not cover."""
        block = RecordTexts(
            tuple(self._texts), tuple(self._lines), tuple(self._refused), next_line - self._base
        )
        self._base, self._size = next_line, 0
        self._texts, self._lines, self._refused = [], [], []
        return block
