"""Carrying labels over to edited examples: all over new metadata, `split` over any answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vault.dataset.comparing.compare import compare_datasets
from vault.dataset.comparing.past import Past
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import labels_at, put_labels
from vault.objects.digest import Digest
from vault.objects.label_set import SPLIT, Label, LabelSet, encode_labels
from vault.objects.manifest import Manifest
from vault.objects.pairing import What
from vault.objects.runs import RowKeys, key_parts
from vault.session.context import Context, head_of


def carry_labels(context: Context, old: Dataset, manifest: Manifest) -> Manifest:
    """Return a manifest whose edited examples have the labels of those they replaced.

    An example of which only metadata changed keeps every label; one with another answer keeps its
    `split`, because its prompt still belongs to that side; others keep none. The same record in
    another chunk keeps all. Labels that an example has already are left alone.
    """
    new = Dataset(context.store, manifest, numbers=old.numbers)
    past = Past(context, [head_of(context.log.tip().view)])
    comparison = compare_datasets(old, new, past=past)
    sets = old.label_sets()
    carried: dict[int, dict[str, Label]] = {}

    def carry(source: int, target: int, only: str | None) -> None:
        labels = labels_at(sets, source)
        kept = {name: each for name, each in labels.items() if only in (None, name)}
        if kept:
            carried[target] = kept

    changed = zip(
        comparison.changed_old.tolist(),
        comparison.changed_new.tolist(),
        comparison.what,
        strict=True,
    )
    for before, after, what in changed:
        if what is not What.PROMPT:
            carry(before, after, None if what is What.METADATA else SPLIT)
    moved = zip(comparison.relabelled_old.tolist(), comparison.relabelled_new.tolist(), strict=True)
    for before, after in moved:
        if before != after:
            carry(before, after, None)
    # Only now: what was carried must not be carried on.
    for target, kept in carried.items():
        put_labels(sets, target, {**kept, **labels_at(sets, target)})
    return replace(manifest, labels=stored_labels(old, new.keys(), sets))


def stored_labels(
    dataset: Dataset, keys: RowKeys, sets: Mapping[int, LabelSet]
) -> dict[Digest, Digest]:
    """Store the labels of the rows `keys`, and return the label set of each chunk.

    `sets` are by the dataset's chunk numbers. A row that left takes its labels along: should the
    same record be imported again, it comes unlabelled.
    """
    labels = {}
    chunk, row = key_parts(keys)
    for number, rows in sets.items():
        present = set(row[chunk == number].tolist())
        kept = {at: each for at, each in rows.items() if at in present and each}
        if kept:
            labels[dataset.numbers.digest(number)] = dataset.store.put(encode_labels(kept))
    return labels
