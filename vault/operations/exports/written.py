"""What is known of a file that an export wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vault.operations.exports.rendered_lines import RenderCounts

WRITER_VERSION = 1
"""The version of what writes files: raised with any change of the bytes that an export gives."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the SHA-256 and number of the file's bytes, and of its content.

    `content` is the SHA-256 of the records as JSON Lines, for Parquet and compressed files: their
    bytes may differ from one version of a library to the next. None for others. `examples` is how
    many were written, and `rendering` what came of writing them for a trainer.
    """

    sha256: str
    size_bytes: int
    content: str | None
    examples: int
    rendering: RenderCounts | None = None
