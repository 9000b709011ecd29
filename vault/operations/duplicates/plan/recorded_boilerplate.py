"""The boilerplate that a dataset remembers, so that deduping twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vault.dataset.reading.compared_texts import Part
from vault.dedupe.boilerplate import NOTHING, Counted, common_in, share_changed
from vault.dedupe.words import Hashes
from vault.objects.boilerplate import (
    NAME,
    RecordedBoilerplate,
    decode_boilerplate,
    encode_boilerplate,
)
from vault.objects.manifest import Attachment, Manifest
from vault.store.object_store import ObjectStore

LEAST_LEFT = 0.75
"""What is recorded holds while at least this share of the examples is left."""

MOST_CHANGED = 0.01
"""It goes on to hold when examples come, unless it matters for more of the texts than this."""


def boilerplate_of(
    store: ObjectStore,
    manifest: Manifest,
    part: Part,
    count: Callable[[], Counted],
    copied: Callable[[Counted, Hashes], Hashes],
) -> Hashes:
    """Return what is left out when a dataset is compared: what was recorded, or what is found now.

    What was recorded holds while examples only leave, up to a quarter. Once they come it is
    looked for anew in the sample that `count` returns, and what was recorded stays unless that
    changes more than MOST_CHANGED of the texts: else every few new examples would change all
    signatures. What LEAST_TEXTS of the sample have is not forgotten. `copied` returns what of the
    boilerplate of a sample is none, because copies share it. Raises Corrupt.
    """
    attached = manifest.attachments.get(NAME)
    found = None if attached is None else decode_boilerplate(store.get(attached.object)).get(part)
    if found is None or manifest.examples < LEAST_LEFT * found.examples:
        sample = count()
        return _without(common_in(sample), copied, sample)
    recorded = np.array(found.shingles, np.uint64)
    if manifest.examples <= found.examples:
        return recorded
    sample = count()
    now = _without(common_in(sample, recorded), copied, sample, recorded)
    return now if share_changed(sample, recorded, now) > MOST_CHANGED else recorded


def _without(
    common: Hashes,
    copied: Callable[[Counted, Hashes], Hashes],
    sample: Counted,
    recorded: Hashes = NOTHING,
) -> Hashes:
    # What was recorded is not doubted: it was left out when others were taken out.
    fresh = np.setdiff1d(common, recorded, assume_unique=True)
    none = copied(sample, fresh) if len(fresh) else NOTHING
    return np.setdiff1d(common, none, assume_unique=True) if len(none) else common


def has_boilerplate(store: ObjectStore, manifest: Manifest, part: Part, shingles: Hashes) -> bool:
    """Tell whether a dataset remembers just this boilerplate. Raises Corrupt."""
    attached = manifest.attachments.get(NAME)
    found = None if attached is None else decode_boilerplate(store.get(attached.object)).get(part)
    return found is not None and np.array_equal(np.array(found.shingles, np.uint64), shingles)


def with_boilerplate(
    store: ObjectStore, manifest: Manifest, part: Part, shingles: Hashes
) -> Manifest:
    """Return the manifest with the boilerplate remembered that led to it."""
    attached = manifest.attachments.get(NAME)
    parts = {} if attached is None else decode_boilerplate(store.get(attached.object))
    parts[part] = RecordedBoilerplate(manifest.examples, shingles.tolist())
    stored = Attachment(store.put(encode_boilerplate(parts)))
    return replace(manifest, attachments={**manifest.attachments, NAME: stored})
