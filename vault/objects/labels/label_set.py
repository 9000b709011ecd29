"""Label sets: the labels of the rows of one chunk, as Parquet objects. Pure.

A chunk has a base set and overlays, of which the later wins: changing a few labels of a chunk
writes a few entries, not all of them again. In memory a set is a table whose texts are
dictionaries, so that a million equal labels cost four bytes each; `LabelSet` is for few. Values are
JSON scalars: text, number, or true and false. Normative: docs/format/manifests.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from vault.errors import Corrupt, InvalidInput
from vault.objects.parquet_bytes import UNREADABLE, from_parquet, to_parquet, whole_column

LabelValue = str | int | float | bool

SPLIT = "split"
"""The label that says which side of a split an example is on."""

GROUP = "_group"
"""The label with the key of the group that an example belongs to, where that is not its own id."""

OWN_LABELS = frozenset({GROUP, "cluster"})
"""Labels that vault sets for its own work: they follow from the examples, so no fingerprint counts
them."""

_TEXTS = ("name", "value", "author", "time", "note")
_OPTIONAL = ("value", "note")

_SCHEMA = pa.schema(
    [
        pa.field("row", pa.uint32(), nullable=False),
        *(pa.field(name, pa.string(), nullable=name == "note") for name in _TEXTS),
    ]
)
_OVERLAY_SCHEMA = _SCHEMA.set(2, pa.field("value", pa.string()))
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())

LABEL_TABLE = pa.schema(
    [
        pa.field("row", pa.uint32(), nullable=False),
        *(pa.field(name, _DICTIONARY, nullable=name in _OPTIONAL) for name in _TEXTS),
    ]
)
"""Entries of label sets in memory: `value` is JSON, null in an overlay that takes a label off."""

LabelTable: TypeAlias = pa.Table
"""A table of `LABEL_TABLE`, or of its first three columns."""


@dataclass(frozen=True, slots=True)
class Label:
    """One thing said of one example: a name and a value, by whom, when (ISO 8601), and why."""

    name: str
    value: LabelValue
    author: str
    time: str
    note: str | None = None


LabelSet = dict[int, dict[str, Label]]
"""Labels by row of the chunk, then by name: for few rows. Costs 1 kB a label."""


def encode_label_table(table: LabelTable) -> bytes:
    """Return the bytes of a label set, or of an overlay if a value is null.

    The entries are sorted by row and name, none twice, as `merged_labels` returns them. Entries
    that are the same, in whatever dictionaries, are the same bytes.
    """
    is_overlay = table.column("value").null_count > 0
    return to_parquet(table.cast(_OVERLAY_SCHEMA if is_overlay else _SCHEMA))


def decode_label_table(data: bytes, *, values_only: bool = False) -> LabelTable:
    """Return the entries of a label set or overlay, as they are stored.

    `values_only` leaves out who said it, when and why. Costs 0.1 µs an entry. Raises Corrupt
    (`labels-unreadable`).
    """
    wanted = LABEL_TABLE.names[:3] if values_only else LABEL_TABLE.names
    try:
        table = from_parquet(data, _SCHEMA, wanted, as_dictionaries=wanted[1:])
        arrays = [_checked(table, name) for name in wanted]
        return pa.Table.from_arrays(arrays, schema=pa.schema(map(LABEL_TABLE.field, wanted)))
    except UNREADABLE as error:
        raise _unreadable(error) from None


def merged_labels(tables: Sequence[LabelTable]) -> LabelTable:
    """Return what a base set and its overlays say together, sorted by row and name.

    Of entries for one row and name the last wins; one without a value takes the label off. Costs a
    sort of all entries, and next to nothing for one set that is sorted already.
    """
    if not tables:
        return LABEL_TABLE.empty_table()
    latest = latest_labels(tables)
    valued = latest.column("value").is_valid()
    return latest if latest.column("value").null_count == 0 else latest.filter(valued)


def latest_labels(tables: Sequence[LabelTable]) -> LabelTable:
    """Return the last entry for each row and name of some tables (at least one), sorted.

    Entries that take a label off stay: what is returned is one overlay that says the same.
    """
    table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    if not table.num_rows:
        return table
    place = _places(table)
    if bool((place[1:] > place[:-1]).all()):
        return table
    order = np.argsort(place, kind="stable")
    is_last = np.append(place[order][1:] != place[order][:-1], True)
    return table.take(pa.array(order[is_last]))


def is_in_order(table: LabelTable) -> bool:
    """Tell whether entries are sorted by row and name, none twice, as a stored set has them."""
    place = _places(table)
    return bool((place[1:] > place[:-1]).all())


def _places(table: LabelTable) -> NDArray[np.int64]:
    """Return a number for each entry that rises with its row, then with its name."""
    names = label_names_of(table)
    rank = np.empty(len(names), np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return rows_of_labels(table) * len(names) + rank[codes_of(table, "name")]


def same_labels(one: LabelTable, other: LabelTable) -> bool:
    """Tell whether two tables without nulls have the same entries, in whatever dictionaries."""
    if one.num_rows != other.num_rows:
        return False
    return bool(one.cast(_SCHEMA).equals(other.cast(_SCHEMA)))


def labels_at(table: LabelTable, rows: NDArray[np.int64]) -> LabelTable:
    """Return the entries of some rows, which are ascending."""
    if not len(rows):
        return table.slice(0, 0)
    # Not `isin`, which would sort: a few labels are looked for among the many rows of a chunk.
    labelled = rows_of_labels(table)
    at = np.minimum(np.searchsorted(rows, labelled), len(rows) - 1)
    chosen = rows[at] == labelled
    return table if bool(chosen.all()) else table.filter(pa.array(chosen))


def label_table(labels: Mapping[int, Mapping[str, Label | None]]) -> LabelTable:
    """Return the entries of labels by row and name; None takes one off."""
    flat = [(row, name, each) for row, own in labels.items() for name, each in own.items()]
    columns = {
        "row": [row for row, _, _ in flat],
        "name": [name for _, name, _ in flat],
        "value": [None if each is None else value_text(each.value) for _, _, each in flat],
        "author": ["" if each is None else each.author for _, _, each in flat],
        "time": ["" if each is None else each.time for _, _, each in flat],
        "note": [None if each is None else each.note for _, _, each in flat],
    }
    plain = pa.Table.from_pydict(columns, schema=_OVERLAY_SCHEMA)
    arrays = [_checked(plain, name) for name in LABEL_TABLE.names]
    return latest_labels([pa.Table.from_arrays(arrays, schema=LABEL_TABLE)])


def label_set(table: LabelTable) -> LabelSet:
    """Return the entries of a table without nulls by row and name; 2 µs a label. Raises Corrupt."""
    values = values_of(table)
    texts = [_texts(table, name) for name in _TEXTS if name != "value"]
    result: LabelSet = {}
    rows, codes = rows_of_labels(table).tolist(), codes_of(table, "value").tolist()
    for row, code, name, author, time, note in zip(rows, codes, *texts, strict=True):
        result.setdefault(row, {})[name] = Label(name, values[code], author, time, note)
    return result


def is_label_value(value: object) -> bool:
    """Tell whether a value can be a label: text, true or false, or a number that JSON has.

    Whole numbers have 64 bits; not-a-number and infinity are no values.
    """
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 64
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)


def value_text(value: LabelValue) -> str:
    """Return the JSON text of a value, as label sets store it.

    Raises InvalidInput (`label-value-invalid`) for what `is_label_value` refuses.
    """
    if not is_label_value(value):
        raise InvalidInput(
            f"{value!r} cannot be a label",
            code="label-value-invalid",
            hint="a label is text, a number of 64 bits, or true or false",
        )
    return orjson.dumps(value).decode()


def rows_of_labels(table: LabelTable) -> NDArray[np.int64]:
    """Return the row of each entry."""
    rows: NDArray[np.int64] = whole_column(table, "row").to_numpy().astype(np.int64)
    return rows


def codes_of(table: LabelTable, name: str) -> NDArray[np.int64]:
    """Return for each entry the place of its text in the column's dictionary; none is null."""
    codes: NDArray[np.int64] = whole_column(table, name).indices.to_numpy().astype(np.int64)
    return codes


def label_names_of(table: LabelTable) -> list[str]:
    """Return the dictionary of names; not all of them need occur."""
    names: list[str] = whole_column(table, "name").dictionary.to_pylist()
    return names


def values_of(table: LabelTable) -> list[LabelValue]:
    """Return the dictionary of values, read from JSON. Raises Corrupt (`labels-unreadable`)."""
    texts = whole_column(table, "value").dictionary.to_pylist()
    try:
        return [orjson.loads(each) for each in texts]
    except UNREADABLE as error:
        raise _unreadable(error) from None


def _texts(table: LabelTable, name: str) -> Iterator[Any]:
    column = whole_column(table, name)
    texts = [*column.dictionary.to_pylist(), None]
    return map(texts.__getitem__, column.indices.fill_null(len(texts) - 1).to_numpy().tolist())


def _checked(table: pa.Table, name: str) -> pa.Array:
    """Return a column as `LABEL_TABLE` has it. Raises ValueError where a value is missing."""
    column = whole_column(table, name)
    if column.null_count and name not in _OPTIONAL:
        raise ValueError(f"its column {name} lacks a value")
    if name == "row":
        return column
    if not pa.types.is_dictionary(column.type):
        return column.dictionary_encode()
    if len(column.dictionary.unique()) == len(column.dictionary):
        return column
    # Another program may have stored a text twice: then equal names have different codes.
    return column.dictionary_decode().dictionary_encode()


def _unreadable(error: BaseException) -> Corrupt:
    return Corrupt(
        f"a label set cannot be read: {error}",
        code="labels-unreadable",
        hint="`vault fsck` tells which objects are damaged",
    )
