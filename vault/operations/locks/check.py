"""`lock --check`: is each file that the lock lists as it was written, and still what HEAD holds?"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vault.errors import InvalidInput, NotFound
from vault.objects.digest import Digest
from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.lock_file import NAME, digest_of, key_of, read_lock
from vault.presentation.report_html import Displayed
from vault.session.context import Context


class LockState(StrEnum):
    """How a file stands to the lock."""

    UNEDITED = "unedited"
    STALE = "stale"
    EDITED = "edited"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file of the lock: its path relative to the repository's folder, and how it stands.

    `stale` is unedited, and of a branch that has other examples or labels since. `tag` still stands
    at the commit. `command` are the words that write the branch as it is (HEAD of other files),
    asked for in the same way.
    """

    path: str
    state: LockState
    commit: Digest | None
    tag: str | None
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LockCheck(Displayed):
    """The files of the lock, sorted, and whether all are as the lock says (`ok`).

    A stale file is no fault. `skipped` absent files were left out on request.
    """

    ok: bool
    items: tuple[CheckedFile, ...]
    skipped: int = 0


def check_lock(context: Context, paths: Sequence[str] = (), *, present: bool = False) -> LockCheck:
    """Return how files of the lock stand: those that are named, or all.

    `present` leaves out files that are not there, as where data are not checked out; a lock that is
    not there lists none then. Costs reading the files. Raises NotFound (`lock-missing`,
    `file-not-locked`), InvalidInput (`lock-damaged`, `lock-needs-folder`), OSError.
    """
    if present and not paths and context.folder is not None and not read_lock(context.folder):
        return LockCheck(True, ())
    folder, locked = locked_files(context, paths)
    view = context.log.tip().view
    branches = {
        str(name): context.commit(commit).fingerprint for name, commit in view.branches.items()
    }
    tags = {str(name): tag.commit for name, tag in view.tags.items()}
    return _checked(folder, locked, present, branches, tags)


def check_files(folder: Path, paths: Sequence[str] = (), *, present: bool = False) -> LockCheck:
    """Return the same without a repository, as in a clone that has the files and the lock alone.

    Nothing is stale, and tags are those of the lock. Raises what `check_lock` raises.
    """
    if present and not paths and not read_lock(folder):
        return LockCheck(True, ())
    return _checked(folder, _named(folder, paths), present, {}, None)


def locked_files(context: Context, paths: Sequence[str]) -> tuple[Path, Mapping[str, LockEntry]]:
    """Return the repository's folder and what the lock says of some files, of all if none is named.

    A folder stands for the files below it. Raises NotFound (`lock-missing`, `file-not-locked`),
    InvalidInput (`lock-damaged`, `lock-needs-folder`).
    """
    if context.folder is None:
        raise InvalidInput(
            "a repository in memory has no lock",
            code="lock-needs-folder",
            hint="open a repository in a folder",
        )
    return context.folder, _named(context.folder, paths)


def is_at_home(folder: Path, key: str) -> bool:
    """Tell whether no link leads the path of a locked file to another place."""
    return (folder / key).resolve() == folder.resolve() / key


def is_plain_file(path: Path) -> bool:
    """Tell whether a path is a file and no link, device or pipe."""
    return path.is_file() and not path.is_symlink()


def _named(folder: Path, paths: Sequence[str]) -> Mapping[str, LockEntry]:
    locked = read_lock(folder)
    if not locked:
        raise NotFound(
            f"{NAME} lists no file" if (folder / NAME).exists() else f"there is no {NAME} here",
            code="lock-missing",
            hint="`vault export v1 -o train.jsonl` writes a file and lists it",
        )
    found = {}
    for path in paths:
        key = key_of(folder, path)
        own = [each for each in locked if each == key or each.startswith(f"{key}/")]
        if not own:
            near = difflib.get_close_matches(str(key), locked, n=1)
            raise NotFound(
                f"{NAME} does not list {path}",
                code="file-not-locked",
                hint=f"did you mean {near[0]}?" if near else "`vault lock` shows what it lists",
            )
        found.update({each: locked[each] for each in own})
    return found if paths else locked


def _checked(
    folder: Path,
    locked: Mapping[str, LockEntry],
    present: bool,
    branches: Mapping[str, str | None],
    tags: Mapping[str, Digest] | None,
) -> LockCheck:
    items = []
    skipped = 0
    for key in sorted(locked):
        entry = locked[key]
        state = _state(folder, key, entry, branches.get(entry.branch or ""))
        if present and state is LockState.MISSING:
            skipped += 1
            continue
        tag = entry.tag
        if tag is not None and tags is not None and tags.get(tag) != entry.commit:
            tag = None
        command = tuple(entry.command(key, entry.branch or "HEAD"))
        items.append(CheckedFile(key, state, entry.commit, tag, command))
    is_right = all(each.state in (LockState.UNEDITED, LockState.STALE) for each in items)
    return LockCheck(is_right, tuple(items), skipped)


def _state(folder: Path, key: str, entry: LockEntry, fingerprint: str | None) -> LockState:
    path = folder / key
    # Nothing else is opened: a link may lead to a device that never ends, or out of the folder.
    if not is_plain_file(path) or not is_at_home(folder, key):
        return LockState.EDITED if os.path.lexists(path) else LockState.MISSING
    if digest_of(path) != entry.sha256:
        return LockState.EDITED
    is_old = fingerprint is not None and entry.fingerprint not in (None, fingerprint)
    return LockState.STALE if is_old else LockState.UNEDITED
