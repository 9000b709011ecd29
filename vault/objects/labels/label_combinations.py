"""Labels of many rows: which combination of names and values each row has. Pure.

Many rows share few combinations, so whatever is made of the labels of a row (a dictionary, their
JSON) is made once for each combination, and found by its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.objects.json.text import canonical_bytes
from vault.objects.labels.label_set import (
    OWN_LABELS,
    LabelTable,
    LabelValue,
    codes_of,
    label_names_of,
    rows_of_labels,
    values_of,
)

Combination = dict[str, LabelValue]
"""The labels of a row, name to value, in the order of names."""


@dataclass(frozen=True, slots=True)
class RowLabels:
    """The labels of some rows: row `i` has `combinations[place[i]]`.

    `combinations[0]` is the empty one. Rows share them, so they must not be changed; two may be
    equal.
    """

    place: NDArray[np.int64]
    combinations: Sequence[Combination]

    def __getitem__(self, rows: slice) -> RowLabels:
        """Return the labels of some rows that follow one another."""
        return RowLabels(self.place[rows], self.combinations)

    @property
    def labelled(self) -> NDArray[np.int64]:
        """Return which rows have labels, ascending."""
        return np.flatnonzero(self.place)

    def each(self) -> list[Combination]:
        """Return the labels of each row, in order; {} where it has none."""
        return list(map(self.combinations.__getitem__, self.place.tolist()))


def unlabelled(count: int) -> RowLabels:
    """Return the labels of `count` rows without labels."""
    return RowLabels(np.zeros(count, np.int64), ({},))


def labels_by_row(
    table: LabelTable, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[Combination]]:
    """Return the number of the combination of each row (ascending), 0 for none, and those from 1.

    `table` has no nulls and is sorted by row and name. Costs a hash table of the entries, and a
    dictionary for each combination. Raises Corrupt (`labels-unreadable`).
    """
    labelled = rows_of_labels(table)
    place = np.zeros(len(rows), np.int64)
    if not len(labelled) or not len(rows):
        return place, []
    starts = np.flatnonzero(np.diff(labelled, prepend=-1))
    number, firsts = _numbered(_pairs(table), starts)
    at = np.minimum(np.searchsorted(labelled[starts], rows), len(starts) - 1)
    has = labelled[starts][at] == rows
    place[has] = number[at[has]] + 1
    return place, _combinations(table, starts, firsts)


def fingerprinted(labels: RowLabels, *, counts_own: bool = False) -> list[bytes]:
    """Return of each combination what a fingerprint takes in: canonical JSON, b"" for nothing.

    Labels of vault's own are left out, unless `counts_own`: 0.1 counted them.
    """
    found = []
    for each in labels.combinations:
        counted = each if counts_own else _without_own(each)
        found.append(canonical_bytes(counted) if counted else b"")
    return found


def numbered_together(one: RowLabels, other: RowLabels) -> tuple[NDArray[np.int64], ...]:
    """Return numbers of the rows of each side that are equal where names and values are.

    Values are compared as JSON: 1, 1.0 and true differ.
    """
    numbers: dict[bytes, int] = {}
    return tuple(
        np.array(
            [
                numbers.setdefault(canonical_bytes(values), len(numbers))
                for values in side.combinations
            ],
            np.int64,
        )[side.place]
        for side in (one, other)
    )


def _without_own(values: Combination) -> Combination:
    if OWN_LABELS.isdisjoint(values):
        return values
    return {name: value for name, value in values.items() if name not in OWN_LABELS}


def _pairs(table: LabelTable) -> NDArray[np.int64]:
    """Return a number for the name and value of each entry."""
    values = codes_of(table, "value")
    return codes_of(table, "name") * (int(values.max()) + 1) + values


def _numbered(
    pairs: NDArray[np.int64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the combinations of rows whose entries begin at `starts`.

    Returns the number of each row, and for each number a row that has it. Entry by entry, the
    number so far and the next pair are numbered together.
    """
    lengths = np.diff(starts, append=len(pairs))
    number, count = _dense(pairs[starts])
    for depth in range(1, int(lengths.max())):
        longer = np.flatnonzero(lengths > depth)
        further, pairs_here = _dense(pairs[starts[longer] + depth])
        joined, added = _dense(number[longer] * pairs_here + further)
        # Rows that end here keep their numbers, so those of longer rows begin after them.
        number[longer] = joined + count
        number, count = _dense(number) if added else (number, count)
    firsts = np.empty(count, np.int64)
    firsts[number[::-1]] = np.arange(len(number))[::-1]
    return number, firsts


def _dense(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Return numbers from 0 that are equal where the values are, and how many there are."""
    encoded = pa.array(values).dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)


def _combinations(
    table: LabelTable, starts: NDArray[np.int64], firsts: NDArray[np.int64]
) -> list[Combination]:
    names, values = label_names_of(table), values_of(table)
    name, value = codes_of(table, "name"), codes_of(table, "value")
    ends = np.append(starts[1:], table.num_rows)
    made = []
    for start, end in zip(starts[firsts].tolist(), ends[firsts].tolist(), strict=True):
        pairs = zip(name[start:end].tolist(), value[start:end].tolist(), strict=True)
        made.append({names[each]: values[of] for each, of in pairs})
    return made
