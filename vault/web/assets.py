"""The files of the page, read once: a path from the outside never becomes a path of the disk."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Files that are served, by ending; others in the folder, such as licences, are not."""

PAGE = "index.html"
REOPEN = "reopen.html"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page: its bytes, type, and a tag that changes with the bytes.

    `compressed` are the same bytes, as gzip has them.
    """

    data: bytes
    compressed: bytes
    media_type: str
    tag: str


@cache
def assets() -> Mapping[str, Asset]:
    """Return all files of the page, by their names below `static`, such as `view/list.js`."""
    found: dict[str, Asset] = {}
    _collect(resources.files("vault.web") / "static", "", found)
    return found


def _collect(folder: Traversable, before: str, found: dict[str, Asset]) -> None:
    for each in sorted(folder.iterdir(), key=lambda item: item.name):
        if each.is_dir():
            _collect(each, f"{before}{each.name}/", found)
            continue
        media_type = TYPES.get("." + each.name.rpartition(".")[2])
        if media_type is not None:
            data = each.read_bytes()
            tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
            found[before + each.name] = Asset(data, gzip.compress(data, mtime=0), media_type, tag)
