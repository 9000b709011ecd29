"""Records that are there already but for an order of keys that counts.

The id of a record does not depend on the order of its keys, and a dataset holds one record of an
id. Inside arguments of calls and schemas of tools that order is what a model learns to write, so
whoever changes nothing else must be told that the record stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of
from vault.dataset.reading.id_index import NOWHERE, IdIndex
from vault.objects.runs import RowKeys

_Owner = TypeVar("_Owner")


class RepeatedRecords(Generic[_Owner]):
    """Records that were read and not stored, each with the id and the key of its conversation.

    32 bytes a record.
    """

    def __init__(self) -> None:
        self._owners: list[_Owner] = []
        self._ids: list[NDArray[np.void]] = []
        self._content: list[NDArray[np.uint64]] = []
        self._places: list[RowKeys] = []

    def add(
        self,
        owner: _Owner,
        ids: NDArray[np.void],
        content: NDArray[np.uint64],
        places: RowKeys,
    ) -> None:
        """Take in records of an owner; `places` are rows of the same ids, NOWHERE for new ones."""
        if len(ids):
            self._owners.append(owner)
            self._ids.append(ids)
            self._content.append(content)
            self._places.append(places)

    def count_reordered(self, dataset: Dataset, fresh: RowKeys) -> Iterator[tuple[_Owner, int]]:
        """Yield how many records of each owner have another conversation than the row of their id.

        `fresh` are the rows that were stored meanwhile. Reads the keys of the rows. Raises Corrupt.
        """
        if not self._owners:
            return
        ids, content = np.concatenate(self._ids), np.concatenate(self._content)
        places = np.concatenate(self._places)
        is_new = places == NOWHERE
        if is_new.any():
            index = IdIndex()
            index.add(ids_of(dataset.columns(fresh, ["id"])), fresh)
            places[is_new] = index.find(ids[is_new])[1]
        at = np.flatnonzero(places != NOWHERE)
        table = dataset.columns(places[at], ["id", "content_id"])
        keyed, has_content = hashes_of(table, "content_id")
        differs = np.zeros(len(ids), np.bool_)
        # A record that was fixed stands where its fixed one does, which has another id.
        differs[at] = (ids_of(table) == ids[at]) & has_content & (keyed != content[at])
        start = 0
        for owner, own in zip(self._owners, self._ids, strict=True):
            count = int(differs[start : start + len(own)].sum())
            start += len(own)
            if count:
                yield owner, count
