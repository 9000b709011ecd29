"""Changing the stage where no command does it yet: labels and removals, by position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tests.support.library import NOW
from vault.dataset.changing.stage import stage_dataset
from vault.dataset.changing.write_labels import with_labels
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset, store_pages
from vault.dataset.reading.labels import labels_of_each
from vault.objects.labels.label_set import Label
from vault.objects.log.view import View
from vault.objects.manifest import Manifest
from vault.objects.quarantine import Removal, encode_removals
from vault.objects.runs import Runs
from vault.repository import Repository
from vault.session.context import Context, draft_of
from vault.session.recording import record
from vault.session.revisions import resolve

Labels = Mapping[int, Mapping[str, Any]]
"""Label values by name, for positions of the dataset."""


def context_of(repository: Repository) -> Context:
    """Return what the methods of a repository give to their operations."""
    return repository._context()


def dataset_of(repository: Repository, revision: str = "STAGE") -> Dataset:
    """Open the dataset of a revision."""
    context = context_of(repository)
    manifest = resolve(context, context.log.tip().view, revision).manifest
    return open_dataset(context.store, manifest)


def restaged(repository: Repository, change: Callable[[Dataset], Manifest]) -> None:
    """Stage the manifest that `change` makes of the dataset as it is."""
    context = context_of(repository)

    def apply(view: View) -> tuple[View, None]:
        draft = draft_of(context, view)
        manifest = change(open_dataset(context.store, draft.manifest))
        return stage_dataset(context, view, draft, manifest), None

    record(context, apply)


def label(repository: Repository, labels: Labels) -> None:
    """Say something about examples of the stage; other labels of theirs stay."""

    def labelled(dataset: Dataset) -> Manifest:
        keys = dataset.keys().tolist()
        changes = {
            keys[at]: {name: Label(name, value, "ada", NOW) for name, value in own.items()}
            for at, own in labels.items()
        }
        return with_labels(dataset, changes)

    restaged(repository, labelled)


def labels_of(repository: Repository, revision: str = "STAGE") -> list[dict[str, Any]]:
    """Return the labels of each example, in order."""
    dataset = dataset_of(repository, revision)
    return [dict(each) for each in labels_of_each(dataset, dataset.keys())]


def ids(repository: Repository, revision: str = "STAGE") -> list[str]:
    """Return the ids of a revision, in order."""
    dataset = dataset_of(repository, revision)
    return [each.tobytes().hex() for each in ids_of(dataset.columns(dataset.keys(), ["id"]))]


def remove(
    repository: Repository, positions: Sequence[int], reason: str = "near-duplicate"
) -> None:
    """Take examples out of the stage deliberately."""

    def without(dataset: Dataset) -> Manifest:
        keys = dataset.keys()
        gone = ids_of(dataset.columns(keys[list(positions)], ["id"]))
        removals = [Removal(each.tobytes(), reason, None, "dedupe", NOW) for each in gone]
        left = Runs.from_keys(dataset.numbers, np.delete(keys, list(positions)))
        manifest = dataset.manifest
        return replace(
            manifest,
            pages=store_pages(dataset.store, left),
            removals=(*manifest.removals, dataset.store.put(encode_removals(removals))),
            removed=manifest.removed + len(removals),
        )

    restaged(repository, without)


def shuffle(repository: Repository, order: Sequence[int]) -> None:
    """Put the examples of the stage into another order."""

    def reordered(dataset: Dataset) -> Manifest:
        runs = Runs.from_keys(dataset.numbers, dataset.keys()[list(order)])
        return replace(dataset.manifest, pages=store_pages(dataset.store, runs))

    restaged(repository, reordered)
