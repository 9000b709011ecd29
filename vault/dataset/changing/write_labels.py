"""Changing labels of rows: the one place that writes label sets.

A change of some labels of a chunk becomes an overlay of its label sets, or is merged with them all
where that costs little; chunks in which nothing changes keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import LabelEntries, LabelSets, labels_of_chunk, stored_labels
from vault.objects.digest import Digest
from vault.objects.labels.label_set import (
    LABEL_TABLE,
    Label,
    LabelTable,
    LabelValue,
    encode_label_table,
    label_table,
    labels_at,
    latest_labels,
    merged_labels,
    rows_of_labels,
    same_labels,
    value_text,
)
from vault.objects.manifest import MOST_LABEL_SETS, Manifest
from vault.objects.runs import ROW_BITS, RowKeys, key_parts, only_in
from vault.store.object_store import ObjectStore

_MERGED_BELOW = 4
"""Sets of up to so many times the entries of an overlay are merged with it: that costs a write of
what the change is anyway in proportion to, and spares readers an object."""

LabelsByKey = Mapping[int, Mapping[str, Label]]
"""All labels of rows, by row key and name: for few rows."""


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One label of many rows of a dataset: `values[place[i]]` on the row with key `keys[i]`.

    A value of None takes the label off. `keys` are distinct, in any order, and rows of the dataset.
    `notes`, one for each row, stand in the place of `note`.
    """

    name: str
    keys: RowKeys
    values: Sequence[LabelValue | None]
    place: NDArray[np.int64]
    author: str
    time: str
    note: str | None = None
    notes: Sequence[str] = ()

    @classmethod
    def same(cls, label: Label, keys: RowKeys) -> Self:
        """Return the change that gives one label to all of some rows."""
        place = np.zeros(len(keys), np.int64)
        return cls(label.name, keys, (label.value,), place, label.author, label.time, label.note)

    @classmethod
    def taken_off(cls, name: str, keys: RowKeys) -> Self:
        """Return the change that takes a label off some rows."""
        return cls(name, keys, (None,), np.zeros(len(keys), np.int64), "", "")

    def entries(self) -> LabelEntries:
        """Return the change as entries of an overlay."""
        count = len(self.keys)
        texts = [None if each is None else value_text(each) for each in self.values]
        columns = [
            pa.array(key_parts(self.keys)[1].astype(np.uint32)),
            _repeated(self.name, count),
            pa.array(texts, pa.string()).take(pa.array(self.place)).dictionary_encode(),
            *(_repeated(each, count) for each in (self.author, self.time)),
            pa.array(self.notes, pa.string()).dictionary_encode()
            if self.notes
            else _repeated(self.note, count),
        ]
        return LabelEntries(self.keys, pa.Table.from_arrays(columns, schema=LABEL_TABLE))


def with_label_changes(dataset: Dataset, changes: Sequence[LabelChange]) -> Manifest:
    """Return the manifest of a dataset after changes of labels; stores what they need.

    Of changes of one label and row the last counts. Costs a sort of the keys, and for each chunk
    with a changed row reading its label sets and storing one object: 3 ms. Raises Corrupt.
    """
    return _overlaid(dataset, [each.entries() for each in changes])


def with_labels(dataset: Dataset, changes: Mapping[int, Mapping[str, Label | None]]) -> Manifest:
    """Return the manifest of a dataset after a change of the labels of few rows.

    `changes` maps row keys to the labels that change, by name: None takes a label off, and labels
    that are not named stay. `with_label_changes` is for many rows. Raises Corrupt.
    """
    return _overlaid(dataset, [entries_of(changes)])


def store_labels(
    dataset: Dataset, keys: RowKeys, replaced: RowKeys | None = None, by: LabelEntries | None = None
) -> dict[Digest, tuple[Digest, ...]]:
    """Store the labels of the rows `keys` to come, and return the label sets of each chunk.

    Rows have the labels that they have in the dataset; the rows `replaced` of `keys` have those of
    `by` instead. A row that left takes its labels along: should the same record be imported again,
    it comes unlabelled. Label sets are read only of chunks that rows left or joined, or of which
    rows are replaced. Raises Corrupt.
    """
    labels = dict(dataset.manifest.labels)
    if replaced is None or by is None:
        replaced, by = keys[:0], LabelEntries(keys[:0], LABEL_TABLE.empty_table())
    if not labels and not len(by.keys):
        return {}
    before = dataset.keys()
    left, joined = only_in(before, keys), only_in(keys, before)
    moved = np.concatenate([before[left], keys[joined], replaced])
    stays = np.delete(keys, joined)
    staying, added = _ByChunk(stays[only_in(stays, replaced)]), _ByChunk(by.keys)
    for number in np.unique(key_parts(moved)[0]).tolist():
        chunk = dataset.numbers.digest(number)
        stored = labels.pop(chunk, ())
        known = labels_of_chunk(dataset.store, stored)
        kept = labels_at(known, staying.rows(number))
        made = merged_labels([kept, by.table.take(pa.array(added.positions(number)))])
        sets = stored if same_labels(made, known) else _one_set(dataset.store, made)
        if sets:
            labels[chunk] = sets
    return labels


def entries_of(labels: Mapping[int, Mapping[str, Label | None]]) -> LabelEntries:
    """Return labels by row key and name as columns; None takes one off."""
    by_chunk: dict[int, dict[int, Mapping[str, Label | None]]] = {}
    for key, own in labels.items():
        by_chunk.setdefault(key >> ROW_BITS, {})[key & ((1 << ROW_BITS) - 1)] = own
    keys, tables = [np.zeros(0, np.uint64)], [LABEL_TABLE.empty_table()]
    for number, rows in by_chunk.items():
        tables.append(label_table(rows))
        first = np.uint64(number << ROW_BITS)
        keys.append(first | rows_of_labels(tables[-1]).astype(np.uint64))
    return LabelEntries(np.concatenate(keys), pa.concat_tables(tables))


def _overlaid(dataset: Dataset, changes: Sequence[LabelEntries]) -> Manifest:
    labels = dict(dataset.manifest.labels)
    keys = np.concatenate([np.zeros(0, np.uint64), *(each.keys for each in changes)])
    tables = [LABEL_TABLE.empty_table(), *(each.table for each in changes)]
    table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    for number, positions in _ByChunk(keys):
        chunk = dataset.numbers.digest(number)
        overlay = latest_labels([table.take(pa.array(positions))])
        sets = _with_overlay(dataset.store, labels.pop(chunk, ()), overlay)
        if sets:
            labels[chunk] = sets
    return replace(dataset.manifest, labels=labels)


def _with_overlay(store: ObjectStore, sets: LabelSets, overlay: LabelTable) -> tuple[Digest, ...]:
    """Return the label sets of a chunk after a change of labels, those that there are if none."""
    stored = stored_labels(store, sets)
    rows = np.unique(rows_of_labels(overlay))
    known = merged_labels([labels_at(each, rows) for each in stored])
    if same_labels(merged_labels([known, overlay]), known):
        return tuple(sets)
    entries = sum(each.num_rows for each in stored)
    if len(sets) < MOST_LABEL_SETS and entries > _MERGED_BELOW * overlay.num_rows:
        return (*sets, store.put(encode_label_table(overlay)))
    return _one_set(store, merged_labels([*stored, overlay]))


def _one_set(store: ObjectStore, table: LabelTable) -> tuple[Digest, ...]:
    return (store.put(encode_label_table(table)),) if table.num_rows else ()


def _repeated(text: str | None, count: int) -> pa.DictionaryArray:
    dictionary = pa.array([] if text is None else [text], pa.string())
    places = pa.nulls(count, pa.int32()) if text is None else pa.array(np.zeros(count, np.int32))
    return pa.DictionaryArray.from_arrays(places, dictionary)


class _ByChunk:
    """Row keys by chunk: where those of each chunk stand, and their rows."""

    def __init__(self, keys: RowKeys) -> None:
        is_ordered = bool((keys[1:] >= keys[:-1]).all())
        self._order = np.arange(len(keys)) if is_ordered else np.argsort(keys, kind="stable")
        self._chunk, self._rows = key_parts(keys[self._order])

    def __iter__(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield the number of each chunk and the positions of its keys, in the order of rows."""
        bounds = np.flatnonzero(np.diff(self._chunk, prepend=-1, append=-1)).tolist()
        for start, end in pairwise(bounds):
            yield int(self._chunk[start]), self._order[start:end]

    def positions(self, number: int) -> NDArray[np.int64]:
        """Return the positions of the keys of a chunk, in the order of rows."""
        return self._order[self._slice(number)]

    def rows(self, number: int) -> NDArray[np.int64]:
        """Return the rows of a chunk, ascending."""
        return self._rows[self._slice(number)]

    def _slice(self, number: int) -> slice:
        start, end = np.searchsorted(self._chunk, [number, number + 1]).tolist()
        return slice(start, end)
