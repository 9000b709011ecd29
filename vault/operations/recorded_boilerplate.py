"""The boilerplate that a dataset remembers, so that deduping twice changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vault.dedupe.words import Hashes
from vault.objects.boilerplate import (
    NAME,
    RecordedBoilerplate,
    decode_boilerplate,
    encode_boilerplate,
)
from vault.objects.manifest import Manifest
from vault.operations.compared_texts import Part
from vault.store.object_store import ObjectStore

LEAST_LEFT = 0.75
"""What is remembered holds while at least this share of the examples is left, and none came."""


def remembered_boilerplate(store: ObjectStore, manifest: Manifest, part: Part) -> Hashes | None:
    """Return the boilerplate of the last time, or None if it is to be found anew. Raises Corrupt.

    It is found anew once the dataset has grown, or has lost a quarter of its examples.
    """
    digest = manifest.attachments.get(NAME)
    found = None if digest is None else decode_boilerplate(store.get(digest)).get(part)
    if found is None or not LEAST_LEFT * found.examples <= manifest.examples <= found.examples:
        return None
    return np.array(found.shingles, np.uint64)


def with_boilerplate(
    store: ObjectStore, manifest: Manifest, part: Part, shingles: Hashes
) -> Manifest:
    """Return the manifest with the boilerplate remembered that led to it."""
    digest = manifest.attachments.get(NAME)
    parts = {} if digest is None else decode_boilerplate(store.get(digest))
    parts[part] = RecordedBoilerplate(manifest.examples, shingles.tolist())
    stored = store.put(encode_boilerplate(parts))
    return replace(manifest, attachments={**manifest.attachments, NAME: stored})
