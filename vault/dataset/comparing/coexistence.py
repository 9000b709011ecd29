"""Which examples stood in one dataset together: then neither was edited into the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vault.dataset.comparing.past import Version
from vault.dataset.reading.dataset import ids_of
from vault.dataset.reading.id_index import IdIndex
from vault.objects.chunk import decode_chunk
from vault.objects.digest import Digest
from vault.objects.pairing import Coexisted, Marks, Positions
from vault.objects.run_page import decode_page
from vault.objects.runs import ChunkNumbers, RowKeys, Runs, key_parts
from vault.processes.threads import in_threads
from vault.store.object_store import ObjectStore


class IdentifiedRows(Protocol):
    """Rows of one side: their row keys, and their ids of 16 bytes."""

    @property
    def keys(self) -> RowKeys:
        """Return the row keys."""

    @property
    def ids(self) -> NDArray[np.void]:
        """Return the ids, in the order of the keys."""


class Coexistence:
    """Tells of rows of two sides whether both came with one import, or both are in one version.

    What an import stores goes into chunks of its own, so two rows of one chunk were there at the
    same time. `versions` are looked into once, and only if a pair is in question that no chunk
    decides: that costs reading the ids of all that they hold, 0.3 s for a million.
    """

    def __init__(
        self, store: ObjectStore, numbers: ChunkNumbers, versions: Callable[[], Sequence[Version]]
    ) -> None:
        self._store = store
        self._numbers = numbers
        self._past = versions
        self._versions: list[tuple[Marks, Marks]] | None = None

    def between(self, old: IdentifiedRows, new: IdentifiedRows) -> Coexisted:
        """Return a function that tells it of positions among the rows of the two sides."""
        old_chunk, new_chunk = key_parts(old.keys)[0], key_parts(new.keys)[0]

        def coexisted(left: Positions, right: Positions) -> Marks:
            result = np.asarray(old_chunk[left] == new_chunk[right])
            if result.all():
                return result
            if self._versions is None:
                self._versions = list(self._with_both(old.ids, new.ids))
            for is_old, is_new in self._versions:
                result |= is_old[left] & is_new[right]
            return result

        return coexisted

    def _with_both(
        self, old: NDArray[np.void], new: NDArray[np.void]
    ) -> Iterator[tuple[Marks, Marks]]:
        """Yield which examples each version had, for those versions that had some of both sides."""
        versions = self._past()
        pages = {each.page: self._runs(each.page) for version in versions for each in version}
        if not pages:
            return
        chunks = np.unique(np.concatenate([each.chunk for each in pages.values()]))
        keys, whose = self._stored(np.concatenate([old, new]), chunks)
        found = {page: whose[_places_in(runs, keys)] for page, runs in pages.items()}
        for version in versions:
            marks = np.zeros(len(old) + len(new), np.bool_)
            for each in version:
                marks[found[each.page]] = True
            if marks[: len(old)].any() and marks[len(old) :].any():
                yield marks[: len(old)], marks[len(old) :]

    def _runs(self, page: Digest) -> Runs:
        return decode_page(self._store.get(page), self._numbers)

    def _stored(
        self, ids: NDArray[np.void], chunks: NDArray[np.int64]
    ) -> tuple[RowKeys, Positions]:
        """Return where chunks hold examples, as ascending row keys, and which of `ids` each is.

        An example that left and came back is stored twice.
        """
        index = IdIndex()
        index.add(ids, np.arange(len(ids), dtype=np.uint64))
        keys, whose = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        digests = [self._numbers.digest(each) for each in chunks.tolist()]
        tables = in_threads(lambda each: decode_chunk(self._store.get(each), ["id"]), digests)
        for chunk, table in zip(chunks.tolist(), tables, strict=True):
            known, place = index.find(ids_of(table))
            rows = np.flatnonzero(known)
            keys.append(np.uint64(chunk << 32) | rows.astype(np.uint64))
            whose.append(place[rows].astype(np.int64))
        return np.concatenate(keys), np.concatenate(whose)


def _places_in(runs: Runs, keys: RowKeys) -> Positions:
    """Return the places of those of some ascending row keys that runs have."""
    first = runs.chunk.astype(np.uint64) << np.uint64(32) | runs.first.astype(np.uint64)
    begin = np.searchsorted(keys, first)
    end = np.searchsorted(keys, first + runs.rows.astype(np.uint64))
    hit = np.flatnonzero(end > begin)
    parts = [np.arange(begin[at], end[at]) for at in hit.tolist()]
    return np.concatenate([np.zeros(0, np.int64), *parts])
