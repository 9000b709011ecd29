"""`vault.lock`: which files an export wrote, from which commit, and how; meant for git."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vault.errors import AlreadyExists, InvalidInput
from vault.formats.files.inputs import written_by_name
from vault.formats.files.meant.exported_names import LOCK
from vault.operations.exports.lock_entry import LockEntry, read_entry
from vault.operations.exports.writable_place import check_link
from vault.plain_files import new_file_in, read_plain

NAME = LOCK
_VERSION = 2
_VERSION_OF_0_1 = 1


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock says: an entry for each file by its path, and the names beside them by folder."""

    files: Mapping[str, LockEntry]
    companions: Mapping[str, Sequence[str]]


def lock_aside(
    folder: Path | None,
    entries: Mapping[str, LockEntry],
    companions: Mapping[str, Sequence[str]] | None = None,
    *,
    gone: Collection[str] = (),
) -> Path | None:
    """Write the lock as it is once some files are exported, under another name; return that.

    `entries` are by the paths that were typed; files outside the folder are not locked. Those that
    are `gone` lose their entries; `companions` are names of files without one, by folder. None
    where nothing is to be locked, or this user may not write in the folder: whoever may only read a
    repository can export from it all the same. Raises OSError for anything else, such as a full
    disk.
    """
    if folder is None:
        return None
    keyed = [(key_of(folder, path), each) for path, each in entries.items()]
    # A link to a file of another name is not exported by that name.
    told = {key: each for key, each in keyed if key is not None and _is_key(key)}
    if not told:
        return None
    before = read_whole_lock(folder)
    left = {key_of(folder, each) for each in gone}
    files = {key: each for key, each in before.files.items() if key not in left}
    beside = dict(before.companions)
    for path, names in (companions or {}).items():
        beside[key_of(folder, path) or ""] = names
    beside = {key: names for key, names in beside.items() if key and names}
    text = lock_text({**files, **told}, beside)
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


def lock_text(
    entries: Mapping[str, LockEntry], companions: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Return the text of a lock: the same for the same entries and companions."""
    lock: dict[str, Any] = {
        "files": {key: each.to_json() for key, each in entries.items()},
        "version": _VERSION,
    }
    if companions:
        lock["companions"] = {key: sorted(names) for key, names in companions.items()}
    return json.dumps(lock, indent=2, sort_keys=True) + "\n"


def read_lock(folder: Path) -> dict[str, LockEntry]:
    """Return what the lock beside a repository says of each file, by path relative to the folder.

    Raises InvalidInput (`lock-damaged`), Corrupt (`foreign-file` where the lock is a link).
    """
    return dict(read_whole_lock(folder).files)


def read_whole_lock(folder: Path) -> Lock:
    """Return the lock beside a repository, an empty one where there is none.

    Raises what `read_lock` raises.
    """
    try:
        text = read_plain(folder / NAME)
    except FileNotFoundError:
        return Lock({}, {})
    return parse_whole_lock(text, str(folder / NAME))


def parse_lock(text: bytes, name: str) -> dict[str, LockEntry]:
    """Return what the text of a lock says of each file; `name` is what people know it by.

    Locks of 0.1 may name files outside of the repository's folder: those are left out. Raises
    InvalidInput (`lock-damaged`).
    """
    return dict(parse_whole_lock(text, name).files)


def parse_whole_lock(text: bytes, name: str) -> Lock:
    """Return what the text of a lock says; raises what `parse_lock` raises."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    files = value.get("files") if isinstance(value, dict) else None
    version = value.get("version") if isinstance(value, dict) else None
    if not isinstance(files, dict) or version not in (_VERSION, _VERSION_OF_0_1):
        raise _damaged(f"{name} is not a lock that this vault can read", name)
    found = {key: read_entry(each) for key, each in files.items()}
    for key, entry in found.items():
        if not (_is_key(key) or (version == _VERSION_OF_0_1 and _is_absolute(key))):
            raise _damaged(f"{name} names {key!r}, which no export writes to", name)
        if entry is None:
            raise _damaged(f"{name} says of {key!r} what no export writes", name)
    kept = {key: each for key, each in found.items() if each is not None and _is_key(key)}
    return Lock(kept, _companions(value, name))


def _companions(lock: dict[str, Any], name: str) -> dict[str, list[str]]:
    given = lock.get("companions", {})
    if not isinstance(given, dict):
        raise _damaged(f"{name} lists companions of files in another way than vault does", name)
    for folder, names in given.items():
        is_right = isinstance(names, list) and all(
            isinstance(each, str) and "/" not in each and _is_plain_path(each) for each in names
        )
        if not is_right or not _is_plain_path(folder) or folder.startswith("/"):
            raise _damaged(f"{name} lists companions in {folder!r} that no export writes", name)
    return given


def check_unedited(folder: Path | None, path: str, *, force: bool) -> None:
    """Refuse to overwrite a file unless it is exactly what an export wrote, or `force` is set.

    The lock is believed of files in the folder and of those that were named by their own path: it
    may come from a stranger, and a link to a file of the user's with it. Raises AlreadyExists
    (`file-exists`, `file-edited`), InvalidInput (`lock-damaged`, `output-unknown`), Corrupt
    (`foreign-file` where the lock is a link).
    """
    target = Path(path)
    locked = {} if folder is None else read_lock(folder)
    check_link(path, force=force)
    if force:
        return
    if not target.exists():
        return
    if target.is_dir():
        raise AlreadyExists(
            f"{path} is a folder", code="file-exists", hint="name a file, or a path without ending"
        )
    key = None if folder is None else key_of(folder, path)
    entry = None if key is None else locked.get(key)
    leads_out = target.is_symlink() and is_outside(folder, path)
    if entry is None or leads_out:
        shown = f"{path} is a link to {os.path.realpath(path)}, which" if leads_out else path
        who = "vault.lock tells of no file outside its folder" if key is None else ""
        raise AlreadyExists(
            f"{shown} exists, and {who or 'vault did not write it'}",
            code="file-exists",
            hint="write elsewhere, or overwrite it with --force",
        )
    if digest_of(target) != entry.sha256:
        raise AlreadyExists(
            f"{path} was edited since vault wrote it",
            code="file-edited",
            hint="`vault import --update --key FIELD` takes edits in; --force overwrites them",
        )


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_of(folder: Path, path: str) -> str | None:
    """Return how the lock of a folder names a path, None for a path outside of it."""
    resolved, home = Path(path).resolve(), folder.resolve()
    return resolved.relative_to(home).as_posix() if resolved.is_relative_to(home) else None


def is_outside(folder: Path | None, path: str) -> bool:
    """Tell whether a path leads out of a repository's folder, so that the lock is silent on it."""
    return folder is None or key_of(folder, path) is None


def _is_key(key: str) -> bool:
    """Tell whether an export could have written a key: a plain relative path of a data file.

    No `..` and no control characters.
    """
    return _is_plain(key) and not key.startswith("/")


def _is_absolute(key: str) -> bool:
    return _is_plain(key) and key.startswith("/")


def _is_plain(key: str) -> bool:
    return _is_plain_path(key) and written_by_name(key) is not None


def _is_plain_path(key: str) -> bool:
    path = PurePosixPath(key)
    is_plain = path.as_posix() == key and ".." not in path.parts
    return is_plain and not any(unicodedata.category(each) == "Cc" for each in key)


def _damaged(told: str, name: str) -> InvalidInput:
    is_own = Path(name).name == NAME and Path(name).is_absolute()
    again = "restore it from git, or delete it: the next export writes it again"
    return InvalidInput(
        told, code="lock-damaged", hint=again if is_own else f"name a {NAME}, as an export wrote it"
    )
