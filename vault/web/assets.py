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

STATIC = "/static/"
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
    """Return all files of the page, by their names below `static`, such as `view/list.js`.

    Pages name the others by addresses that have `edition` in them.
    """
    placed = f"{STATIC}{edition()}/".encode()
    found: dict[str, Asset] = {}
    for name, data in _files().items():
        media_type = TYPES["." + name.rpartition(".")[2]]
        if name.endswith(".html"):
            data = data.replace(STATIC.encode(), placed)
        tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        found[name] = Asset(data, gzip.compress(data, mtime=0), media_type, tag)
    return found


@cache
def edition() -> str:
    """Return a digest of all files.

    An address with it in front of a name is that of the same bytes for ever: a browser asks once.
    Modules name one another by relative addresses, so it is in theirs as well.
    """
    digest = hashlib.sha256()
    for name, data in _files().items():
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:16]


@cache
def _files() -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    _collect(resources.files("vault.web") / "static", "", found)
    return found


def _collect(folder: Traversable, before: str, found: dict[str, bytes]) -> None:
    for each in sorted(folder.iterdir(), key=lambda item: item.name):
        if each.is_dir():
            _collect(each, f"{before}{each.name}/", found)
        elif "." + each.name.rpartition(".")[2] in TYPES:
            found[before + each.name] = each.read_bytes()
