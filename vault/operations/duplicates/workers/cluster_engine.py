"""The work of `dedupe` as tasks for other machines: what is asked of which, and in which order.

Here are a few numbers of every example and candidate pair; texts, signatures, band keys and sets
of shingles stay where they are made, or in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.index.array_files import Arrays
from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.kept_columns import ChunkColumns
from vault.dedupe.bands import plan_for
from vault.dedupe.boilerplate import NONE_COUNTED, Counted
from vault.dedupe.clusters import components
from vault.dedupe.engine import Engine, rows_of_pairs
from vault.dedupe.settled import Large, Settled, settled_of
from vault.dedupe.similarity import Similarities
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys
from vault.operations.duplicates.signing.cached_signatures import LessLeftOut
from vault.operations.duplicates.signing.templates_of_clusters import portions_of
from vault.operations.duplicates.workers.cluster import Handle, Tasks
from vault.operations.duplicates.workers.cluster_tasks import (
    compare_rows,
    count_rows,
    joined_sets,
    likely_of,
    merged_large,
    pairs_of_bands,
    read_rows,
    sets_of_rows,
    sign_rows,
    source_of,
    templates_of_rows,
)
from vault.operations.duplicates.workers.open_engine import shared_catalogue
from vault.operations.duplicates.workers.partition_rows import in_order, shares
from vault.progress import Progress
from vault.session.context import Context

SETS_BYTES = 64 << 20
"""Sets of shingles that lie together; more only where so many texts may be one cluster."""


def spread_work(
    context: Context, dataset: Dataset, keys: RowKeys, part: Part, tasks: Tasks
) -> SpreadWork:
    """Return work on rows of a dataset that is done by tasks.

    Raises InvalidInput (`engine-needs-folder`).
    """
    source = source_of(dataset, shared_catalogue(context), part)
    return SpreadWork(tasks, tasks.share(source), keys, context.progress)


class SpreadWork:
    """Work on rows of a dataset, done by tasks; see `ExampleWork`."""

    def __init__(self, tasks: Tasks, source: Handle, keys: RowKeys, progress: Progress) -> None:
        self._tasks = tasks
        self._source = source
        self._keys = keys
        self._progress = progress

    def read(self, rows: Rows) -> Arrays:
        """Return what rows are compared by."""
        keys = self._keys[rows]
        own = shares(keys)
        asked = [self._tasks.submit(read_rows, self._source, keys[each]) for each in own]
        return in_order(own, self._fetched("reading", own, asked), len(rows))

    def count(self, rows: Rows, hashes: Hashes) -> Counted:
        """Return the sets of the texts of rows."""
        keys = self._keys[rows]
        asked = [
            self._tasks.submit(count_rows, self._source, keys[each], hashes[each])
            for each in shares(keys)
        ]
        result = NONE_COUNTED
        for each in asked:
            result = result.and_more(self._tasks.get(each))
        return result

    def templates(self, clusters: Sequence[Rows], without: Hashes) -> list[Hashes]:
        """Return the template of each cluster of rows, empty where it has none."""
        left_out = self._tasks.share(without)
        asked = [
            self._tasks.submit(
                templates_of_rows, self._source, [self._keys[rows] for rows in each], left_out
            )
            for each in portions_of(clusters)
        ]
        return [each for handle in asked for each in self._tasks.get(handle)]

    def engine(
        self,
        columns: ChunkColumns,
        group: str,
        without: Hashes,
        threshold: float,
        meanwhile: Callable[[], object],
        less: LessLeftOut | None,
    ) -> Engine:
        """Return what compares all rows by tasks, which sign those that are not signed."""
        plan = plan_for(threshold)
        left_out = self._tasks.share(without)
        own = shares(self._keys)
        asked = [
            self._tasks.submit(
                sign_rows, self._source, self._keys[each], group, left_out, plan, less
            )
            for each in own
        ]
        names = ("identity", "own")
        told = [
            dict(zip(names, each, strict=True)) for each in self._fetched("signing", own, asked)
        ]
        signed = in_order(own, told, len(self._keys))
        return SpreadEngine(
            self._tasks,
            self._source,
            self._keys,
            signed.get("identity", np.zeros(0, np.uint64)),
            signed.get("own", np.zeros(0, np.uint32)),
            group=group,
            without=left_out,
            threshold=threshold,
        )

    def _fetched(self, what: str, own: Sequence[Rows], asked: Sequence[Handle]) -> list[Any]:
        self._progress.start(what, sum(map(len, own)))
        result = []
        for rows, handle in zip(own, asked, strict=True):
            result.append(self._tasks.get(handle))
            self._progress.advance(len(rows))
        self._progress.finish()
        return result


class SpreadEngine:
    """An engine whose work is done by tasks; see `Engine`.

    Texts that may be of one cluster have their sets of shingles in one place, so that a round of
    comparisons moves pairs and similarities only. 40 bytes a text here.
    """

    def __init__(
        self,
        tasks: Tasks,
        source: Handle,
        keys: RowKeys,
        identity: Hashes,
        own: NDArray[np.uint32],
        *,
        group: str,
        without: Handle,
        threshold: float,
    ) -> None:
        self._tasks = tasks
        self._source = source
        self._keys = keys
        self._identity = identity
        self._own = own
        self._group = group
        self._without = without
        self._threshold = threshold
        self._place = np.zeros(len(keys), np.int32)
        self._sets: list[list[Handle]] = [[]]
        self._is_read = np.zeros(len(keys), np.bool_)

    @property
    def identity(self) -> Hashes:
        """A number for each text that equal texts share."""
        return self._identity

    @property
    def own(self) -> NDArray[np.uint32]:
        """How many shingles each text has that are not boilerplate."""
        return self._own

    def candidates(
        self, numbers: Hashes, rows: Rows, within: Hashes, known: Settled | None
    ) -> Settled:
        """Return the candidates among different texts: all are sorted, whatever is known."""
        if len(rows) < 2:
            empty = np.zeros(0, np.uint64), np.zeros(0, np.uint8)
            return settled_of(numbers, *empty, Large([], []))
        tasks, plan, parts = self._tasks, plan_for(self._threshold), self._tasks.workers
        keys = tasks.share(self._keys[rows])
        apart = tasks.share(within[rows].astype(np.uint32)) if within.any() else None
        cuts = (np.arange(1, parts) * len(rows) // parts).astype(np.uint64) << np.uint64(32)
        step = -(-plan.bands // parts)
        met = [
            tasks.submit_parted(
                pairs_of_bands,
                parts + 1,
                self._source,
                keys,
                apart,
                self._group,
                plan,
                slice(first, min(first + step, plan.bands)),
                cuts,
            )
            for first in range(0, plan.bands, step)
        ]
        likely = [
            tasks.submit(
                likely_of,
                self._source,
                keys,
                self._group,
                self._threshold,
                *(each[part] for each in met),
            )
            for part in range(parts)
        ]
        found = [tasks.get(each) for each in likely]
        large = merged_large([tasks.get(each[parts]) for each in met])
        pairs, agreed = (np.concatenate(each) for each in zip(*found, strict=True))
        return settled_of(numbers, pairs, agreed, large)

    def prepare(self, rows: Rows, first: Rows, second: Rows, open_pairs: int) -> None:
        """Have the sets of rows made; those that pairs connect, at any remove, lie together."""
        joined = components(len(self._keys), first, second)
        weight = np.zeros(len(self._keys), np.int64)
        np.add.at(weight, joined[rows], self._own[rows])
        total = int(weight.sum())
        places = max(self._tasks.workers, 1 + 8 * total // SETS_BYTES)
        before = np.cumsum(weight) - weight
        self._place = np.minimum(before * places // max(total, 1), places - 1)[joined].astype(
            np.int32
        )
        self._sets = [[] for _ in range(places)]
        self._is_read[:] = False
        self._read(rows)

    def at_most(self, first: Rows, second: Rows) -> Similarities | None:
        """Return None: a comparison costs less than asking twice."""
        return None

    def similarity(self, first: Rows, second: Rows) -> Similarities:
        """Return the true similarity of pairs of rows; texts that were not read are read now."""
        rows = rows_of_pairs(first, second)
        self._read(rows[~self._is_read[rows]])
        one, other = self._place[first], self._place[second]
        order = np.lexsort((other, one))
        changes = (np.diff(one[order]) != 0) | (np.diff(other[order]) != 0)
        parts = np.split(order, np.flatnonzero(changes) + 1) if len(order) else []
        asked = []
        for part in parts:
            places = sorted({int(one[part[0]]), int(other[part[0]])})
            sets = [each for place in places for each in self._sets[place]]
            asked.append(self._tasks.submit(compare_rows, first[part], second[part], *sets))
        result = np.zeros(len(first), np.float64)
        for part, handle in zip(parts, asked, strict=True):
            result[part] = self._tasks.get(handle)
        return result

    def _read(self, rows: Rows) -> None:
        """Have the sets of rows (ascending) made, which are not there yet."""
        if not len(rows):
            return
        places = len(self._sets)
        made = []
        for share in shares(self._keys[rows]):
            own = np.sort(rows[share])
            own = own[np.argsort(self._place[own], kind="stable")]
            bounds = np.searchsorted(self._place[own], np.arange(places + 1))
            made.append(
                self._tasks.submit_parted(
                    sets_of_rows,
                    places,
                    self._source,
                    self._keys[own],
                    own,
                    self._own[own],
                    self._without,
                    bounds,
                )
            )
        for place, held in enumerate(self._sets):
            held.append(self._tasks.submit(joined_sets, *(each[place] for each in made)))
        self._is_read[rows] = True
