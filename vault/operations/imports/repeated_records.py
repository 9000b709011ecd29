"""Records that are there already: where they are from, and whether their order of keys differs.

The id of a record does not depend on the order of its keys, and a dataset holds one record of an
id. Inside arguments of calls and schemas of tools that order is what a model learns to write, so
whoever changes nothing else must be told that the record stays as it was. And a record of the test
file that is in the training file already is a leak, whichever was read first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of
from vault.dataset.reading.id_index import NOWHERE, IdIndex
from vault.objects.runs import RowKeys

_Owner = TypeVar("_Owner")


@dataclass(frozen=True, slots=True)
class Repeated(Generic[_Owner]):
    """Of some records of an owner: how many have another conversation than the row of their id.

    `sources` says how many of the rows were read from where.
    """

    owner: _Owner
    reordered: int
    sources: Mapping[str, int]


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

    def of_each(self, dataset: Dataset, fresh: RowKeys) -> Iterator[Repeated[_Owner]]:
        """Yield what is known of the records of each owner, some for each time that it was added.

        `fresh` are the rows that were stored meanwhile. Reads keys and sources of the rows of these
        ids. Raises Corrupt.
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
        table = dataset.columns(places[at], ["id", "content_id", "source"])
        keyed, has_content = hashes_of(table, "content_id")
        differs = np.zeros(len(ids), np.bool_)
        # A record that was fixed stands where its fixed one does, which has another id.
        differs[at] = (ids_of(table) == ids[at]) & has_content & (keyed != content[at])
        source = np.full(len(ids), -1)
        named = table.column("source").combine_chunks().dictionary_encode()
        source[at] = named.indices.to_numpy()
        names = named.dictionary.to_pylist()
        start = 0
        for owner, own in zip(self._owners, self._ids, strict=True):
            part = slice(start, start + len(own))
            start += len(own)
            numbers, counts = np.unique(source[part], return_counts=True)
            pairs = zip(numbers.tolist(), counts.tolist(), strict=True)
            sources = {names[number]: count for number, count in pairs if number >= 0}
            yield Repeated(owner, int(differs[part].sum()), sources)
