"""`[protect]` of `vault.toml`: evaluation files whose examples must not be in training data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vault.config import TEAM_FILE, read_team_section
from vault.errors import InvalidInput, NotFound
from vault.layout import FOLDER

SECTION = "protect"


@dataclass(frozen=True, slots=True)
class ProtectedFile:
    """A file of evaluation examples: its name as `vault.toml` has it, and where it is."""

    name: str
    path: Path


def protected_files(folder: Path | None) -> tuple[ProtectedFile, ...]:
    """Return the files that `protect.files` names, in its order; () if it names none.

    Paths are relative to the folder of `vault.toml`. Raises InvalidInput (`config-invalid`,
    `config-key-unknown`), NotFound (`protected-not-found`) for a path where nothing is.
    """
    if folder is None:
        return ()
    names = read_team_section(folder, SECTION).texts(f"{SECTION}.files") or ()
    found = tuple(ProtectedFile(name, folder / name) for name in dict.fromkeys(names))
    for each in found:
        if not each.name.strip() or (each.path / FOLDER).exists():
            raise InvalidInput(
                f'{TEAM_FILE}: protect.files has "{each.name}", which is the whole project',
                code="config-invalid",
                hint="name files of evaluation examples, such as eval.jsonl",
            )
        if not each.path.exists():
            raise NotFound(
                f'{TEAM_FILE} protects "{each.name}", which is not there',
                code="protected-not-found",
                hint=f"paths are relative to {TEAM_FILE}: change protect.files, or bring it back",
            )
    return found
