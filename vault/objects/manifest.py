"""Manifests: what a dataset consists of, as one JSON root and shared pages of runs.

The root names everything by digest: pages of runs (the examples and their order), label sets,
removals, quarantine, and attachments by name, which this version keeps even if it does not know
them. Reading a root needs neither pyarrow nor numpy; pages are decoded on use.

A root that version 1 can express is written as version 1, so that the same dataset has the same
digest in every repository. Normative: docs/format/manifests.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vault.errors import Conflict, Corrupt
from vault.objects.digest import Digest, read_digest
from vault.objects.json.stored import MALFORMED, stored_json

MOST_LABEL_SETS = 9
"""Label sets of a chunk, at most: a base set and overlays."""


@dataclass(frozen=True, slots=True)
class PageReference:
    """One page of runs, with the number of examples in it."""

    page: Digest
    examples: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """An object that a manifest has by a name, and the digests of all that it names in turn.

    Whoever does not know what the object is keeps, checks and copies it by these.
    """

    object: Digest
    names: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The root of a dataset.

    `labels` maps a chunk to the label sets of its rows, 1 to `MOST_LABEL_SETS`: a base set and
    overlays, of which the later wins. `removals` and `quarantine` are objects whose entries add up.
    `sources` maps a source to how it was read: `{"format": name or null, "map": {role: field} or
    absent}`, and `adopted` the rows that belong to another source than the one that their chunk
    says. `quarantined` and `removed` count their entries. `conflicts` is the object that lists what
    a merge could not decide, None where there is nothing to decide.
    """

    pages: tuple[PageReference, ...] = ()
    labels: Mapping[Digest, tuple[Digest, ...]] = field(default_factory=dict)
    removals: tuple[Digest, ...] = ()
    removed: int = 0
    quarantine: tuple[Digest, ...] = ()
    quarantined: int = 0
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    adopted: Digest | None = None
    attachments: Mapping[str, Attachment] = field(default_factory=dict)
    conflicts: Digest | None = None

    @property
    def examples(self) -> int:
        """Return the number of examples in the dataset."""
        return sum(page.examples for page in self.pages)


def refuse_conflicts(manifest: Manifest, what: str) -> None:
    """Raise Conflict (`conflicts-unresolved`) if a dataset has conflicts.

    `what` is the verb that needs a decision first.
    """
    if manifest.conflicts is not None:
        raise Conflict(
            f"the dataset has unresolved conflicts, so there is nothing to {what}",
            code="conflicts-unresolved",
            hint="`vault undo` takes back the merge that led to them",
        )


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the bytes of a manifest root: canonical JSON, of the lowest version that says it."""
    labels: dict[Digest, Any] = {chunk: list(sets) for chunk, sets in manifest.labels.items()}
    attachments: dict[str, Any] = {
        name: {"names": list(each.names), "object": each.object}
        for name, each in manifest.attachments.items()
    }
    later: dict[str, Any] = {"conflicts": manifest.conflicts, "version": 2}
    if _is_version_1(manifest):
        labels = {chunk: sets[0] for chunk, sets in manifest.labels.items()}
        attachments = {name: each.object for name, each in manifest.attachments.items()}
        later = {"version": 1}
    root = {
        "adopted": manifest.adopted,
        "attachments": attachments,
        "labels": labels,
        "pages": [{"examples": page.examples, "page": page.page} for page in manifest.pages],
        "quarantine": list(manifest.quarantine),
        "quarantined": manifest.quarantined,
        "removals": list(manifest.removals),
        "removed": manifest.removed,
        "sources": {name: dict(reader) for name, reader in manifest.sources.items()},
        "type": "manifest",
        **later,
    }
    return stored_json(root)


def _is_version_1(manifest: Manifest) -> bool:
    return (
        manifest.conflicts is None
        and all(len(sets) == 1 for sets in manifest.labels.values())
        and not any(each.names for each in manifest.attachments.values())
    )


def decode_manifest(data: bytes) -> Manifest:
    """Return a manifest root of version 1 or 2. Raises Corrupt (`manifest-unreadable`)."""
    try:
        root = json.loads(data)
        if root["type"] != "manifest" or root["version"] not in (1, 2):
            raise ValueError(f"type {root['type']!r}, version {root['version']!r}")
        is_first = root["version"] == 1
        conflicts = None if is_first else root["conflicts"]
        return Manifest(
            pages=tuple(
                PageReference(read_digest(page["page"]), int(page["examples"]))
                for page in root["pages"]
            ),
            labels={
                read_digest(chunk): (read_digest(sets),) if is_first else _label_sets(sets)
                for chunk, sets in root["labels"].items()
            },
            removals=tuple(read_digest(each) for each in root["removals"]),
            removed=int(root["removed"]),
            quarantine=tuple(read_digest(each) for each in root["quarantine"]),
            quarantined=int(root["quarantined"]),
            sources={str(name): dict(reader) for name, reader in root["sources"].items()},
            adopted=None if root["adopted"] is None else read_digest(root["adopted"]),
            attachments={
                str(name): Attachment(read_digest(each)) if is_first else _attachment(each)
                for name, each in root["attachments"].items()
            },
            conflicts=None if conflicts is None else read_digest(conflicts),
        )
    except MALFORMED as error:
        raise Corrupt(
            f"a manifest cannot be read: {error}",
            code="manifest-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None


def _label_sets(sets: list[Any]) -> tuple[Digest, ...]:
    if not isinstance(sets, list) or not 1 <= len(sets) <= MOST_LABEL_SETS:
        raise ValueError(f"a chunk must have 1 to {MOST_LABEL_SETS} label sets")
    return tuple(map(read_digest, sets))


def _attachment(value: Mapping[str, Any]) -> Attachment:
    return Attachment(read_digest(value["object"]), tuple(map(read_digest, value["names"])))
