"""`vault.lock`: which files an export wrote, from which commit, and how; meant for git."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from vault.errors import AlreadyExists, InvalidInput
from vault.formats.files.inputs import written_by_name
from vault.objects.digest import Digest
from vault.operations.exports.writable_place import check_link
from vault.plain_files import new_file_in, read_plain

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
        if not _is_key(_key(folder, each.path)):
            continue  # a link to a file of another name, which is not exported by that name
        locked[_key(folder, each.path)] = {
            "commit": commit,
            "examples": each.examples,
            "sha256": each.sha256,
            **recipe,
        }
    text = json.dumps({"files": locked, "version": _VERSION}, indent=2, sort_keys=True) + "\n"
    temporary = None
    try:
        descriptor, temporary = new_file_in(folder)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return None
        raise
    return temporary


def check_unedited(folder: Path | None, path: str, *, force: bool) -> None:
    """Refuse to overwrite a file unless it is exactly what an export wrote, or `force` is set.

    The lock is believed of files in the folder and of those that were named by their own path: it
    may come from a stranger, and a link to a file of the user's with it. Raises AlreadyExists
    (`file-exists`, `file-edited`), InvalidInput (`lock-damaged`, `output-unknown`), Corrupt
    (`foreign-file` where the lock is a link).
    """
    target = Path(path)
    locked = {} if folder is None else _read(folder)
    check_link(path, force=force)
    if force:
        return
    if not target.exists():
        return
    if target.is_dir():
        raise AlreadyExists(
            f"{path} is a folder", code="file-exists", hint="name a file, or a path without ending"
        )
    entry = None if folder is None else locked.get(_key(folder, path))
    leads_out = target.is_symlink() and not _is_inside(folder, path)
    if entry is None or leads_out:
        shown = f"{path} is a link to {os.path.realpath(path)}, which" if leads_out else path
        raise AlreadyExists(
            f"{shown} exists, and vault did not write it",
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


def _is_inside(folder: Path | None, path: str) -> bool:
    return folder is not None and Path(path).resolve().is_relative_to(folder.resolve())


def _is_key(key: str) -> bool:
    """Tell whether an export could have written a key: a plain path of a data file.

    Relative, or absolute for a file outside of the folder; no `..`, no control characters.
    """
    path = PurePosixPath(key)
    is_plain = (
        path.as_posix() == key and ".." not in path.parts and written_by_name(key) is not None
    )
    return is_plain and not any(unicodedata.category(each) == "Cc" for each in key)


def _is_entry(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    commit, sha256 = value.get("commit"), value.get("sha256")
    return (commit is None or isinstance(commit, str)) and isinstance(sha256, str)


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the lock says of each file. Raises InvalidInput (`lock-damaged`), Corrupt."""
    try:
        value = json.loads(read_plain(folder / NAME))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        value = None
    files = value.get("files") if isinstance(value, dict) else None
    if not isinstance(files, dict) or value.get("version") != _VERSION:
        raise _damaged(f"{folder / NAME} is not a lock that this vault can read")
    strange = [key for key in files if not _is_key(key) or not _is_entry(files[key])]
    if strange:
        raise _damaged(f"{folder / NAME} names {strange[0]!r}, which no export writes to")
    return dict(files)


def _damaged(told: str) -> InvalidInput:
    return InvalidInput(
        told,
        code="lock-damaged",
        hint="restore it from git, or delete it: the next export writes it again",
    )
