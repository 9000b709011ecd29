"""Beginning a repository, and opening the one that a folder holds."""

from __future__ import annotations

from pathlib import Path

from vault.errors import Corrupt, InvalidInput, NotFound, VaultError
from vault.layout import FORMAT_FILE, OPERATIONS, repository_folder
from vault.objects.log.view import RefName, View, Workspace
from vault.plain_files import PlainFolder
from vault.session.context import WORKSPACE
from vault.session.repository_format import (
    format_text,
    new_repository,
    parse_format,
    repository_of,
)
from vault.store.backend import Backend
from vault.store.local import LocalBackend
from vault.store.operation_log import Intent, OperationLog

_FIRST_BRANCH = RefName("main")


def begin(backend: Backend, intent: Intent) -> None:
    """Write the first operation and then the format file, which makes a place a repository."""
    view = View(workspaces={WORKSPACE: Workspace(branch=_FIRST_BRANCH)})
    log = OperationLog(backend)
    made = log.append(None, view, intent, repository=new_repository())
    # Where making one was cut off, the first entry is there and says how the repository is called.
    first = log.entry(1) if made is None else made.entry
    backend.put_if_absent(FORMAT_FILE, format_text(repository_of(first)))
    backend.sync()


def is_repository(folder: Path) -> bool:
    """Tell whether a folder holds a repository of ours: a `.vault` with our format file."""
    return _says_format(repository_folder(folder))


def open_backend(folder: Path) -> Backend:
    """Return the backend of the repository in a folder.

    Raises NotFound (`repository-not-found`), InvalidInput (`format-too-new`), Corrupt
    (`format-damaged`; `foreign-file` if `.vault` or its format file is a link).
    """
    if not _says_format(repository_folder(folder)):
        raise NotFound(
            f"there is no vault repository in {folder}",
            code="repository-not-found",
            hint="`vault init` makes one",
        )
    return LocalBackend(repository_folder(folder))


def _says_format(vault: Path) -> bool:
    try:
        text = PlainFolder(vault).read(FORMAT_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        raise InvalidInput(
            f"{vault} may not be read by this user",
            code="repository-unreadable",
            hint="check the folder's owner and permissions",
        ) from None
    if parse_format(text) is not None:
        return True
    if (vault / OPERATIONS).is_dir():
        raise Corrupt(
            f"{vault / FORMAT_FILE} is damaged: it does not say what the repository requires",
            code="format-damaged",
            hint=f"it should read {_expected(vault)}",
        )
    return False


def _expected(vault: Path) -> str:
    """Return what the format file should say, as far as the log tells."""
    try:
        newest = OperationLog(LocalBackend(vault)).newest()
    except VaultError:
        return "as in a copy of the repository"
    return format_text(newest.repository).decode().rstrip()
