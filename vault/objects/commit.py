"""Commits: one recorded state of a dataset, as canonical JSON. Needs only the standard library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from vault.errors import Corrupt
from vault.objects.digest import Digest, is_digest
from vault.objects.json.stored import MALFORMED, stored_json

MOST_UNPAIRED = 100_000
"""Examples without a partner, on either side, up to which texts are compared to find edits."""


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """How a dataset differs from the one before it, in examples.

    `changed` counts pairs (another record in the place of one), `relabelled` records that stayed
    and have other labels.
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    relabelled: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.added or self.removed or self.changed or self.relabelled)


@dataclass(frozen=True, slots=True)
class Commit:
    """A dataset, where it came from, and why.

    `time` is UTC in ISO 8601 with seconds; `counts` compare with the first parent (with nothing
    for a first commit); `settings` is the object holding vault.toml as it was, or None; `meta`
    maps names to texts.
    """

    manifest: Digest
    parents: tuple[Digest, ...]
    author: str
    time: str
    message: str
    examples: int
    counts: ChangeCounts
    quarantined: int
    fingerprint: str
    settings: Digest | None = None
    meta: Mapping[str, str] = field(default_factory=dict)


def encode_commit(commit: Commit) -> bytes:
    """Return the bytes of a commit; their digest is the commit's id."""
    value = {
        "author": commit.author,
        "counts": asdict(commit.counts),
        "examples": commit.examples,
        "fingerprint": commit.fingerprint,
        "manifest": commit.manifest,
        "message": commit.message,
        "meta": dict(commit.meta),
        "parents": list(commit.parents),
        "quarantined": commit.quarantined,
        "settings": commit.settings,
        "time": commit.time,
        "type": "commit",
        "version": 1,
    }
    return stored_json(value)


def decode_commit(data: bytes) -> Commit:
    """Return a commit. Raises Corrupt (`commit-unreadable`)."""
    try:
        value = json.loads(data)
        if value["type"] != "commit" or value["version"] != 1:
            raise ValueError(f"type {value['type']!r}, version {value['version']!r}")
        names = [value["manifest"], *value["parents"]]
        names += [] if value["settings"] is None else [value["settings"]]
        if not all(map(is_digest, names)):
            raise ValueError("it names something that is not a digest")
        return Commit(
            manifest=Digest(value["manifest"]),
            parents=tuple(Digest(parent) for parent in value["parents"]),
            author=str(value["author"]),
            time=str(value["time"]),
            message=str(value["message"]),
            examples=int(value["examples"]),
            counts=read_counts(value["counts"]),
            quarantined=int(value["quarantined"]),
            fingerprint=str(value["fingerprint"]),
            settings=value["settings"],
            meta={str(name): str(text) for name, text in value["meta"].items()},
        )
    except MALFORMED as error:
        raise Corrupt(
            f"a commit cannot be read: {error}",
            code="commit-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None


def read_counts(value: Mapping[str, Any]) -> ChangeCounts:
    """Return counts from their JSON object; KeyError, TypeError or ValueError if it is not one."""
    names = ("added", "removed", "changed", "relabelled")
    return ChangeCounts(*(int(value[name]) for name in names))
