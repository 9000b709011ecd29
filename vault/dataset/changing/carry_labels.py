"""Carrying labels over to edited examples: all over new metadata, `split` over any answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.dataset.changing.write_labels import store_labels
from vault.dataset.comparing.compare import Comparison, compare_datasets
from vault.dataset.comparing.past import Past
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import LabelEntries, label_entries
from vault.objects.labels.label_set import SPLIT, Label
from vault.objects.manifest import Manifest
from vault.objects.pairing import What
from vault.objects.runs import RowKeys, key_parts
from vault.session.context import Context, head_of


def carry_labels(context: Context, old: Dataset, manifest: Manifest) -> Manifest:
    """Return a manifest whose edited examples have the labels of those they replaced.

    An example of which only metadata changed keeps every label; one with another answer keeps its
    `split`, because its prompt still belongs to that side; others keep none. The same record in
    another chunk keeps all. Labels that an example has already are left alone. Costs a comparison,
    and reading label sets of chunks with examples that came or left.
    """
    new = Dataset(context.store, manifest, numbers=old.numbers)
    past = Past(context, [head_of(context.log.tip().view)])
    carried = _carried(old, compare_datasets(old, new, past=past))
    targets = np.unique(carried.keys)
    return replace(manifest, labels=store_labels(old, new.keys(), targets, carried))


def kept_labels(labels: Mapping[str, Label], what: What) -> dict[str, Label]:
    """Return those labels of an example that stay with it when `what` of it is edited."""
    match what:
        case What.METADATA:
            return dict(labels)
        case What.RESPONSE:
            return {name: each for name, each in labels.items() if name == SPLIT}
        case What.PROMPT:
            return {}


def _carried(dataset: Dataset, comparison: Comparison) -> LabelEntries:
    """Return all labels of the rows that take over some, their own included, which come last."""
    what = np.array(comparison.what, object)
    stays = what != What.PROMPT
    moved = comparison.relabelled_old != comparison.relabelled_new
    sources = [comparison.changed_old[stays], comparison.relabelled_old[moved]]
    targets = [comparison.changed_new[stays], comparison.relabelled_new[moved]]
    keeps_all = np.concatenate([what[stays] == What.METADATA, np.ones(int(moved.sum()), np.bool_)])
    taken = _taken_over(dataset, np.concatenate(sources), np.concatenate(targets), keeps_all)
    own = label_entries(dataset, np.unique(taken.keys))
    return LabelEntries(
        np.concatenate([taken.keys, own.keys]), pa.concat_tables([taken.table, own.table])
    )


def _taken_over(
    dataset: Dataset, sources: RowKeys, targets: RowKeys, keeps_all: NDArray[np.bool_]
) -> LabelEntries:
    """Return the labels of the sources as labels of their targets; `split` alone of some."""
    order = np.argsort(sources, kind="stable")
    sources, targets, keeps_all = sources[order], targets[order], keeps_all[order].astype(np.bool_)
    entries = label_entries(dataset, sources)
    at = np.searchsorted(sources, entries.keys)
    is_split = pc.equal(entries.table.column("name").cast(pa.string()), SPLIT).to_numpy()
    chosen = keeps_all[at] | is_split
    keys = targets[at][chosen]
    rows = pa.array(key_parts(keys)[1].astype(np.uint32))
    table = entries.table.filter(pa.array(chosen))
    return LabelEntries(keys, table.set_column(0, table.schema.field(0), rows))
