"""`restore`: bring examples back into the stage, from a commit or from wherever they last were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vault.dataset.changing.edit import Edit, edited
from vault.dataset.changing.stage import Staged, change_and_count
from vault.dataset.choosing.by_id_prefix import rows_named
from vault.dataset.comparing.compare import compare_datasets
from vault.dataset.comparing.past import Past
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.dataset.reading.find_rows import places_of
from vault.dataset.reading.id_index import NOWHERE
from vault.dataset.reading.judged_pairs import pairs_of_removals, with_judged_pairs
from vault.dataset.reading.labels import labels_of_rows
from vault.dataset.reading.removals import removals_of
from vault.errors import InvalidInput
from vault.objects.digest import Digest
from vault.objects.log.view import View
from vault.objects.manifest import Manifest
from vault.objects.pairing import What
from vault.objects.runs import ChunkNumbers, RowKeys, Runs, in_both, only_in
from vault.operations.history.find_example import FoundExample, find_example
from vault.presentation.report_html import Displayed
from vault.session.context import Context, Draft, head_of
from vault.session.revisions import resolve


@dataclass(frozen=True, slots=True)
class RestoreReport(Displayed):
    """What came of the examples that were named.

    `restored` came back, `exchanged` of them in the place of what they had been edited into;
    `relabelled` were there and have again the labels that they had; `unchanged` were there as they
    were. `judged` of those that came back had been taken out as duplicates, and from now on count
    as none of their keepers.
    """

    restored: int
    exchanged: int
    relabelled: int
    unchanged: int
    staged: Staged
    judged: int = 0


@dataclass(slots=True)
class _Counts:
    back: int = 0
    exchanged: int = 0
    relabelled: int = 0
    unchanged: int = 0
    judged: int = 0


def restore(
    context: Context, examples: Sequence[str], *, revision: str | None = None
) -> RestoreReport:
    """Bring examples back into the stage, with the labels that they had, where they stood.

    They are taken from `revision`; by default from HEAD, else from the newest commit that holds
    them, else from where a removal says that they are stored. An example that was edited since
    takes back its place; one that was taken out as a duplicate is remembered not to be one of its
    keeper. Raises InvalidInput (`examples-missing`, `example-ambiguous`,
    `example-invalid`), NotFound (`example-not-there`, `example-not-found`, `revision-not-found`),
    Conflict (`detached-head`).
    """
    _require_examples(examples)
    view = context.log.tip().view
    if revision is not None:
        manifest = resolve(context, view, revision).manifest
        wanted: Mapping[Digest | None, Sequence[str]] = {manifest: examples}
        gone: list[FoundExample] = []
    else:
        wanted, gone = _found(context, view, examples)

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, _Counts]:
        counts = _Counts()
        past = Past(context, [draft.head])
        before = {each.id: each for each in removals_of(context.store, dataset.manifest)}
        for manifest, texts in wanted.items():
            origin = open_dataset(context.store, manifest, numbers=dataset.numbers)
            name = "that version" if revision is None else f'"{revision}"'
            rows = rows_named(origin, origin.keys(), texts, where=name)
            dataset = _restored(dataset, origin, rows, counts, past)
        if gone:
            dataset = _added(dataset, _stored_rows(dataset.numbers, gone), counts)
        back = before.keys() - {each.id for each in removals_of(context.store, dataset.manifest)}
        pairs = pairs_of_removals(before.values(), back)
        counts.judged = len(pairs)
        return with_judged_pairs(context.store, dataset.manifest, pairs), counts

    staged, counts = change_and_count(context, change)
    return RestoreReport(
        counts.back + counts.exchanged,
        counts.exchanged,
        counts.relabelled,
        counts.unchanged,
        staged,
        counts.judged,
    )


def _require_examples(examples: Sequence[str]) -> None:
    if not examples:
        raise InvalidInput(
            "no example is named",
            code="examples-missing",
            hint="name them by their ids: `vault removed` and `vault diff` print them",
        )


def _found(
    context: Context, view: View, examples: Sequence[str]
) -> tuple[dict[Digest | None, list[str]], list[FoundExample]]:
    """Return the manifests to take examples from, and the examples that no dataset holds."""
    wanted: dict[Digest | None, list[str]] = {}
    gone = []
    head = head_of(view)
    for text in examples:
        found = find_example(context, view, text)
        if not found.holders:
            gone.append(found)
            continue
        committed = [each for each in found.holders if each.commit is not None]
        of_head = [each for each in committed if each.commit == head]
        holder = (of_head or committed or list(found.holders))[0]
        wanted.setdefault(holder.manifest, []).append(found.id.hex())
    return wanted, gone


def _restored(
    dataset: Dataset, origin: Dataset, rows: RowKeys, counts: _Counts, past: Past
) -> Dataset:
    """Return the dataset with rows of another one as they are there."""
    keys = dataset.keys()
    changes = compare_datasets(origin, dataset, past=past)
    absent = rows[places_of(dataset, keys, rows) == NOWHERE]
    pairs = zip(changes.changed_old.tolist(), changes.changed_new.tolist(), strict=True)
    # What merely has many of the same words may be another example: it stays.
    edits = zip(pairs, changes.what, strict=True)
    into = {old: new for (old, new), what in edits if what is not What.PROMPT}
    exchanged = {into[row]: row for row in absent.tolist() if row in into}
    back = absent[only_in(absent, np.array(list(exchanged.values()), np.uint64))]
    relabelled = in_both(rows, changes.relabelled_old)
    counts.back += len(back)
    counts.exchanged += len(exchanged)
    counts.relabelled += len(relabelled)
    counts.unchanged += len(rows) - len(absent) - len(relabelled)
    if not len(absent) and not len(relabelled):
        return dataset
    theirs = labels_of_rows(origin, relabelled)
    now = dict(zip(changes.relabelled_old.tolist(), changes.relabelled_new.tolist(), strict=True))
    labels = {now[row]: theirs.get(row, {}) for row in relabelled.tolist()}
    manifest = edited(dataset, keys, Edit(origin, exchanged=exchanged, back=back, labels=labels))
    return Dataset(dataset.store, manifest, numbers=dataset.numbers)


def _added(dataset: Dataset, rows: RowKeys, counts: _Counts) -> Dataset:
    keys = dataset.keys()
    absent = rows[places_of(dataset, keys, rows) == NOWHERE]
    counts.back += len(absent)
    counts.unchanged += len(rows) - len(absent)
    manifest = edited(dataset, keys, Edit(dataset, added=absent))
    return Dataset(dataset.store, manifest, numbers=dataset.numbers)


def _stored_rows(numbers: ChunkNumbers, gone: Sequence[FoundExample]) -> RowKeys:
    places = {each.id: each.places[0] for each in gone}
    runs = [(place.chunk, place.row, 1) for place in places.values()]
    return Runs.build(numbers, runs).keys()
