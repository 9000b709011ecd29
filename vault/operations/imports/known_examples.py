"""What a dataset holds already, as an import needs to know it."""

from __future__ import annotations

import numpy as np

from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of
from vault.dataset.reading.id_index import NOWHERE, IdIndex
from vault.dataset.reading.quarantine import entries_of
from vault.dataset.reading.removals import FIXED, fixed_into, removals_of
from vault.dataset.reading.sources import rows_of_source
from vault.objects.digest import ID_BYTES
from vault.objects.runs import only_in
from vault.operations.imports.import_options import ImportMode, Mode


class KnownExamples:
    """What the stage holds already, read in one pass over its chunks."""

    def __init__(self, dataset: Dataset, read_anew: frozenset[str]) -> None:
        self._dataset = dataset
        self._removals = removals_of(dataset.store, dataset.manifest)
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
        """Return the ids that were removed deliberately and stay out.

        A record that was fixed stays out as long as its fixed one is there or stays out itself.
        """
        out = frozenset(each.id for each in self._removals if each.reason != FIXED)
        fixed = fixed_into(self._removals)
        return out | {old for old, new in fixed.items() if new in out}

    def follow_fixed(self) -> None:
        """Let records that were fixed be known: they stand where their fixed ones do."""
        fixed = fixed_into(self._removals)
        old = np.frombuffer(b"".join(fixed), f"V{ID_BYTES}")
        new = np.frombuffer(b"".join(fixed.values()), f"V{ID_BYTES}")
        there, _ = self.index.find(old)
        known, places = self.index.find(new)
        led = known & ~there & (places != NOWHERE)
        self.index.add(old[led], places[led])

    def quarantined(self, mode: Mode) -> frozenset[bytes]:
        """Return the ids of quarantine entries that will stay."""
        if mode in (ImportMode.REPLACE, ImportMode.REPLACE_ALL):
            return frozenset()
        entries = entries_of(self._dataset.store, self._dataset.manifest)
        return frozenset(each.id for each in entries)
