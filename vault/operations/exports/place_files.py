"""Putting the files of an export in place together, with the lock that tells of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.lock_file import NAME, lock_aside
from vault.operations.exports.written import Written
from vault.plain_files import new_file_in


@dataclass(frozen=True, slots=True)
class Placement:
    """What goes with files that were written aside.

    `entries` are what the lock says of them, by path. `texts` are written beside them and have no
    entry. `gone` are files of an earlier export, which are removed. `companions` are the names of
    such texts in each folder, as the lock lists them.
    """

    entries: Mapping[str, LockEntry]
    texts: Mapping[str, bytes] = field(default_factory=dict)
    gone: Sequence[str] = ()
    companions: Mapping[str, Sequence[str]] = field(default_factory=dict)


PlacementOf = Callable[[Mapping[str, Written]], Placement]
"""Returns what goes with files that were written aside; what it raises undoes all."""


def place_files(
    folder: Path | None,
    writers: Mapping[str, Callable[[BinaryIO], Written]],
    placement_of: PlacementOf,
) -> tuple[dict[str, Written], bool]:
    """Write files aside, each by its path, then put all of them and the lock in place.

    Never half of a split beside an older half. Files to remove are set aside first and come back if
    anything fails. Returns what was written, and whether the lock of the repository's folder tells
    of it. Raises what the writers and `placement_of` raise, and OSError.
    """
    aside: dict[Path, Path] = {}
    removed: dict[Path, Path] = {}
    temporaries: list[Path] = []
    written: dict[str, Written] = {}
    made: list[Path] = []
    try:
        for name, write in writers.items():
            path, temporary, descriptor = _new_aside(name, made)
            temporaries.append(temporary)
            with open(descriptor, "wb") as file:
                written[name] = write(file)
            aside[temporary] = path
        placement = placement_of(written)
        for name, text in placement.texts.items():
            path, temporary, descriptor = _new_aside(name, made)
            temporaries.append(temporary)
            with open(descriptor, "wb") as file:
                file.write(text)
            aside[temporary] = path
        lock = lock_aside(folder, placement.entries, placement.companions, gone=placement.gone)
        temporaries += [] if lock is None else [lock]
        if lock is not None and folder is not None:
            aside[lock] = folder / NAME
        _exchange(aside, placement.gone, removed)
        made = []
    finally:
        for temporary in (*temporaries, *removed):
            temporary.unlink(missing_ok=True)
        for each in reversed(made):
            with suppress(OSError):
                each.rmdir()
    return written, lock is not None


def _new_aside(name: str, made: list[Path]) -> tuple[Path, Path, int]:
    """Return where a file goes, and a new file beside it with its descriptor.

    Folders that were not there are added to `made`, outermost first.
    """
    # A link stays, and what it points to is written.
    path = Path(os.path.realpath(name))
    made += [each for each in (path.parent, *path.parent.parents) if not each.exists()][::-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = new_file_in(path.parent)
    return path, temporary, descriptor


def _exchange(aside: Mapping[Path, Path], gone: Sequence[str], removed: dict[Path, Path]) -> None:
    """Put files in place that were written aside, the lock last; what goes comes back if not."""
    try:
        _set_aside(gone, removed)
        for temporary, path in aside.items():
            os.replace(temporary, path)
    except BaseException:
        for temporary, path in removed.items():
            with suppress(OSError):
                os.replace(temporary, path)
        raise


def _set_aside(names: Sequence[str], removed: dict[Path, Path]) -> None:
    for name in names:
        path = Path(name)
        descriptor, temporary = new_file_in(path.parent)
        os.close(descriptor)
        os.replace(path, temporary)
        removed[temporary] = path
