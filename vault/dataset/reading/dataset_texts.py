"""Texts of a dataset by row, kept in memory once they are read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vault.dataset.reading.compared_texts import (
    ComparedTexts,
    Part,
    read_compared_texts,
    read_parts,
)
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.scratch import Scratch
from vault.dedupe.texts import Rows, Texts
from vault.objects.runs import RowKeys, inverse_of
from vault.progress import Progress


class DatasetTexts:
    """The texts that rows of a dataset are compared by, read from its chunks when asked for."""

    def __init__(self, dataset: Dataset, keys: RowKeys, part: Part) -> None:
        self.dataset = dataset
        self.keys = keys
        self._part = part
        self._place = np.full(len(keys), -1)
        self._held = Texts([])

    def read(self, rows: Rows, *, progress: Progress, scratch: Scratch) -> ComparedTexts:
        """Return what rows are compared by, and hold their texts instead of others.

        Raises Corrupt.
        """
        self._place = np.full(len(self.keys), -1)
        self._held = Texts([])
        return self.read_more(rows, progress=progress, scratch=scratch)

    def read_more(self, rows: Rows, *, progress: Progress, scratch: Scratch) -> ComparedTexts:
        """Return what rows are compared by, and hold their texts besides others. Raises Corrupt."""
        keys = self.keys[rows]
        room = scratch.beside(self._held.size_bytes())
        found = read_compared_texts(self.dataset, keys, self._part, progress=progress, scratch=room)
        self._place[rows] = len(self._held) + np.arange(len(rows))
        self._held = self._held.followed_by(found.texts)
        return found

    def held(self, rows: Rows) -> Texts | None:
        """Return the texts of rows if memory has them in this order, without others between."""
        place = self._place[rows]
        first = int(place[0]) if len(place) else 0
        last = first + len(place)
        is_held = first >= 0 and np.array_equal(place, np.arange(first, last))
        return self._held.between(first, last) if is_held else None

    def held_or_read(
        self, rows: Rows, *, progress: Progress, scratch: Scratch, besides: bool = False
    ) -> Texts:
        """Return the texts of rows from memory, or read them as `read` or `read_more` do.

        Raises Corrupt.
        """
        held = self.held(rows)
        if held is not None:
            return held
        read = self.read_more if besides else self.read
        return read(rows, progress=progress, scratch=scratch).texts

    def take(self, rows: Rows) -> pa.LargeStringArray:
        """Return the texts of some rows, ascending. Raises Corrupt."""
        place = self._place[rows]
        order = np.argsort(place, kind="stable")
        absent = order[: int((place < 0).sum())]
        # Chunk by chunk, whatever the order of the dataset.
        absent = absent[np.argsort(self.keys[rows[absent]], kind="stable")]
        order = np.concatenate([absent, order[len(absent) :]])
        parts = [
            pa.array([told.text for told, _, _ in some], pa.large_string())
            for some in read_parts(self.dataset, self.keys[rows[absent]], self._part)
        ]
        parts.append(self._held.take(place[order[len(absent) :]]))
        return pa.concat_arrays(parts).take(pa.array(inverse_of(order)))
