"""`diff --from-lock OLD NEW`: what two versions of a lock mean, for a review in git."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import ids_of
from vault.errors import InvalidInput, NotFound
from vault.objects.digest import Digest
from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.lock_file import parse_lock
from vault.operations.locks.open_locked import NotMet, open_entry
from vault.presentation.report_html import Displayed
from vault.session.context import Context

_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class LockedVersion:
    """A file as one of the locks has it."""

    commit: Digest | None
    tag: str | None
    examples: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LockedChange:
    """A file that differs: `change` is added, removed or changed.

    `added` and `removed` count its examples that came and left, of one that was edited both; None
    where a version is not in this repository, which `unknown` then says. `request` names what was
    asked for in another way, such as `where`.
    """

    path: str
    change: str
    old: LockedVersion | None
    new: LockedVersion | None
    added: int | None
    removed: int | None
    request: tuple[str, ...] = ()
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class LockDiff(Displayed):
    """The files that differ between two locks, sorted, and how many are the same."""

    items: tuple[LockedChange, ...]
    unchanged: int


def compare_locks(context: Context, old: str, new: str) -> LockDiff:
    """Return what differs between two lock files, file by file and in examples.

    Costs the ids of each version of a file that differs. Raises NotFound (`file-not-found`),
    InvalidInput (`lock-damaged`), Corrupt.
    """
    before, after = _read(old), _read(new)
    items = []
    unchanged = 0
    for path in sorted(before.keys() | after.keys()):
        one, other = before.get(path), after.get(path)
        if one is not None and other is not None and one.sha256 == other.sha256:
            unchanged += 1
        else:
            items.append(_compared(context, path, one, other))
    return LockDiff(tuple(items), unchanged)


def _compared(
    context: Context, path: str, old: LockEntry | None, new: LockEntry | None
) -> LockedChange:
    change = "added" if old is None else "removed" if new is None else "changed"
    added = removed = unknown = None
    try:
        mine, theirs = _ids(context, old), _ids(context, new)
        added = len(np.setdiff1d(theirs, mine))
        removed = len(np.setdiff1d(mine, theirs))
    except NotMet as error:
        unknown = str(error)
    request = sorted(
        name
        for name in {*(old.request if old else ()), *(new.request if new else ())}
        if old is not None and new is not None and old.request.get(name) != new.request.get(name)
    )
    return LockedChange(
        path, change, _version(old), _version(new), added, removed, tuple(request), unknown
    )


def _ids(context: Context, entry: LockEntry | None) -> NDArray[np.bytes_]:
    """Return the ids of the examples of a locked file, as hexadecimal text. Raises NotMet."""
    if entry is None:
        return np.zeros(0, "S32")
    found = open_entry(context, entry, "-")
    keys = np.unique(found.written_keys())
    ids = ids_of(found.opened.dataset.columns(keys, ["id"]))
    return np.array([each.tobytes().hex() for each in ids], "S32")


def _version(entry: LockEntry | None) -> LockedVersion | None:
    if entry is None:
        return None
    return LockedVersion(entry.commit, entry.tag, entry.examples, entry.sha256)


def _read(path: str) -> Mapping[str, LockEntry]:
    try:
        # Not only plain files: `<(git show main:vault.lock)` is a pipe.
        with open(path, "rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound(
            f"{path} is no lock file",
            code="file-not-found",
            hint="such as: vault diff --from-lock <(git show main:vault.lock) vault.lock",
        ) from None
    if len(text) > _MOST_BYTES:
        raise InvalidInput(
            f"{path} is longer than a lock can be", code="lock-damaged", hint="name a vault.lock"
        )
    # A branch that has no lock yet shows nothing.
    return parse_lock(text, Path(path).name) if text.strip() else {}
