"""The protocol of record writers, and the lines they are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Buffer = bytes | bytearray | memoryview
"""Bytes in memory."""


class RecordWriter(Protocol):
    """Takes records as JSON texts, each on one line, and writes them to a file."""

    def write(self, texts: Sequence[bytes]) -> None:
        """Write records."""

    def write_lines(self, lines: Buffer) -> None:
        """Write records that are joined to lines, each ending in LF; the fast way for JSONL."""

    def close(self) -> None:
        """Write what is still to be written; the file beneath stays open. Call it once."""


def split_lines(lines: Buffer) -> list[bytes]:
    """Return the records that were joined to lines."""
    texts = bytes(lines).split(b"\n")
    if not texts[-1]:
        texts.pop()
    return texts
