"""Carrying labels over to edited examples: all over new metadata, `split` over any answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vault.dataset.changing.write_labels import store_labels
from vault.dataset.comparing.compare import compare_datasets
from vault.dataset.comparing.past import Past
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import labels_of_rows
from vault.objects.label_set import SPLIT, Label
from vault.objects.manifest import Manifest
from vault.objects.pairing import What
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
    pairs = list(
        zip(comparison.relabelled_old.tolist(), comparison.relabelled_new.tolist(), strict=True)
    )
    moved = [(before, after, None) for before, after in pairs if before != after]
    edits = zip(
        comparison.changed_old.tolist(),
        comparison.changed_new.tolist(),
        comparison.what,
        strict=True,
    )
    edited = [
        (before, after, None if what is What.METADATA else SPLIT)
        for before, after, what in edits
        if what is not What.PROMPT
    ]
    labels = _carried(old, [*edited, *moved])
    return replace(manifest, labels=store_labels(old, new.keys(), labels))


def _carried(
    dataset: Dataset, pairs: Sequence[tuple[int, int, str | None]]
) -> dict[int, dict[str, Label]]:
    """Return the labels of rows that take over those of others: (from, to, only this label)."""
    sources, targets = (np.array([each[at] for each in pairs], np.uint64) for at in (0, 1))
    theirs, own = labels_of_rows(dataset, sources), labels_of_rows(dataset, targets)
    carried = {}
    for source, target, only in pairs:
        labels = theirs.get(source, {})
        kept = {name: each for name, each in labels.items() if only in (None, name)}
        if kept:
            carried[target] = {**kept, **own.get(target, {})}
    return carried
