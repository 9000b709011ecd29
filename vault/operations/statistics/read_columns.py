"""What statistics are made of: columns of the examples of a version, as arrays.

Read from chunk objects and label sets; no record is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.catalogue.expressions.columns import (
    COLUMNS,
    DATA,
    LABELS,
    ORIGIN,
    ORIGIN_PARTS,
    Reference,
    Type,
)
from vault.dataset.choosing.expression_table import example_table
from vault.dataset.choosing.suggest_names import field_names
from vault.dataset.comparing.count_by_field import ABSENT
from vault.dataset.reading.dataset import Dataset, hashes_of
from vault.dataset.reading.labels import LabelOfEach, label_of_each
from vault.dataset.reading.sources import source_of_each
from vault.errors import InvalidInput
from vault.objects.labels.label_name import is_own_name
from vault.objects.labels.label_set import SPLIT, LabelValue
from vault.objects.runs import RowKeys
from vault.session.context import Context

Rows = NDArray[np.int64]

NUMBERS = ("turns", "chars", "tokens")
"""Columns that are summed."""

_TEXTS = ("kind", "source", "round")
_MOST_LISTED = 6


@dataclass(frozen=True, slots=True)
class Coded:
    """A value of each example: example `i` has `values[place[i]]`; None is no value."""

    place: Rows
    values: Sequence[LabelValue | None]

    def at(self, rows: Rows) -> Coded:
        """Return the values of some of the examples."""
        return Coded(self.place[rows], self.values)


@dataclass(frozen=True, slots=True)
class ReadColumns:
    """Columns of some examples: numbers by name, texts by name, labels by name.

    `content` are the keys of the conversations of those that have one, in no order.
    """

    numbers: Mapping[str, Rows]
    texts: Mapping[str, Coded]
    labels: Mapping[str, Coded]
    content: NDArray[np.uint64]

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.numbers[NUMBERS[0]])

    def at(self, rows: Rows) -> ReadColumns:
        """Return the columns of some of the examples; all keys of conversations stay."""
        return ReadColumns(
            {name: each[rows] for name, each in self.numbers.items()},
            {name: each.at(rows) for name, each in self.texts.items()},
            {name: each.at(rows) for name, each in self.labels.items()},
            self.content,
        )

    def with_tokens(self, tokens: Rows) -> ReadColumns:
        """Return the columns with exact numbers of tokens in the place of the estimates."""
        return replace(self, numbers={**self.numbers, "tokens": tokens})


def read_columns(context: Context, dataset: Dataset, keys: RowKeys) -> ReadColumns:
    """Return the columns of rows. Costs 0.5 s for a million. Raises Corrupt.

    Model runs and their models are among the texts if the repository has runs.
    """
    table = dataset.columns(keys, [*NUMBERS, *_TEXTS, "content_id"])
    texts = {name: _coded(table.column(name)) for name in _TEXTS}
    if dataset.manifest.adopted is not None:
        texts["source"] = _coded(pa.chunked_array([source_of_each(dataset, keys)], pa.string()))
    if context.log.tip().view.runs:
        origins = {f"{ORIGIN}.{part}": _reference(f"{ORIGIN}.{part}") for part in ("run", "model")}
        made = example_table(context, dataset, (), origins, keys=keys).table
        texts |= {name: _coded(made.column(name)) for name in origins}
    labels = label_of_each(dataset, keys, lambda name: not is_own_name(name))
    content, has_content = hashes_of(table, "content_id")
    return ReadColumns(
        {name: table.column(name).to_numpy().astype(np.int64) for name in NUMBERS},
        texts,
        {name: _label(each) for name, each in sorted(labels.items())},
        content[has_content],
    )


def read_field(context: Context, dataset: Dataset, keys: RowKeys, name: str) -> Coded:
    """Return a field of rows as text, ABSENT where there is none.

    `name` is a column of expressions, `labels.NAME`, or a path into the record with or without
    `data.` before it. Reads the records where the path may lie in the conversation. Raises
    InvalidInput (`field-unknown`), Corrupt.
    """
    reference = _reference(name)
    found = example_table(context, dataset, (), {"by": reference}, keys=keys)
    if reference.root in (DATA, LABELS) and len(keys) and reference not in found.seen:
        raise _unknown(name, _listed(dataset))
    coded = _coded(found.table.column("by"))
    names: dict[str, int] = {}
    texts = [ABSENT if each is None else str(each) for each in coded.values]
    number = np.array([names.setdefault(each, len(names)) for each in texts], np.int64)
    return Coded(number[coded.place] if len(texts) else coded.place, list(names))


def _reference(name: str) -> Reference:
    column = COLUMNS.get(name)
    if column is not None:
        if column.type is Type.MESSAGES:
            raise _unknown(name, f"`--by {SPLIT}`, source, round, kind, labels.NAME or data.PATH")
        return Reference(name, (), column.type)
    root, _, rest = name.partition(".")
    if root == ORIGIN and rest in ORIGIN_PARTS:
        return Reference(ORIGIN, (rest,), ORIGIN_PARTS[rest])
    if root == LABELS and rest:
        return Reference(LABELS, (rest,), Type.TEXT)
    path = rest if root == DATA and rest else name
    return Reference(DATA, tuple(path.split(".")), Type.TEXT)


def _unknown(name: str, hint: str) -> InvalidInput:
    return InvalidInput(
        f'no example can be told apart by a field "{name}"', code="field-unknown", hint=hint
    )


def _listed(dataset: Dataset) -> str:
    known = [f"data.{each}" for each in sorted(field_names(dataset))[:_MOST_LISTED]]
    return f"`--by` takes kind, source, round, split, labels.NAME, {', '.join(known)}"


def _label(label: LabelOfEach) -> Coded:
    return Coded(label.place.astype(np.int64), label.values)


def _coded(column: pa.ChunkedArray | pa.Array) -> Coded:
    """Return a column as text; the last of its values is None if it has NULLs."""
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if not len(chunked):
        return Coded(np.zeros(0, np.int64), ())
    encoded = chunked.cast(pa.string()).dictionary_encode().unify_dictionaries()
    values: list[LabelValue | None] = encoded.chunk(0).dictionary.to_pylist()
    places = [each.indices.fill_null(len(values)).to_numpy() for each in encoded.chunks]
    place = np.concatenate(places).astype(np.int64)
    if chunked.null_count:
        values.append(None)
    return Coded(place, values)
