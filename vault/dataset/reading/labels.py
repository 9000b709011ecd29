"""Labels of rows: the one place that reads label sets.

Sets are read chunk by chunk, only those of chunks with rows that are asked for. What is asked of
many rows comes as columns and numbered combinations; Python values are made of few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset
from vault.objects.digest import Digest
from vault.objects.labels.label_combinations import (
    Combination,
    RowLabels,
    labels_by_row,
    unlabelled,
)
from vault.objects.labels.label_set import (
    LABEL_TABLE,
    SPLIT,
    Label,
    LabelSet,
    LabelTable,
    LabelValue,
    codes_of,
    decode_label_table,
    label_names_of,
    label_set,
    labels_at,
    merged_labels,
    rows_of_labels,
    values_of,
)
from vault.objects.manifest import Manifest
from vault.objects.runs import ROW_BITS, RowKeys, key_parts
from vault.store.object_store import ObjectStore

LabelSets = Sequence[Digest]
"""The label sets of a chunk: a base set and overlays."""


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """One label of the rows of a chunk: `values[place[i]]` on `rows[i]`, rows ascending."""

    rows: NDArray[np.int64]
    place: NDArray[np.int64]
    values: Sequence[LabelValue]

    @property
    def size_bytes(self) -> int:
        """Return about how much memory the column takes."""
        return int(self.rows.nbytes + self.place.nbytes) + 64 * len(self.values)

    def places_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place of each row's value in `values`, their number where it has none."""
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[at] == rows, self.place[at], len(self.values))


def stored_labels(
    store: ObjectStore, sets: LabelSets, *, values_only: bool = False
) -> list[LabelTable]:
    """Return the entries of each label set of a chunk, as they are stored. Raises Corrupt."""
    return [decode_label_table(store.get(each), values_only=values_only) for each in sets]


def labels_of_chunk(
    store: ObjectStore,
    sets: LabelSets,
    rows: NDArray[np.int64] | None = None,
    *,
    values_only: bool = False,
) -> LabelTable:
    """Return what the label sets of a chunk say together, or of some rows, which are ascending.

    `values_only` leaves out who said it, when and why. Raises Corrupt.
    """
    tables = stored_labels(store, sets, values_only=values_only)
    return merged_labels(tables if rows is None else [labels_at(each, rows) for each in tables])


def _read_values(store: ObjectStore, labels: Digest) -> LabelTable:
    return decode_label_table(store.get(labels), values_only=True)


def label_columns(store: ObjectStore, sets: LabelSets) -> Mapping[str, LabelColumn]:
    """Return a column for each label of a chunk, by name. Raises Corrupt."""
    table = labels_of_chunk(store, sets, values_only=True)
    rows, name, value = rows_of_labels(table), codes_of(table, "name"), codes_of(table, "value")
    names, values = label_names_of(table), values_of(table)
    result = {}
    for number in np.unique(name).tolist():
        own = np.flatnonzero(name == number)
        places = value[own]
        is_used = np.zeros(len(values), np.bool_)
        is_used[places] = True
        used = list(compress(values, is_used.tolist()))
        result[names[number]] = LabelColumn(rows[own], (np.cumsum(is_used) - 1)[places], used)
    return result


@dataclass(frozen=True, slots=True)
class LabelEntries:
    """Labels of rows as columns: entry `i` belongs to the row with key `keys[i]`.

    `table` has the rest of `LABEL_TABLE`, its rows included.
    """

    keys: RowKeys
    table: LabelTable


def label_entries(dataset: Dataset, keys: RowKeys) -> LabelEntries:
    """Return the labels of rows, in the order of row keys, then of names. Raises Corrupt."""
    found = [np.zeros(0, np.uint64)]
    tables = [LABEL_TABLE.empty_table()]
    for part in _labelled_parts(dataset, keys):
        table = labels_of_chunk(dataset.store, part.sets, np.unique(part.rows))
        rows = rows_of_labels(table).astype(np.uint64)
        found.append(np.uint64(part.number << ROW_BITS) | rows)
        tables.append(table)
    return LabelEntries(np.concatenate(found), pa.concat_tables(tables).combine_chunks())


def labels_of_rows(dataset: Dataset, keys: RowKeys) -> dict[int, dict[str, Label]]:
    """Return the labels of the rows that have any, by row key and name; for few rows.

    Raises Corrupt.
    """
    found: dict[int, dict[str, Label]] = {}
    for part in _labelled_parts(dataset, keys):
        labels: LabelSet = label_set(labels_of_chunk(dataset.store, part.sets, part.rows))
        found.update({(part.number << ROW_BITS) | row: own for row, own in labels.items()})
    return found


def row_labels(
    dataset: Dataset, keys: RowKeys, read: Callable[[Digest], LabelTable] | None = None
) -> RowLabels:
    """Return the label values of rows, in the order of `keys`.

    `read` returns a label set for who has read it already. Costs reading the label sets, 0.1 µs a
    label, and a dictionary for each combination of a chunk. Raises Corrupt.
    """
    if read is None:
        read = partial(_read_values, dataset.store)
    labels = unlabelled(len(keys))
    combinations: list[Combination] = [{}]
    for part in _labelled_parts(dataset, keys):
        table = merged_labels([labels_at(read(each), part.rows) for each in part.sets])
        number, added = labels_by_row(table, part.rows)
        number[number > 0] += len(combinations) - 1
        labels.place[part.positions] = number
        combinations += added
    return RowLabels(labels.place, combinations)


def labels_of_each(dataset: Dataset, keys: RowKeys) -> list[Combination]:
    """Return the label values of each row, in the order of `keys`; rows share equal ones.

    Raises Corrupt.
    """
    return row_labels(dataset, keys).each()


@dataclass(frozen=True, slots=True)
class LabelOfEach:
    """One label of some rows: row `i` has `values[place[i]]`, which is None where it has none."""

    place: NDArray[np.int64]
    values: Sequence[LabelValue | None]

    def has(self) -> NDArray[np.bool_]:
        """Tell which rows have the label."""
        is_value = np.array([each is not None for each in self.values], np.bool_)
        return is_value[self.place]

    def at(self, rows: NDArray[Any]) -> LabelOfEach:
        """Return the label of some of the rows, by their places or a mask."""
        return LabelOfEach(self.place[rows], self.values)


def label_of_each(
    dataset: Dataset, keys: RowKeys, wanted: Callable[[str], bool]
) -> dict[str, LabelOfEach]:
    """Return the labels of rows whose names are wanted, by name, in the order of `keys`.

    Names that no row has are left out. Costs reading the label sets. Raises Corrupt.
    """
    values: dict[str, dict[tuple[type, LabelValue | None], int]] = {}
    places: dict[str, NDArray[np.int64]] = {}
    for part in _labelled_parts(dataset, keys):
        for name, column in label_columns(dataset.store, part.sets).items():
            if not wanted(name):
                continue
            known = values.setdefault(name, {(type(None), None): 0})
            own = [known.setdefault((type(each), each), len(known)) for each in column.values]
            found = np.array([*own, 0])[column.places_of(part.rows)]
            if found.any():
                place = places.setdefault(name, np.zeros(len(keys), np.int64))
                place[part.positions] = found
    return {
        name: LabelOfEach(place, [value for _, value in values[name]])
        for name, place in places.items()
    }


@dataclass(frozen=True, slots=True)
class NamedLabels:
    """Some labels of some rows: `values[place[i, j]]` is that of row `i` by the name `j`.

    A place of -1 is no label. Values are distinct; equal numbers are one, 1 and true are two.
    """

    place: NDArray[np.int64]
    values: Sequence[LabelValue]


def labels_named(dataset: Dataset, keys: RowKeys, names: Sequence[str]) -> NamedLabels:
    """Return the labels of some names, of rows in the order of `keys`.

    Costs reading the label sets, 0.1 µs a label. Raises Corrupt.
    """
    found = label_of_each(dataset, keys, set(names).__contains__)
    numbers: dict[tuple[bool, LabelValue], int] = {}
    place = np.full((len(keys), len(names)), -1, np.int64)
    for at, name in enumerate(names):
        if name in found:
            column = found[name]
            number = [
                -1
                if each is None
                else numbers.setdefault((isinstance(each, bool), each), len(numbers))
                for each in column.values
            ]
            place[:, at] = np.array(number, np.int64)[column.place]
    return NamedLabels(place, [value for _, value in numbers])


@dataclass(frozen=True, slots=True)
class Sides:
    """The sides of a split: row `i` is on `names[place[i]]`, on none where that is None."""

    place: NDArray[np.int64]
    names: Sequence[str | None]

    def on(self, name: str | None) -> NDArray[np.bool_]:
        """Tell which rows are on a side; None is on no side."""
        is_named = np.array([each == name for each in self.names], np.bool_)
        return is_named[self.place]

    def used(self) -> list[str | None]:
        """Return the sides that rows are on, None (last) if there are rows on none."""
        names = {self.names[each] for each in np.unique(self.place).tolist()}
        named = sorted(each for each in names if each is not None)
        return [*named, None] if None in names else [*named]


def split_of_each(dataset: Dataset, keys: RowKeys) -> Sides | None:
    """Return the `split` label of each row as text; None if no row has one. Raises Corrupt."""
    return texts_of_label(dataset, keys, SPLIT)


def texts_of_label(dataset: Dataset, keys: RowKeys, name: str) -> Sides | None:
    """Return one label of each row as text, as `split_of_each` does. Raises Corrupt."""
    found = label_of_each(dataset, keys, name.__eq__).get(name)
    if found is None:
        return None
    names: dict[str | None, int] = {}
    texts = [None if each is None else str(each) for each in found.values]
    number = [names.setdefault(each, len(names)) for each in texts]
    return Sides(np.array(number)[found.place], list(names))


def values_in_chunk(
    store: ObjectStore, manifest: Manifest, chunk: Digest, row: int
) -> dict[str, LabelValue]:
    """Return the label values of one row of a chunk; {} if it has none. Raises Corrupt."""
    rows = np.array([row], np.int64)
    table = labels_of_chunk(store, manifest.labels.get(chunk, ()), rows)
    found = label_set(table).get(row, {})
    return {name: label.value for name, label in found.items()}


def keys_with_label(dataset: Dataset, name: str) -> RowKeys:
    """Return the keys of the rows that have a label of this name. Raises Corrupt."""
    found = [np.zeros(0, np.uint64)]
    for chunk, sets in dataset.manifest.labels.items():
        column = label_columns(dataset.store, sets).get(name)
        if column is not None:
            first = np.uint64(dataset.numbers.number(chunk) << ROW_BITS)
            found.append(first | column.rows.astype(np.uint64))
    return np.concatenate(found)


def label_names(dataset: Dataset) -> set[str]:
    """Return the names of all labels of a dataset. Raises Corrupt."""
    found: set[str] = set()
    for sets in dataset.manifest.labels.values():
        table = labels_of_chunk(dataset.store, sets, values_only=True)
        found.update(table.column("name").unique().to_pylist())
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one chunk among some row keys, ascending, and the chunk's label sets."""

    number: int
    sets: LabelSets
    positions: NDArray[np.int64]
    rows: NDArray[np.int64]


def _labelled_parts(dataset: Dataset, keys: RowKeys) -> Iterator[_Part]:
    """Yield the rows of each chunk that has label sets."""
    if not dataset.manifest.labels or not len(keys):
        return
    is_ordered = bool((keys[1:] >= keys[:-1]).all())
    order = np.arange(len(keys)) if is_ordered else np.argsort(keys, kind="stable")
    chunk, row = key_parts(keys[order])
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()
    for start, end in pairwise(bounds):
        number = int(chunk[start])
        sets = dataset.manifest.labels.get(dataset.numbers.digest(number))
        if sets is not None:
            yield _Part(number, sets, order[start:end], row[start:end])
