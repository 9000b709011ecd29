"""`init`: make a repository in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vault.errors import InvalidInput
from vault.layout import IGNORE_FILE, repository_folder
from vault.presentation.report_html import Displayed
from vault.session.open_repository import begin, is_repository
from vault.store.local import LocalBackend
from vault.store.operation_log import Intent


@dataclass(frozen=True, slots=True)
class InitReport(Displayed):
    """Where the repository is, and whether this call made it."""

    path: Path
    created: bool


def init_repository(folder: Path, intent: Intent) -> InitReport:
    """Make a repository in a folder; where there is one already, nothing changes.

    Raises InvalidInput (`not-a-folder`), StorageFailed.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(
            f"{folder} is a file, so no repository can be made in it",
            code="not-a-folder",
            hint="name a folder: `vault init FOLDER`",
        )
    if is_repository(folder):
        return InitReport(repository_folder(folder).resolve(), created=False)
    backend = LocalBackend(repository_folder(folder))
    backend.put_if_absent(IGNORE_FILE, b"*\n")
    begin(backend, intent)
    return InitReport(repository_folder(folder).resolve(), created=True)
