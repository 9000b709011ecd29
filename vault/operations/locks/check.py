"""`lock --check`: is each file that the lock lists as it was written, and still what HEAD holds?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vault.errors import InvalidInput, NotFound
from vault.objects.digest import Digest
from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.lock_file import NAME, digest_of, key_of, read_lock
from vault.presentation.report_html import Displayed
from vault.session.context import Context, head_of


class LockState(StrEnum):
    """How a file stands to the lock."""

    UNEDITED = "unedited"
    STALE = "stale"
    EDITED = "edited"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file of the lock: its path relative to the repository's folder, and how it stands.

    `stale` is unedited, without a tag, and of another commit than HEAD with other examples or
    labels.
    """

    path: str
    state: LockState
    commit: Digest | None
    tag: str | None


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

    `present` leaves out files that are not there, as where data are not checked out. Costs reading
    the files. Raises NotFound (`lock-missing`, `file-not-locked`), InvalidInput (`lock-damaged`,
    `lock-needs-folder`), OSError.
    """
    folder, locked = locked_files(context, paths)
    head = head_of(context.log.tip().view)
    fingerprint = None if head is None else context.commit(head).fingerprint
    items = []
    skipped = 0
    for key in sorted(locked):
        state = _state(folder / key, locked[key], fingerprint)
        if present and state is LockState.MISSING:
            skipped += 1
            continue
        items.append(CheckedFile(key, state, locked[key].commit, locked[key].tag))
    is_right = all(each.state in (LockState.UNEDITED, LockState.STALE) for each in items)
    return LockCheck(is_right, tuple(items), skipped)


def locked_files(context: Context, paths: Sequence[str]) -> tuple[Path, Mapping[str, LockEntry]]:
    """Return the repository's folder and what the lock says of some files, of all if none is named.

    Raises NotFound (`lock-missing`, `file-not-locked`), InvalidInput (`lock-damaged`,
    `lock-needs-folder`).
    """
    folder = context.folder
    if folder is None:
        raise InvalidInput(
            "a repository in memory has no lock",
            code="lock-needs-folder",
            hint="open a repository in a folder",
        )
    locked = read_lock(folder)
    if not locked:
        raise NotFound(
            f"{NAME} lists no file" if (folder / NAME).exists() else f"there is no {NAME} here",
            code="lock-missing",
            hint="`vault export v1 -o train.jsonl` writes a file and lists it",
        )
    keys = {path: key_of(folder, path) for path in paths}
    for path, key in keys.items():
        if key not in locked:
            raise NotFound(
                f"{NAME} does not list {path}",
                code="file-not-locked",
                hint=f"`vault which {path}` looks for it by what it holds",
            )
    return folder, {key: locked[key] for key in keys.values() if key} if paths else locked


def _state(path: Path, entry: LockEntry, fingerprint: str | None) -> LockState:
    try:
        if digest_of(path) != entry.sha256:
            return LockState.EDITED
    except FileNotFoundError:
        return LockState.MISSING
    except IsADirectoryError:
        return LockState.EDITED
    is_old = entry.fingerprint not in (None, fingerprint)
    return LockState.STALE if is_old and entry.tag is None else LockState.UNEDITED
