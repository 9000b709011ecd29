"""Putting a dataset on the stage: store its manifest, and count what differs if somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vault.dataset.comparing.compare import CountedChanges, count_appended, count_changes
from vault.dataset.comparing.past import Past
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.dataset.reading.fingerprints import fingerprint_of
from vault.objects.commit import ChangeCounts
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, Stage, View
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


def stage_dataset(context: Context, view: View, draft: Draft, manifest: Manifest) -> View:
    """Store a manifest and return the view with it staged.

    A manifest that is the branch's own empties the stage. How the stage differs from the commit is
    left open unless rows were only appended, and so is its fingerprint: `status` and `commit` find
    them out. Costs storing the manifest.
    """
    digest = context.store.put(encode_manifest(manifest))
    counts = count_appended(context.store, _base_of(context, draft), digest)
    return _staged(context, view, draft, digest, manifest, counts)


def stage_and_count(
    context: Context, view: View, draft: Draft, manifest: Manifest
) -> tuple[View, Staged]:
    """Store a manifest; return the view with it staged, and how the stage differs from the commit.

    As `stage_dataset`, for commands that report the difference: costs a comparison. Where nothing
    is labelled the fingerprint is found out too, which costs reading all ids.
    """
    digest = context.store.put(encode_manifest(manifest))
    base = _base_of(context, draft)
    counts, compared_texts = CountedChanges(ChangeCounts())
    if digest != base:
        past = Past(context, [draft.head])
        counts, compared_texts = count_changes(context.store, base, digest, past=past)
    staged = Staged(
        manifest.examples,
        counts.added,
        counts.removed,
        counts.changed,
        counts.relabelled,
        manifest.quarantined,
        compared_texts,
    )
    fingerprint = None if manifest.labels else fingerprint_of(Dataset(context.store, manifest))
    return _staged(context, view, draft, digest, manifest, counts, fingerprint), staged


def _base_of(context: Context, draft: Draft) -> Digest | None:
    return None if draft.head is None else context.commit(draft.head).manifest


def _staged(
    context: Context,
    view: View,
    draft: Draft,
    digest: Digest,
    manifest: Manifest,
    counts: ChangeCounts | None,
    fingerprint: str | None = None,
) -> View:
    base = _base_of(context, draft)
    if digest == base or (base is None and manifest == Manifest()):
        return with_stage(view, draft.branch, None)
    stage = Stage(
        base=draft.head,
        manifest=digest,
        examples=manifest.examples,
        counts=counts,
        quarantined=manifest.quarantined,
        fingerprint=fingerprint,
    )
    return with_stage(view, draft.branch, stage)


Change = Callable[[Draft, Dataset], tuple[Manifest, _R]]
"""Makes another dataset of the staged one, and a result."""


def change_stage(context: Context, change: Change[_R], branch: RefName | None = None) -> _R:
    """Stage what `change` makes of the dataset staged on a branch (HEAD's); return its result.

    `change` is called again, with the dataset as it then is, each time another writer came first.
    How the stage then differs is left open, as by `stage_dataset`. Raises what `change` raises,
    Conflict (`detached-head`), StorageFailed, Corrupt.
    """

    def attempt(view: View) -> tuple[View, _R]:
        draft = draft_of(context, view, branch)
        manifest, result = change(draft, open_dataset(context.store, draft.manifest))
        return stage_dataset(context, view, draft, manifest), result

    with writing(context):
        return record(context, attempt)


def change_and_count(context: Context, change: Change[_R]) -> tuple[Staged, _R]:
    """Stage what `change` makes as `change_stage` does; return how the stage stands as well.

    A manifest that is returned as it was records nothing.
    """

    def attempt(view: View) -> tuple[View, tuple[Staged, _R]]:
        draft = draft_of(context, view)
        dataset = open_dataset(context.store, draft.manifest)
        manifest, result = change(draft, dataset)
        changed, staged = stage_and_count(context, view, draft, manifest)
        return view if manifest == dataset.manifest else changed, (staged, result)

    with writing(context):
        return record(context, attempt)
