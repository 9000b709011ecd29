"""Beginning a repository, and opening the one that a folder holds."""

from __future__ import annotations

import json
from pathlib import Path

from vault.errors import Corrupt, InvalidInput, NotFound
from vault.layout import FORMAT_FILE, OPERATIONS, repository_folder
from vault.objects.view import RefName, View, Workspace
from vault.plain_files import PlainFolder
from vault.session.context import WORKSPACE
from vault.store.backend import Backend
from vault.store.local import LocalBackend
from vault.store.operation_log import Intent, OperationLog

_VERSION = 1

FORMAT_TEXT = b'{"requires": [], "version": 1}\n'
"""The format file of this version, which is the only one so far."""

_FIRST_BRANCH = RefName("main")


def begin(backend: Backend, intent: Intent) -> None:
    """Write the first operation and then the format file, which makes a place a repository."""
    view = View(workspaces={WORKSPACE: Workspace(branch=_FIRST_BRANCH)})
    OperationLog(backend).append(None, view, intent)
    backend.put_if_absent(FORMAT_FILE, FORMAT_TEXT)
    backend.sync()


def is_repository(folder: Path) -> bool:
    """Tell whether a folder holds a repository of ours: a `.vault` with our format file."""
    return _read_format(repository_folder(folder)) is not None


def open_backend(folder: Path) -> Backend:
    """Return the backend of the repository in a folder.

    Raises NotFound (`repository-not-found`), InvalidInput (`format-too-new`), Corrupt
    (`format-damaged`; `foreign-file` if `.vault` or its format file is a link).
    """
    value = _read_format(repository_folder(folder))
    if value is None:
        raise NotFound(
            f"there is no vault repository in {folder}",
            code="repository-not-found",
            hint="`vault init` makes one",
        )
    requires = value.get("requires")
    if value.get("version") != _VERSION or requires != []:
        raise InvalidInput(
            f"the repository is of format {value.get('version')} and requires {requires}, "
            f"and this vault knows format {_VERSION}",
            code="format-too-new",
            hint="upgrade with `pip install --upgrade dataset-vault`",
        )
    return LocalBackend(repository_folder(folder))


def _read_format(vault: Path) -> dict[str, object] | None:
    try:
        text = PlainFolder(vault).read(FORMAT_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise InvalidInput(
            f"{vault} may not be read by this user",
            code="repository-unreadable",
            hint="check the folder's owner and permissions",
        ) from None
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict) and "requires" in value:
        return value
    if (vault / OPERATIONS).is_dir():
        raise Corrupt(
            f"{vault / FORMAT_FILE} is damaged: it does not say what the repository requires",
            code="format-damaged",
            hint='it should read {"requires": [], "version": 1}',
        )
    return None
