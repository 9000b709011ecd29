"""Labels that come with files: an export's `_vault`, and sides that files are named for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.reading.dataset import Dataset
from vault.objects.json.text import parse
from vault.objects.labels.label_name import AGREED, UNASSIGNED
from vault.objects.labels.label_set import SPLIT, LabelValue
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys, in_both
from vault.operations.imports.ingest import Ingested
from vault.session.context import Context

_SIDES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "eval": "validation",
    "test": "test",
}
_WORD = re.compile(r"[a-z]+")


def side_of_file(path: str) -> str | None:
    """Return the side of a split that a file is named for: `validation` for `data/val.jsonl`.

    The first word of the name counts, as in `train-00000-of-00004.parquet`. None for other names.
    """
    word = _WORD.match(os.path.basename(path).lower())
    return None if word is None else _SIDES.get(word[0])


def is_unassigned(path: str) -> bool:
    """Tell whether a file is named as an export names the examples that are on no side."""
    word = _WORD.match(os.path.basename(path).lower())
    return word is not None and word[0] == UNASSIGNED


def with_imported_labels(
    context: Context, dataset: Dataset, manifest: Manifest, ingested: Ingested
) -> Manifest:
    """Return the manifest after an import, its new rows labelled as their files say.

    `dataset` is the one before; what was there already keeps its labels. Costs writing the label
    sets of the new chunks. Raises Corrupt.
    """
    changes = list(_changes(context, ingested))
    if not changes:
        return manifest
    after = Dataset(context.store, manifest, numbers=dataset.numbers)
    came = in_both(after.keys(), ingested.fresh.keys())
    present = [_among(each, came) for each in changes]
    return with_label_changes(after, present)


def _changes(context: Context, ingested: Ingested) -> Iterator[LabelChange]:
    fresh = ingested.fresh.keys()
    by = context.intent.author, context.intent.time
    for file in ingested.files:
        if file.side is not None:
            ordinals = file.new_ordinals()
            place = np.zeros(len(ordinals), np.int64)
            yield LabelChange(SPLIT, fresh[ordinals], (file.side,), place, *by)
        rows: dict[tuple[str, bool, bool, LabelValue], list[int]] = {}
        for text, ordinals_of_text in file.labels.items():
            labels = parse(text)[0]
            for name, value in labels.items():
                said = (name, _is_agreed(labels, name), isinstance(value, bool), value)
                rows.setdefault(said, []).extend(ordinals_of_text)
        for (name, is_agreed, _, value), own in rows.items():
            place = np.zeros(len(own), np.int64)
            note = AGREED if is_agreed else None
            yield LabelChange(name, fresh[own], (value,), place, *by, note)


def _is_agreed(labels: Mapping[str, LabelValue], name: str) -> bool:
    """Tell whether a label is there because people agree, as far as its record says.

    An export writes values alone: several votes `NAME.PERSON` for the value of `NAME` made it.
    """
    votes = [
        value
        for each, value in labels.items()
        if each.startswith(f"{name}.") and "." not in each[len(name) + 1 :]
    ]
    return sum(each == labels[name] for each in votes) > 1


def _among(change: LabelChange, keys: RowKeys) -> LabelChange:
    chosen = np.isin(change.keys, keys)
    return replace(change, keys=change.keys[chosen], place=change.place[chosen])
