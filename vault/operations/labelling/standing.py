"""Labels as they stand on the stage now, of examples that are named by their ids."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np

from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset
from vault.dataset.reading.id_index import NOWHERE, IdIndex
from vault.dataset.reading.labels import labels_of_rows
from vault.objects.digest import ID_BYTES, Digest
from vault.objects.labels.label_set import Label
from vault.objects.log.view import RefName
from vault.objects.manifest import PageReference
from vault.objects.runs import ChunkNumbers, RowKeys
from vault.session.context import Context, draft_of


class StageIndex:
    """Finds examples of a stage by their ids; remembers where they stand until rows move.

    Threads may share it. 24 bytes an example.
    """

    def __init__(self, branch: RefName) -> None:
        self._branch = branch
        self._lock = threading.Lock()
        self._manifest: Digest | None = None
        self._dataset: Dataset | None = None
        self._pages: Sequence[PageReference] = ()
        self._index = IdIndex()
        self._numbers = ChunkNumbers()

    def stage(self, context: Context) -> Dataset:
        """Return the dataset that is staged now. Raises Corrupt."""
        manifest = draft_of(context, context.log.tip().view, self._branch).manifest
        with self._lock:
            if self._dataset is None or manifest != self._manifest:
                self._dataset = open_dataset(context.store, manifest, numbers=self._numbers)
                self._manifest = manifest
            return self._dataset

    def same(self, dataset: Dataset) -> Dataset:
        """Return a dataset with the row keys of this index."""
        return Dataset(dataset.store, dataset.manifest, numbers=self._numbers)

    def find(self, dataset: Dataset, examples: Sequence[str]) -> RowKeys:
        """Return where examples stand in a dataset that has this index's row keys, or NOWHERE.

        Costs reading all ids where rows have come, gone or moved since the last call: 0.15 s a
        million. Raises Corrupt.
        """
        wanted = np.frombuffer(bytes.fromhex("".join(examples)), f"V{ID_BYTES}")
        with self._lock:
            if self._pages != dataset.manifest.pages or not self._pages:
                keys = dataset.keys()
                self._index = IdIndex()
                self._index.add(ids_of(dataset.columns(keys, ["id"])), keys)
                self._pages = dataset.manifest.pages
            return self._index.find(wanted)[1]

    def labels(self, context: Context, examples: Sequence[str]) -> list[Mapping[str, Label] | None]:
        """Return the labels of each example as they are staged; None of one that is not there.

        Raises Corrupt.
        """
        dataset = self.stage(context)
        rows = self.find(dataset, examples)
        there = rows[rows != NOWHERE]
        found = labels_of_rows(dataset, there)
        return [None if row == NOWHERE else found.get(int(row), {}) for row in rows]
