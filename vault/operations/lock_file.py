"""`vault.lock`: which files an export wrote, from which commit, and how; meant for git."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from vault.errors import AlreadyExists, InvalidInput
from vault.objects.digest import Digest

NAME = "vault.lock"
_VERSION = 1


class WrittenFile(Protocol):
    """A file that was exported."""

    @property
    def path(self) -> str:
        """Its path as the user gave it."""
        ...

    @property
    def examples(self) -> int:
        """How many examples it holds."""
        ...

    @property
    def sha256(self) -> str:
        """SHA-256 of its bytes."""
        ...


def lock_aside(
    folder: Path | None, commit: Digest | None, files: Sequence[WrittenFile], recipe: dict[str, Any]
) -> Path | None:
    """Write the lock as it is once some files are exported, under another name; return that.

    None where this user may not write in the folder: whoever may only read a repository can export
    from it all the same. Raises OSError for anything else, such as a full disk.
    """
    if folder is None:
        return None
    locked = _read(folder)
    for each in files:
        locked[_key(folder, each.path)] = {
            "commit": commit,
            "examples": each.examples,
            "sha256": each.sha256,
            **recipe,
        }
    text = json.dumps({"files": locked, "version": _VERSION}, indent=2, sort_keys=True) + "\n"
    temporary = folder / f".{NAME}.{os.getpid()}.tmp"
    try:
        temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return None
        raise
    return temporary


def check_unedited(folder: Path | None, path: str, *, force: bool) -> None:
    """Refuse to overwrite a file unless it is exactly what an export wrote, or `force` is set.

    Raises AlreadyExists (`file-exists`, `file-edited`), InvalidInput (`lock-damaged`).
    """
    target = Path(path)
    locked = {} if folder is None else _read(folder)
    if force:
        return
    if target.is_symlink() and not target.exists():
        raise AlreadyExists(
            f"{path} is a link to {os.readlink(target)}, which does not exist",
            code="file-exists",
            hint="write elsewhere, or make that file with --force",
        )
    if not target.exists():
        return
    if target.is_dir():
        raise AlreadyExists(
            f"{path} is a folder", code="file-exists", hint="name a file, or a path without ending"
        )
    entry = None if folder is None else locked.get(_key(folder, path))
    if entry is None:
        raise AlreadyExists(
            f"{path} exists, and vault did not write it",
            code="file-exists",
            hint="write elsewhere, or overwrite it with --force",
        )
    with open(target, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != entry.get("sha256"):
        raise AlreadyExists(
            f"{path} was edited since vault wrote it",
            code="file-edited",
            hint="`vault import --replace` takes the edits in; --force overwrites them",
        )


def _key(folder: Path, path: str) -> str:
    resolved = Path(path).resolve()
    home = folder.resolve()
    return resolved.relative_to(home).as_posix() if resolved.is_relative_to(home) else str(resolved)


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        value = json.loads((folder / NAME).read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        value = None
    if not isinstance(value, dict) or value.get("version") != _VERSION:
        raise InvalidInput(
            f"{folder / NAME} is not a lock that this vault can read",
            code="lock-damaged",
            hint="restore it from git, or delete it: the next export writes it again",
        )
    return dict(value["files"])
