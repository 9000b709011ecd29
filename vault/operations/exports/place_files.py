"""Putting the files of an export in place together, with the lock that tells of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.lock_file import NAME, lock_aside
from vault.operations.exports.write_target import Written
from vault.plain_files import new_file_in

Entries = Callable[[Mapping[str, Written]], Mapping[str, LockEntry]]
"""Returns what the lock is to say of files that were written aside; what it raises undoes all."""


def place_files(
    folder: Path | None, writers: Mapping[str, Callable[[BinaryIO], Written]], entries: Entries
) -> tuple[dict[str, Written], bool]:
    """Write files aside, each by its path, then put all of them and the lock in place.

    Never half of a split beside an older half. Returns what was written, and whether the lock of
    the repository's folder tells of it. Raises what the writers and `entries` raise, and OSError.
    """
    aside: dict[Path, Path] = {}
    temporaries: list[Path] = []
    written: dict[str, Written] = {}
    made: list[Path] = []
    try:
        for name, write in writers.items():
            # A link stays, and what it points to is written.
            path = Path(os.path.realpath(name))
            made += _make_folder(path.parent)
            descriptor, temporary = new_file_in(path.parent)
            temporaries.append(temporary)
            with open(descriptor, "wb") as file:
                written[name] = write(file)
            aside[temporary] = path
        lock = lock_aside(folder, entries(written))
        temporaries += [] if lock is None else [lock]
        for temporary, path in aside.items():
            os.replace(temporary, path)
        if lock is not None and folder is not None:
            os.replace(lock, folder / NAME)
        made = []
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)
        for each in reversed(made):
            with suppress(OSError):
                each.rmdir()
    return written, lock is not None


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; return those that were not there, outermost first."""
    lacking = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return lacking[::-1]
