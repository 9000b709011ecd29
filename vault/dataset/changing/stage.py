"""Putting a dataset on the stage: store its manifest and say how it differs from the branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vault.dataset.comparing.compare import CountedChanges, count_changes
from vault.dataset.comparing.past import Past
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.dataset.reading.labels import labels_by_id
from vault.objects.commit import ChangeCounts
from vault.objects.fingerprint import fingerprint
from vault.objects.log.view import Stage, View
from vault.objects.manifest import Manifest, encode_manifest
from vault.session.context import Context, Draft, draft_of, with_stage
from vault.session.recording import record, writing

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Staged:
    """How the stage stands after a command: its size, and its difference to the last commit.

    `compared_texts` is False where alike texts were not looked for (`pair_rows`).
    """

    examples: int
    added: int
    removed: int
    changed: int
    relabelled: int
    quarantined: int
    compared_texts: bool = True


def stage_dataset(
    context: Context, view: View, draft: Draft, manifest: Manifest
) -> tuple[View, Staged]:
    """Store a manifest and return the view with it staged, and how it stands.

    A manifest that is the branch's own empties the stage. Costs a comparison with the commit, and
    reading all ids for the fingerprint.
    """
    digest = context.store.put(encode_manifest(manifest))
    base = None if draft.head is None else context.commit(draft.head).manifest
    past = Past(context, [draft.head])
    counts, compared_texts = CountedChanges(ChangeCounts())
    if digest != base:
        counts, compared_texts = count_changes(context.store, base, digest, past=past)
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
        compared_texts,
    )
    return with_stage(view, draft.branch, None if nothing else stage), staged


def change_stage(
    context: Context, change: Callable[[Draft, Dataset], tuple[Manifest, _R]]
) -> tuple[Staged, _R]:
    """Stage what `change` makes of the staged dataset; return how the stage stands, and its result.

    `change` is called again, with the dataset as it then is, each time another writer came first.
    Raises what it raises, Conflict (`detached-head`), StorageFailed, Corrupt.
    """

    def attempt(view: View) -> tuple[View, tuple[Staged, _R]]:
        draft = draft_of(context, view)
        manifest, result = change(draft, open_dataset(context.store, draft.manifest))
        changed, staged = stage_dataset(context, view, draft, manifest)
        return changed, (staged, result)

    with writing(context):
        return record(context, attempt)


def fingerprint_of(context: Context, manifest: Manifest) -> str:
    """Return the fingerprint of a dataset: reads its ids and labels."""
    dataset = Dataset(context.store, manifest)
    return fingerprint(dataset.ids(), labels_by_id(dataset))
