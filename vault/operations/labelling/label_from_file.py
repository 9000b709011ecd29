"""`label --from FILE`: take labels over that stand in a file, example by example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

from vault.dataset.changing.stage import change_and_count
from vault.dataset.changing.write_labels import LabelChange
from vault.dataset.comparing.compare import field_values
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.errors import InvalidInput
from vault.objects.json.text import parse
from vault.objects.labels.label_set import LabelValue
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys
from vault.operations.labelling.label import (
    Counts,
    FileCounts,
    LabelOptions,
    LabelReport,
    checked_vocabularies,
    labelled,
    report_of,
)
from vault.operations.labelling.label_file import (
    ID,
    IdsByPrefix,
    LabelFile,
    Row,
    key_text,
    read_label_file,
)
from vault.operations.labelling.vocabulary import same_value, vocabularies
from vault.session.context import Context, Draft
from vault.session.trial import trial_of


@dataclass(slots=True)
class _Matched:
    """The rows of the stage that each record of a file is about, and keys of others."""

    rows: list[Sequence[int]]
    unknown: int = 0
    first_unknown: str | None = None


def label_from_file(
    context: Context,
    path: str,
    columns: Mapping[str, str],
    options: LabelOptions,
    *,
    key: str = ID,
    stdin: BinaryIO | None = None,
) -> LabelReport:
    """Give examples of the stage the labels that a file has for them.

    `columns` has for each label the column that holds it. `key` names the column that says which
    example: `id` (whole or its beginning), or a field that records and file have; all examples
    with that value get the label. Raises what `label_examples` and `read_label_file` raise, and
    InvalidInput (`label-contradictory`) if a file says two things of an example.
    """
    known = checked_vocabularies(vocabularies(context.folder), list(columns), options)
    found = read_label_file(path, columns, key, known, stdin=stdin)
    with trial_of(context, is_trial=options.dry_run) as trial:

        def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, tuple[Counts, _Matched]]:
            keys = np.sort(dataset.keys())
            matched = _match(dataset, keys, found, key)
            said = []
            for number, name in enumerate(columns):
                values, place = _column(found, matched, len(keys), number, name)
                has = place > 0
                person = options.person or context.intent.author
                rest = (person, context.intent.time, options.note)
                said.append(LabelChange(name, keys[has], values, place[has], *rest))
            manifest, counts = labelled(dataset, said, known, options)
            meant = [each.keys for each in said]
            counts.examples = len(np.unique(np.concatenate(meant)))
            return manifest, (counts, matched)

        staged, (counts, matched) = change_and_count(trial, change)
    read = FileCounts(
        path,
        len(found.rows) + found.unread,
        matched.unknown,
        matched.first_unknown,
        found.unread,
        found.first_unread,
    )
    return replace(report_of(counts, staged, options), file=read)


def _match(dataset: Dataset, keys: RowKeys, found: LabelFile, key: str) -> _Matched:
    """Return which rows each record is about. Raises InvalidInput (`example-ambiguous`)."""
    if key == ID:
        ids = ids_of(dataset.columns(keys, ["id"]))
        by_id = IdsByPrefix([each.tobytes().hex() for each in ids])
        places = (by_id.find(each.key) for each in found.rows)
        rows: list[Sequence[int]] = [() if each is None else (each,) for each in places]
    else:
        by_key: dict[str, list[int]] = {}
        for place, text in enumerate(field_values(dataset, keys, key.removeprefix("data."))):
            if text is not None:
                by_key.setdefault(key_text(parse(text)[0]), []).append(place)
        rows = [by_key.get(each.key, ()) for each in found.rows]
    unknown = [each.key for each, own in zip(found.rows, rows, strict=True) if not own]
    return _Matched(rows, len(unknown), next(iter(unknown), None))


def _column(
    found: LabelFile, matched: _Matched, count: int, number: int, name: str
) -> tuple[list[LabelValue | None], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the values of a label, None first, and the place of each row's value in them."""
    values: list[LabelValue | None] = [None]
    places: dict[tuple[bool, LabelValue], int] = {}
    place = [0] * count
    said: dict[int, Row] = {}
    for row, own in zip(found.rows, matched.rows, strict=True):
        value = row.labels[number]
        if value is None:
            continue
        typed = (isinstance(value, bool), value)
        if typed not in places:
            places[typed] = len(values)
            values.append(value)
        for each in own:
            before = said.setdefault(each, row)
            if not same_value(before.labels[number], value):
                raise _contradictory(found.path, name, before, row, number)
            place[each] = places[typed]
    return values, np.array(place, np.int64)


def _contradictory(path: str, name: str, one: Row, other: Row, number: int) -> InvalidInput:
    first, second = (str(each.labels[number]) for each in (one, other))
    return InvalidInput(
        f'{path} gives {name} twice to "{other.key}": "{first}" in line {one.line}, '
        f'"{second}" in line {other.line}',
        code="label-contradictory",
        hint="take one of the lines out of the file",
    )
