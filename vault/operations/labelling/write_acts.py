"""Recording acts: the labels that a person gave one by one become one operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vault.dataset.changing.stage import change_stage
from vault.dataset.changing.write_labels import LabelChange
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.id_index import NOWHERE
from vault.dataset.reading.labels import labels_of_rows
from vault.objects.log.view import RefName
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys
from vault.operations.labelling.acts import Act
from vault.operations.labelling.label import LabelOptions, labelled
from vault.operations.labelling.standing import StageIndex
from vault.operations.labelling.vocabulary import Vocabulary, vocabularies
from vault.session.context import Context, Draft


@dataclass(frozen=True, slots=True)
class Written:
    """Acts that were recorded, and those that no longer apply.

    `gone` are of examples that left the stage since; `overtaken` are of labels that somebody wrote
    since by other means, which count instead.
    """

    written: int = 0
    gone: int = 0
    overtaken: int = 0

    def plus(self, other: Written) -> Written:
        """Return both together."""
        return Written(
            self.written + other.written,
            self.gone + other.gone,
            self.overtaken + other.overtaken,
        )


def write_acts(
    context: Context, acts: Sequence[Act], index: StageIndex, branch: RefName
) -> Written:
    """Record acts of one person, the author, on the stage of a branch as one operation.

    Costs an operation, and reading the label sets of their chunks. Raises Conflict
    (`rater-name-taken`), StorageFailed, Corrupt.
    """
    declared = vocabularies(context.folder)

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, Written]:
        dataset = index.same(dataset)
        rows = index.find(dataset, [each.example for each in acts])
        stays = _still_meant(context, dataset, rows, acts)
        gone = int((rows == NOWHERE).sum())
        chosen = [
            (act, int(row)) for act, row, is_so in zip(acts, rows, stays, strict=True) if is_so
        ]
        for settles, each in groupby(chosen, key=lambda pair: pair[0].settles):
            manifest = _with_labels(context, dataset, list(each), declared, settles=settles)
            dataset = Dataset(dataset.store, manifest, numbers=dataset.numbers)
        written = Written(len(chosen), gone, len(acts) - gone - len(chosen))
        return dataset.manifest, written

    return change_stage(context, change, branch)


def _with_labels(
    context: Context,
    dataset: Dataset,
    chosen: Sequence[tuple[Act, int]],
    declared: dict[str, Vocabulary],
    *,
    settles: bool,
) -> Manifest:
    names = dict.fromkeys(act.name for act, _ in chosen)
    said = []
    for name in names:
        own = {row: act for act, row in chosen if act.name == name}
        last = max(own.values(), key=lambda each: each.number)
        rows = np.array(list(own), np.uint64)
        values = tuple(each.value for each in own.values())
        place = np.arange(len(rows))
        said.append(LabelChange(name, rows, values, place, context.intent.author, last.time))
    known = {name: declared.get(name, Vocabulary(name)) for name in names}
    return labelled(dataset, said, known, LabelOptions(resolve=settles))[0]


def _still_meant(
    context: Context, dataset: Dataset, rows: RowKeys, acts: Sequence[Act]
) -> list[bool]:
    """Tell which acts still count: their example is there, and nobody changed the label since.

    A label from the future is from a clock that is wrong, and no reason.
    """
    standing = labels_of_rows(dataset, rows[rows != NOWHERE])
    result = []
    for act, row in zip(acts, rows.tolist(), strict=True):
        if row == int(NOWHERE):
            result.append(False)
            continue
        label = standing.get(row, {}).get(act.label)
        result.append(label is None or not act.time < label.time <= context.intent.time)
    return result
