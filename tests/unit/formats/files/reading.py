"""Reading files the way an import does, for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from vault.formats.files.blocks import Refused, open_blocks
from vault.formats.files.inputs import InputFile, find_files


@dataclass
class Read:
    """What came out of a file: texts with their line numbers as an editor shows them."""

    texts: list[bytes] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    details: list[Refused] = field(default_factory=list)


def read_file(file: Path | InputFile, stdin: BinaryIO | None = None, **limits: Any) -> Read:
    """Return all records of a file, or of standard input."""
    if isinstance(file, Path):
        (file,) = find_files([str(file)])
    result = Read()
    base = 1
    for block in open_blocks(file, stdin=stdin, **limits):
        records = block.split()
        result.texts += records.texts
        result.lines += [base + line for line in records.lines]
        result.refused += [(base + refused.line, refused.code) for refused in records.refused]
        result.details += records.refused
        base += records.line_count
    return result


def write_file(path: Path, data: bytes) -> Path:
    """Write bytes and return the path."""
    path.write_bytes(data)
    return path
