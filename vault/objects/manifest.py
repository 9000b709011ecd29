"""Manifests: what a dataset consists of, as one JSON root and shared pages of runs.

The root names everything by digest: pages of runs (the examples and their order), label sets,
removals, quarantine, and attachments by name, which this version keeps even if it does not know
them. Reading a root needs neither pyarrow nor numpy; pages are decoded on use.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vault.errors import Corrupt
from vault.objects.digest import Digest, read_digest
from vault.objects.json.stored import stored_json


@dataclass(frozen=True, slots=True)
class PageReference:
    """One page of runs, with the number of examples in it."""

    page: Digest
    examples: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The root of a dataset.

    `labels` maps a chunk to the label set of its rows. `removals` and `quarantine` are objects
    whose entries add up. `sources` maps a source to how it was read: `{"format": name or null,
    "map": {role: field} or absent}`, and `adopted` the rows that belong to another source than the
    one that their chunk says. `quarantined` and `removed` count their entries.
    """

    pages: tuple[PageReference, ...] = ()
    labels: Mapping[Digest, Digest] = field(default_factory=dict)
    removals: tuple[Digest, ...] = ()
    removed: int = 0
    quarantine: tuple[Digest, ...] = ()
    quarantined: int = 0
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    adopted: Digest | None = None
    attachments: Mapping[str, Digest] = field(default_factory=dict)

    @property
    def examples(self) -> int:
        """Return the number of examples in the dataset."""
        return sum(page.examples for page in self.pages)


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the bytes of a manifest root: canonical JSON."""
    root = {
        "adopted": manifest.adopted,
        "attachments": dict(manifest.attachments),
        "labels": dict(manifest.labels),
        "pages": [{"examples": page.examples, "page": page.page} for page in manifest.pages],
        "quarantine": list(manifest.quarantine),
        "quarantined": manifest.quarantined,
        "removals": list(manifest.removals),
        "removed": manifest.removed,
        "sources": {name: dict(reader) for name, reader in manifest.sources.items()},
        "type": "manifest",
        "version": 1,
    }
    return stored_json(root)


def decode_manifest(data: bytes) -> Manifest:
    """Return a manifest root. Raises Corrupt (`manifest-unreadable`)."""
    try:
        root = json.loads(data)
        if root["type"] != "manifest" or root["version"] != 1:
            raise ValueError(f"type {root['type']!r}, version {root['version']!r}")
        return Manifest(
            pages=tuple(
                PageReference(read_digest(page["page"]), int(page["examples"]))
                for page in root["pages"]
            ),
            labels={
                read_digest(chunk): read_digest(labels) for chunk, labels in root["labels"].items()
            },
            removals=tuple(read_digest(each) for each in root["removals"]),
            removed=int(root["removed"]),
            quarantine=tuple(read_digest(each) for each in root["quarantine"]),
            quarantined=int(root["quarantined"]),
            sources={str(name): dict(reader) for name, reader in root["sources"].items()},
            adopted=None if root["adopted"] is None else read_digest(root["adopted"]),
            attachments={str(n): read_digest(each) for n, each in root["attachments"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(
            f"a manifest cannot be read: {error}",
            code="manifest-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None
