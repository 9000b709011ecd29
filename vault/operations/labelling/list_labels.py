"""`label --list`: which labels there are, and how many examples have each value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vault.dataset.listed import open_revision
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import label_entries, label_of_each
from vault.objects.labels.judge_note import rubric_in
from vault.objects.labels.label_name import JUDGE, is_own_name
from vault.objects.labels.label_set import LabelValue
from vault.objects.runs import RowKeys
from vault.presentation.report_html import Displayed
from vault.session.context import Context

_WHOLE = (".score", ".choice")
"""What those labels of a judge end in that each example which it judged has."""


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How many examples have a label with a value; `type` is text, number, or yes or no."""

    name: str
    value: LabelValue
    count: int
    type: str


@dataclass(frozen=True, slots=True)
class LabelsReport(Displayed):
    """The labels of a revision with their values, by name, the most frequent value first.

    `commit` is None for the stage; `examples` are all of it, labelled or not. `older` counts the
    examples whose label is of an older rubric than the last one of that name, by label.
    """

    commit: str | None
    examples: int
    labels: tuple[LabelCount, ...]
    older: Mapping[str, int] = field(default_factory=dict)


def list_labels(context: Context, revision: str | None = None) -> LabelsReport:
    """Return the labels of a revision (the stage); those that vault keeps for itself are left out.

    Costs reading the label sets: 0.1 µs a label. Raises what `resolve` raises.
    """
    opened, dataset = open_revision(context, revision)
    keys = dataset.keys()
    found = label_of_each(dataset, keys, lambda name: not is_own_name(name))
    counts = []
    for name in sorted(found):
        column = found[name]
        number = np.bincount(column.place, minlength=len(column.values)).tolist()
        counted = [
            LabelCount(name, value, count, _type_of(value))
            for value, count in zip(column.values, number, strict=True)
            if value is not None and count
        ]
        counts += sorted(counted, key=lambda each: (-each.count, each.type, str(each.value)))
    return LabelsReport(opened.commit, len(keys), tuple(counts), _older(dataset, keys, found))


def _older(dataset: Dataset, keys: RowKeys, names: Iterable[str]) -> dict[str, int]:
    """Return on how many examples a judge's label is of another rubric than the newest label."""
    judged = {each for each in names if each.startswith(JUDGE) and each.endswith(_WHOLE)}
    if not judged:
        return {}
    table = label_entries(dataset, keys).table.select(["name", "time", "note"])
    counts: dict[str, Counter[str | None]] = {name: Counter() for name in judged}
    newest: dict[str, tuple[str, str | None]] = {}
    is_judged = pc.is_in(table.column("name").cast(pa.string()), pa.array(sorted(judged)))
    for each in table.filter(is_judged).to_pylist():
        name, rubric = each["name"], rubric_in(each["note"])
        counts[name][rubric] += 1
        newest[name] = max(newest.get(name, ("", None)), (each["time"], rubric), key=_time)
    found = {name: sum(own.values()) - own[newest[name][1]] for name, own in counts.items()}
    return {name: count for name, count in sorted(found.items()) if count}


def _time(dated: tuple[str, str | None]) -> str:
    return dated[0]


def _type_of(value: LabelValue) -> str:
    if isinstance(value, bool):
        return "yes or no"
    return "text" if isinstance(value, str) else "number"
