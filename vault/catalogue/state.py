"""How the catalogue of a repository stands, without building or mending it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_SUFFIX = ".duckdb"


@dataclass(frozen=True, slots=True)
class CatalogueState:
    """The newest generation (None if there is no catalogue), its size, and whether it opens."""

    generation: int | None
    size_bytes: int
    is_damaged: bool


def catalogue_state(folder: Path) -> CatalogueState:
    """Return how the catalogue in a folder stands; opens it for reading. Raises OSError."""
    files = [each for each in folder.glob(f"*{_SUFFIX}") if each.stem.isdecimal()]
    if not files:
        return CatalogueState(None, 0, is_damaged=False)
    newest = max(files, key=lambda each: int(each.stem))
    return CatalogueState(int(newest.stem), newest.stat().st_size, is_damaged=not _opens(newest))


def _opens(path: Path) -> bool:
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("SELECT version FROM catalogue").fetchall()
    except duckdb.Error:
        return False
    return True
