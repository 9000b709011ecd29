"""What an import is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vault.errors import InvalidInput


class ImportMode(StrEnum):
    """What happens to what is there: nothing, its source goes, everything goes, or edits land."""

    APPEND = "append"
    REPLACE = "replace"
    REPLACE_ALL = "replace-all"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import is done; see `vault import --help` for each.

    `workers` is the number of processes for large inputs (default: the cores, at most 4).
    """

    format: str | None = None
    mapping: Mapping[str, str] | None = None
    source: str | None = None
    round: str | None = None
    mode: ImportMode = ImportMode.APPEND
    key: str | None = None
    readmit: bool = False
    dry_run: bool = False
    workers: int | None = None

    def __post_init__(self) -> None:
        """Take a mode by its name too: a plain text equals the mode but is not it."""
        try:
            object.__setattr__(self, "mode", ImportMode(self.mode))
        except ValueError:
            raise InvalidInput(
                f'"{self.mode}" is not a way to import',
                code="mode-unknown",
                hint=f"use {', '.join(ImportMode)}",
            ) from None
