"""Labels that come with files: an export's `_vault`, and sides that files are named for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.reading.dataset import Dataset
from vault.objects.json.text import parse
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
    intent = context.intent
    for file in ingested.files:
        rows: dict[str, list[int]] = {}
        place: dict[str, list[int]] = {}
        values: dict[str, dict[tuple[bool, LabelValue], int]] = {}
        if file.side is not None:
            ordinals = file.new_ordinals()
            zeros = np.zeros(len(ordinals), np.int64)
            yield LabelChange(
                SPLIT, fresh[ordinals], (file.side,), zeros, intent.author, intent.time
            )
        for text, ordinals_of_text in file.labels.items():
            for name, value in parse(text)[0].items():
                known = values.setdefault(name, {})
                at = known.setdefault((isinstance(value, bool), value), len(known))
                rows.setdefault(name, []).extend(ordinals_of_text)
                place.setdefault(name, []).extend([at] * len(ordinals_of_text))
        for name, own in rows.items():
            said = tuple(value for _, value in values[name])
            at_rows: NDArray[np.int64] = np.array(place[name], np.int64)
            yield LabelChange(name, fresh[own], said, at_rows, intent.author, intent.time)


def _among(change: LabelChange, keys: RowKeys) -> LabelChange:
    chosen = np.isin(change.keys, keys)
    return LabelChange(
        change.name,
        change.keys[chosen],
        change.values,
        change.place[chosen],
        change.author,
        change.time,
    )
