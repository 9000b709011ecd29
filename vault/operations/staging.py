"""Putting a dataset on the stage: store its manifest and say how it differs from the branch."""

from __future__ import annotations

from dataclasses import dataclass

from vault.objects.commit import ChangeCounts
from vault.objects.fingerprint import fingerprint
from vault.objects.manifest import Manifest, encode_manifest
from vault.objects.view import Stage, View
from vault.operations.compare import count_changes
from vault.operations.context import Context, Draft, with_stage
from vault.operations.dataset import Dataset, labels_by_id


@dataclass(frozen=True, slots=True)
class Staged:
    """How the stage stands after a command: its size, and its difference to the last commit."""

    examples: int
    added: int
    removed: int
    changed: int
    relabelled: int
    quarantined: int


def stage_dataset(
    context: Context, view: View, draft: Draft, manifest: Manifest
) -> tuple[View, Staged]:
    """Store a manifest and return the view with it staged, and how it stands.

    A manifest that is the branch's own empties the stage. Costs a comparison with the commit, and
    reading all ids for the fingerprint.
    """
    digest = context.store.put(encode_manifest(manifest))
    base = None if draft.head is None else context.commit(draft.head).manifest
    counts = ChangeCounts() if digest == base else count_changes(context.store, base, digest)
    stage = Stage(
        base=draft.head,
        manifest=digest,
        examples=manifest.examples,
        counts=counts,
        quarantined=manifest.quarantined,
        fingerprint=fingerprint_of(context, manifest),
    )
    nothing = digest == base or (base is None and manifest == Manifest())
    staged = Staged(
        manifest.examples,
        counts.added,
        counts.removed,
        counts.changed,
        counts.relabelled,
        manifest.quarantined,
    )
    return with_stage(view, draft.branch, None if nothing else stage), staged


def fingerprint_of(context: Context, manifest: Manifest) -> str:
    """Return the fingerprint of a dataset: reads its ids and labels."""
    dataset = Dataset(context.store, manifest)
    return fingerprint(dataset.ids(), labels_by_id(dataset))
