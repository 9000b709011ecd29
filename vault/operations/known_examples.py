"""What a dataset holds already, as an import needs to know it."""

from __future__ import annotations

import numpy as np

from vault.objects.runs import only_in
from vault.operations.dataset import Dataset, hashes_of, ids_of
from vault.operations.id_index import IdIndex
from vault.operations.import_files import ImportMode
from vault.operations.quarantine_entries import entries_of
from vault.operations.removal_list import removals_of
from vault.operations.sources import rows_of_source


class KnownExamples:
    """What the stage holds already, read in one pass over its chunks."""

    def __init__(self, dataset: Dataset, read_anew: frozenset[str]) -> None:
        self._dataset = dataset
        self.index = IdIndex()
        """The ids, with the row keys where they stand."""
        passed = np.zeros(0, np.uint64)
        if read_anew:
            keys = dataset.keys()
            own = [rows_of_source(dataset, keys, each) for each in sorted(read_anew)]
            passed = keys[np.logical_or.reduce(own)]
        content = [passed[:0]]
        for rows, table in dataset.by_chunk(["id", "content_id"]):
            known = only_in(rows, passed)
            self.index.add(ids_of(table)[known], rows[known])
            keyed, has_content = hashes_of(table, "content_id")
            content.append(keyed[known][has_content[known]])
        self.content = np.sort(np.concatenate(content))
        """The content ids, sorted."""

    def removed(self) -> frozenset[bytes]:
        """Return the ids that were removed deliberately."""
        removals = removals_of(self._dataset.store, self._dataset.manifest)
        return frozenset(each.id for each in removals)

    def quarantined(self, mode: ImportMode) -> frozenset[bytes]:
        """Return the ids of quarantine entries that will stay."""
        if mode in (ImportMode.REPLACE, ImportMode.REPLACE_ALL):
            return frozenset()
        entries = entries_of(self._dataset.store, self._dataset.manifest)
        return frozenset(each.id for each in entries)
