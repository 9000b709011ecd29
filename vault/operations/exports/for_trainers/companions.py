"""Texts beside exported files: README and configuration, which people may edit.

They have no digest in the lock. The end of each says the SHA-256 of what is above it: as long as
that is true nobody edited it, and an export may write it anew. In JSON it is the last member of the
last object, since there are no comments.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from vault.errors import AlreadyExists

_MARKS = {
    ".md": ("<!-- written by vault, sha256 ", " -->\n"),
    ".py": ("# written by vault, sha256 ", "\n"),
    ".yaml": ("# written by vault, sha256 ", "\n"),
    ".json": (',\n    "written by vault, sha256": "', '"\n  }\n}\n'),
}
_CLOSED = "\n  }\n}\n"
"""The end of JSON text with an indent of two spaces whose values are objects."""

_DIGEST = re.compile(rb"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Companions:
    """What becomes of the texts in a folder: `texts` are written, `kept` were edited and stay.

    `gone` are texts of an earlier export that is no more. All are paths.
    """

    texts: Mapping[str, bytes]
    kept: tuple[str, ...]
    gone: tuple[str, ...]


def companions_of(
    folder: str, texts: Mapping[str, str], before: Collection[str], *, force: bool
) -> Companions:
    """Return what becomes of the texts in a folder, `before` being the names that the lock lists.

    Raises AlreadyExists (`file-exists`) for a link, and for a file that vault did not write unless
    `force` is set.
    """
    written: dict[str, bytes] = {}
    kept = []
    for name, text in texts.items():
        path = str(Path(folder) / name)
        if Path(path).is_symlink():
            # It may have come with the repository, and lead to any file of the user's.
            raise AlreadyExists(
                f"{path} is a link to {os.readlink(path)}",
                code="file-exists",
                hint="remove the link, or write to another folder",
            )
        if force or not os.path.lexists(path) or is_as_written(path):
            written[path] = marked(name, text)
        elif name in before:
            kept.append(path)
        else:
            raise AlreadyExists(
                f"{path} exists, and vault did not write it",
                code="file-exists",
                hint="write to another folder, or overwrite it with --force",
            )
    left = [str(Path(folder) / name) for name in sorted(before) if name not in texts]
    gone = tuple(each for each in left if is_as_written(each))
    return Companions(written, tuple(kept), gone)


def marked(name: str, text: str) -> bytes:
    """Return the bytes of a text with the line that says its digest."""
    start, end = _MARKS[Path(name).suffix]
    body = (text.removesuffix(_CLOSED) if name.endswith(".json") else text).encode()
    return body + f"{start}{hashlib.sha256(body).hexdigest()}{end}".encode()


def is_as_written(path: str) -> bool:
    """Tell whether a file is a text that vault wrote and nobody edited since."""
    mark = _MARKS.get(Path(path).suffix)
    if mark is None or Path(path).is_symlink() or not Path(path).is_file():
        return False
    start, end = (each.encode() for each in mark)
    body, found, digest = Path(path).read_bytes().rpartition(start)
    digest, at_end, rest = digest.partition(end)
    return bool(
        found
        and at_end
        and not rest
        and _DIGEST.fullmatch(digest)
        and hashlib.sha256(body).hexdigest().encode() == digest
    )
