"""Files that vault exported itself: in a folder they are what came of data, and not data anew."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path

from vault.formats.files.meant.folder_contents import LeftOut

LOCK = "vault.lock"
"""The file in a repository's folder that lists what was exported."""

_WHY = "`vault export` wrote it, vault.lock says; name the file itself to read it"


def exported_names(folder: Path | None) -> frozenset[str]:
    """Return the real paths of the files that the lock of a repository's folder lists.

    None of a lock that is not there or cannot be read: `vault check` says what is wrong with it.
    """
    if folder is None:
        return frozenset()
    try:
        listed = json.loads((folder / LOCK).read_bytes())["files"]
        return frozenset(os.path.realpath(folder / name) for name in listed)
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def as_exported(path: str, exported: Collection[str]) -> LeftOut | None:
    """Return why a file of a folder is not read, if it is among the exported ones."""
    return LeftOut(path, _WHY) if os.path.realpath(path) in exported else None
