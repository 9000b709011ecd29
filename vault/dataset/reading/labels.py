"""Labels of rows: the one place that reads label sets.

Sets are read chunk by chunk, only those of chunks with rows that are asked for, and Python values
are made of the labels of these rows alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.objects.digest import Digest
from vault.objects.label_set import (
    SPLIT,
    Label,
    LabelColumns,
    LabelSet,
    LabelValue,
    decode_label_columns,
    decode_label_names,
    decode_labelled_rows,
    decode_labels,
)
from vault.objects.manifest import Manifest
from vault.objects.runs import ROW_BITS, RowKeys, key_parts
from vault.store.object_store import ObjectStore


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


def label_set(store: ObjectStore, labels: Digest) -> LabelSet:
    """Return the labels of a chunk by row and name. Raises Corrupt."""
    return decode_labels(store.get(labels))


def labelled_rows(store: ObjectStore, labels: Digest) -> NDArray[np.int64]:
    """Return the rows of a chunk that have a label, ascending; decodes nothing else."""
    return decode_labelled_rows(store.get(labels))


def label_columns(store: ObjectStore, labels: Digest) -> Mapping[str, LabelColumn]:
    """Return a column for each label of a chunk, by name. Raises Corrupt."""
    found = decode_label_columns(store.get(labels))
    result = {}
    for number, name in enumerate(found.names):
        own = np.flatnonzero(found.name == number)
        # Stored sorted by row; `places_of` needs it, and another program may have written the set.
        own = own[np.argsort(found.rows[own], kind="stable")]
        places = found.value[own]
        is_used = np.zeros(len(found.values), np.bool_)
        is_used[places] = True
        values = list(compress(found.values, is_used.tolist()))
        result[name] = LabelColumn(found.rows[own], (np.cumsum(is_used) - 1)[places], values)
    return result


def labels_of_rows(dataset: Dataset, keys: RowKeys) -> dict[int, dict[str, Label]]:
    """Return the labels of the rows that have any, by row key and name. Raises Corrupt."""
    found: dict[int, dict[str, Label]] = {}
    for part in _labelled_parts(dataset, keys):
        labels = decode_labels(dataset.store.get(part.labels), part.rows)
        found.update({(part.number << ROW_BITS) | row: own for row, own in labels.items()})
    return found


def label_values(dataset: Dataset, keys: RowKeys) -> dict[int, dict[str, LabelValue]]:
    """Return the label values of the rows that have any, by position in `keys`. Raises Corrupt."""
    found: dict[int, dict[str, LabelValue]] = {}
    for part in _labelled_parts(dataset, keys):
        own = _values_by_row(decode_label_columns(dataset.store.get(part.labels), part.rows))
        labelled = np.flatnonzero(np.isin(part.rows, list(own)))
        positions, rows = part.positions[labelled].tolist(), part.rows[labelled].tolist()
        found.update({at: own[row] for at, row in zip(positions, rows, strict=True)})
    return found


def labels_of_each(dataset: Dataset, keys: RowKeys) -> list[dict[str, LabelValue]]:
    """Return the label values of each row, in the order of `keys`. Raises Corrupt."""
    found = label_values(dataset, keys)
    return [found.get(at, {}) for at in range(len(keys))]


def split_of_each(dataset: Dataset, keys: RowKeys) -> list[str | None] | None:
    """Return the `split` label of each row as text, None where it has none; None if no row has."""
    result = np.full(len(keys), None, object)
    for part in _labelled_parts(dataset, keys):
        column = label_columns(dataset.store, part.labels).get(SPLIT)
        if column is not None:
            sides = np.array([*map(str, column.values), None], object)
            result[part.positions] = sides[column.places_of(part.rows)]
    sides_of_rows: list[str | None] = result.tolist()
    return None if sides_of_rows.count(None) == len(keys) else sides_of_rows


def labels_by_id(dataset: Dataset) -> Mapping[bytes, Mapping[str, LabelValue]]:
    """Return the label values of every labelled example of a dataset, by example id."""
    if not dataset.manifest.labels:
        return {}
    keys = dataset.keys()
    values = label_values(dataset, keys)
    positions = np.array(sorted(values), np.int64)
    ids = ids_of(dataset.columns(keys[positions], ["id"]))
    return {each.tobytes(): values[at] for each, at in zip(ids, positions.tolist(), strict=True)}


def values_by_key(
    dataset: Dataset, chunks: Collection[Digest]
) -> Iterator[tuple[int, dict[str, LabelValue]]]:
    """Yield the row key and the label values of each labelled row of some chunks.

    A label set may have labels of rows that are not in the dataset. Raises Corrupt.
    """
    for chunk in chunks:
        labels = dataset.manifest.labels.get(chunk)
        if labels is not None:
            first = dataset.numbers.number(chunk) << ROW_BITS
            values = _values_by_row(decode_label_columns(dataset.store.get(labels)))
            yield from ((first | row, own) for row, own in values.items())


def values_in_chunk(
    store: ObjectStore, manifest: Manifest, chunk: Digest, row: int
) -> dict[str, LabelValue]:
    """Return the label values of one row of a chunk; {} if it has none. Raises Corrupt."""
    labels = manifest.labels.get(chunk)
    if labels is None:
        return {}
    found = decode_label_columns(store.get(labels), np.array([row], np.int64))
    return _values_by_row(found).get(row, {})


def keys_with_label(dataset: Dataset, name: str) -> list[int]:
    """Return the keys of the rows that have a label of this name. Raises Corrupt."""
    keys: list[int] = []
    for chunk, labels in dataset.manifest.labels.items():
        column = label_columns(dataset.store, labels).get(name)
        if column is not None:
            first = dataset.numbers.number(chunk) << ROW_BITS
            keys += [first | row for row in column.rows.tolist()]
    return keys


def label_names(dataset: Dataset) -> set[str]:
    """Return the names of all labels of a dataset. Raises Corrupt."""
    sets = dataset.manifest.labels.values()
    return {name for labels in sets for name in decode_label_names(dataset.store.get(labels))}


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one chunk among some row keys, ascending, and the chunk's label set."""

    number: int
    labels: Digest
    positions: NDArray[np.int64]
    rows: NDArray[np.int64]


def _labelled_parts(dataset: Dataset, keys: RowKeys) -> Iterator[_Part]:
    """Yield the rows of each chunk that has a label set."""
    if not dataset.manifest.labels or not len(keys):
        return
    is_ordered = bool((keys[1:] >= keys[:-1]).all())
    order = np.arange(len(keys)) if is_ordered else np.argsort(keys, kind="stable")
    chunk, row = key_parts(keys[order])
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()
    for start, end in pairwise(bounds):
        number = int(chunk[start])
        labels = dataset.manifest.labels.get(dataset.numbers.digest(number))
        if labels is not None:
            yield _Part(number, labels, order[start:end], row[start:end])


def _values_by_row(found: LabelColumns) -> dict[int, dict[str, LabelValue]]:
    """Return label values by row, then by name in the order of names."""
    names, values = found.names, found.values
    result: dict[int, dict[str, LabelValue]] = {}
    columns = (found.rows.tolist(), found.name.tolist(), found.value.tolist())
    for row, name, value in zip(*columns, strict=True):
        result.setdefault(row, {})[names[name]] = values[value]
    # Stored sorted; one that vault did not write need not be.
    return {row: dict(sorted(own.items())) for row, own in result.items()}
