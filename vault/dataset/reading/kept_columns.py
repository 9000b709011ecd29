"""Columns that follow from the rows of chunks: kept in the catalogue, made for rows that lack them.

Chunks never change, so what was made of a row once holds for every dataset that has the row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.index.array_files import ArrayFiles, Arrays
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.texts import Rows
from vault.objects.runs import RowKeys, key_parts

_ROW = "row"

Make = Callable[[Rows], Arrays]
"""Returns the columns of some rows of a dataset, in their order."""


class Parted:
    """An array by row whose parts lie apart, some of them mapped from files."""

    def __init__(self, parts: Sequence[NDArray[Any]], part: Rows, place: Rows) -> None:
        self._parts = parts
        self._part = part
        self._place = place

    def __getitem__(self, rows: Rows) -> NDArray[Any]:
        """Return the values of some rows, in their order."""
        first = self._parts[0] if self._parts else np.zeros(0, np.uint64)
        result = np.empty((len(rows), *first.shape[1:]), first.dtype)
        part, place = self._part[rows], self._place[rows]
        order = np.argsort(part, kind="stable")
        bounds = np.flatnonzero(np.diff(part[order], prepend=-1, append=-1)).tolist()
        for start, end in pairwise(bounds):
            own = order[start:end]
            values = self._parts[part[own[0]]]
            if own[-1] - own[0] == end - start - 1:
                into = result[own[0] : own[-1] + 1]
                np.take(values, place[own], axis=0, out=into, mode="clip")
            else:
                result[own] = values[place[own]]
        return result

    def of(self, rows: Rows) -> Parted:
        """Return some rows, in their order, without reading them."""
        return Parted(self._parts, self._part[rows], self._place[rows])

    def whole(self) -> NDArray[Any]:
        """Return the values of all rows."""
        return self[np.arange(len(self._part))]


class ChunkColumns:
    """The columns of the rows of a dataset, each group of them under a name."""

    def __init__(self, files: ArrayFiles, dataset: Dataset, keys: RowKeys) -> None:
        self.files = files
        self._dataset = dataset
        self._order = np.argsort(keys, kind="stable")
        chunk, self._row = key_parts(keys[self._order])
        bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()
        self._chunks = [
            (dataset.numbers.digest(int(chunk[start])), slice(start, end))
            for start, end in pairwise(bounds)
        ]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._row)

    def columns(self, group: str, names: Sequence[str], make: Make) -> dict[str, Parted]:
        """Return the columns of a group by their names, for the rows of the dataset.

        `make` is called once with the rows that have none yet, ordered by chunk, if there are any.
        """
        kept = [self._kept(f"{group}/{chunk}", names) for chunk, _ in self._chunks]
        lacking = self._lacking(kept)
        sizes = np.cumsum([0, *map(len, lacking)])
        if sizes[-1]:
            made = make(self._order[np.concatenate(lacking)])
            for at, (chunk, _) in enumerate(self._chunks):
                if len(lacking[at]):
                    fresh = {name: made[name][sizes[at] : sizes[at + 1]] for name in names}
                    fresh[_ROW] = self._row[lacking[at]].astype(np.uint32)
                    kept[at] = _merged(kept[at], fresh)
                    self.files.write(f"{group}/{chunk}", kept[at])
        return self._parted(kept, names)

    def kept(self, group: str, names: Sequence[str]) -> dict[str, Parted] | None:
        """Return the columns of a group if all rows have them already, else None."""
        kept = [self._kept(f"{group}/{chunk}", names) for chunk, _ in self._chunks]
        return None if any(map(len, self._lacking(kept))) else self._parted(kept, names)

    def lacking(self, group: str, names: Sequence[str]) -> Rows:
        """Return the rows that have none of the columns of a group yet, ordered by chunk."""
        kept = [self._kept(f"{group}/{chunk}", names) for chunk, _ in self._chunks]
        places = np.concatenate([np.zeros(0, np.int64), *self._lacking(kept)])
        rows: Rows = self._order[places]
        return rows

    def _lacking(self, kept: Sequence[Arrays]) -> list[Rows]:
        """Return for each chunk which places in the order of chunks have nothing kept of them."""
        return [
            own.start + np.flatnonzero(~_are_among(self._row[own], each[_ROW]))
            for (_, own), each in zip(self._chunks, kept, strict=True)
        ]

    def _kept(self, name: str, names: Sequence[str]) -> Arrays:
        found = self.files.read(name)
        if found is None or {_ROW, *names} != set(found):
            return {_ROW: np.zeros(0, np.uint32)}
        return found

    def _parted(self, kept: Sequence[Arrays], names: Sequence[str]) -> dict[str, Parted]:
        part = np.empty(len(self._row), np.int64)
        place = np.empty(len(self._row), np.int64)
        for at, (_, own) in enumerate(self._chunks):
            part[self._order[own]] = at
            place[self._order[own]] = np.searchsorted(kept[at][_ROW], self._row[own])
        return {name: Parted([each[name] for each in kept], part, place) for name in names}


def _are_among(rows: Rows, kept: NDArray[np.uint32]) -> NDArray[np.bool_]:
    if not len(kept):
        return np.zeros(len(rows), np.bool_)
    at = np.minimum(np.searchsorted(kept, rows), len(kept) - 1)
    result: NDArray[np.bool_] = kept[at] == rows
    return result


def _merged(kept: Arrays, fresh: Arrays) -> Arrays:
    if not len(kept[_ROW]):
        return fresh
    order = np.argsort(np.concatenate([kept[_ROW], fresh[_ROW]]), kind="stable")
    return {name: np.concatenate([kept[name], fresh[name]])[order] for name in fresh}
