"""How the catalogue of a repository stands, without opening, building or mending it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vault.plain_files import PlainFolder

_GENERATION = re.compile(r"([0-9]+)\.duckdb")
_MARK = b"DUCK"
_MARK_AT = 8


@dataclass(frozen=True, slots=True)
class CatalogueState:
    """The newest generation (None if there is none), the size of all, and whether one is damaged.

    Damaged is one that does not begin as a database does. Nothing more is looked at: whoever opens
    a database runs what its views say.
    """

    generation: int | None
    size_bytes: int
    is_damaged: bool


def catalogue_state(folder: Path) -> CatalogueState:
    """Return how the catalogue in a folder stands; reads 12 bytes of each generation.

    Raises Corrupt (`foreign-file`), OSError.
    """
    plain = PlainFolder(folder)
    found = {
        int(match[1]): name for name in plain.names() if (match := _GENERATION.fullmatch(name))
    }
    if not found:
        return CatalogueState(None, 0, is_damaged=False)
    size_bytes = sum(plain.status(name).st_size for name in found.values())
    is_damaged = not all(_begins_well(plain, name) for name in found.values())
    return CatalogueState(max(found), size_bytes, is_damaged=is_damaged)


def _begins_well(plain: PlainFolder, name: str) -> bool:
    with open(plain.open(name), "rb", buffering=0) as file:
        return file.read(_MARK_AT + len(_MARK))[_MARK_AT:] == _MARK
