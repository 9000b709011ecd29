"""Options of an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypedDict

from vault.errors import InvalidInput
from vault.formats.files.inputs import Binary, TextUnit


class ImportMode(StrEnum):
    """What happens to what is there: nothing, its source goes, everything goes, or edits land."""

    APPEND = "append"
    REPLACE = "replace"
    REPLACE_ALL = "replace-all"
    UPDATE = "update"


Mode = ImportMode | Literal["append", "replace", "replace-all", "update"]
"""A mode, or its name."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import is done; see `vault import --help` for each.

    `lines` and `paragraphs` say what is one example of plain text, instead of a file. `workers` is
    the number of processes for large inputs (default: the cores, at most 4). `split_from_name`
    gives new examples the label `split` that the name of their file says. `binary` says what
    becomes of bytes in tables that are no text. A `mode` that was given by its name is an
    ImportMode once the options are made. Raises InvalidInput (`mode-unknown`;
    `key-without-update` for a key that nothing is looked up by; `text-units-exclude` for both lines
    and paragraphs).
    """

    format: str | None = None
    mapping: Mapping[str, str] | None = None
    source: str | None = None
    round: str | None = None
    mode: Mode = ImportMode.APPEND
    key: str | None = None
    readmit: bool = False
    dry_run: bool = False
    workers: int | None = None
    lines: bool = False
    paragraphs: bool = False
    split_from_name: bool = False
    binary: Binary | Literal["refused", "base64", "omit"] = Binary.REFUSED

    @property
    def text_unit(self) -> TextUnit | None:
        """What is one example of plain text, None if nothing was said."""
        if self.lines:
            return TextUnit.LINE
        return TextUnit.PARAGRAPH if self.paragraphs else None

    def __post_init__(self) -> None:
        """Take a mode by its name, and refuse what does not go together."""
        try:
            object.__setattr__(self, "mode", ImportMode(self.mode))
        except ValueError:
            raise InvalidInput(
                f'"{self.mode}" is not a way to import',
                code="mode-unknown",
                hint=f"use {', '.join(ImportMode)}",
            ) from None
        object.__setattr__(self, "binary", Binary(self.binary))
        if self.key is not None and self.mode is not ImportMode.UPDATE:
            raise InvalidInput(
                "--key says which example is which for --update only",
                code="key-without-update",
                hint="add --update, or leave out --key",
            )
        if self.lines and self.paragraphs:
            raise InvalidInput(
                "an example of plain text cannot be both a line and a paragraph",
                code="text-units-exclude",
                hint="leave out --lines or --paragraphs",
            )


class ReadArguments(TypedDict, total=False):
    """Fields of `ImportOptions` that say how records are read."""

    format: str | None
    mapping: Mapping[str, str] | None


class RecordArguments(ReadArguments, total=False):
    """Fields of `ImportOptions` but for the source."""

    round: str | None
    mode: Mode
    key: str | None
    readmit: bool
    dry_run: bool
    workers: int | None


class ImportArguments(RecordArguments, total=False):
    """Fields of `ImportOptions`."""

    lines: bool
    paragraphs: bool
    split_from_name: bool
    binary: Binary | Literal["refused", "base64", "omit"]
    source: str | None
