"""The work of `dedupe` divided between this process and children: reading, signing, making sets.

Reading is Python, which holds the lock, and signing gains nothing by threads. Each process takes
whole chunks, and texts stay with who read them. What decides which pairs are compared is here, and
no signature goes through a pipe: they lie in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.index.array_files import ArrayFiles, Arrays
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.dataset_texts import DatasetTexts
from vault.dataset.reading.kept_columns import ChunkColumns
from vault.dataset.reading.records import record_texts
from vault.dedupe.bands import plan_for
from vault.dedupe.boilerplate import NONE_COUNTED, Counted
from vault.dedupe.engine import Engine
from vault.dedupe.scratch import Scratch
from vault.dedupe.similarity import ShingleSets, laid_together
from vault.dedupe.templates import asked_together
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys, inverse_of, key_parts
from vault.operations.duplicates.signing.cached_signatures import LessLeftOut, unsigned
from vault.operations.duplicates.signing.signing_work import LocalWork
from vault.operations.duplicates.signing.templates_of_clusters import portions_of
from vault.operations.duplicates.workers.child_side import TextHolder, serve, stretches_of
from vault.operations.duplicates.workers.cluster_tasks import Source
from vault.operations.duplicates.workers.partition_rows import in_order, shares
from vault.processes.child import ChildProcess
from vault.progress import Progress

BYTES_FOR_CHILDREN = 56 << 20
"""Records to read and sign that are worth starting processes for: some 45,000 of 1 KB."""

LEAST_ROWS = 2_000
"""Fewer rows than this are not even looked at, however long they are."""

_BYTES_A_ROW = 200
_KEPT_BYTES_A_ROW = 700
_SAMPLED_ROWS = 256
_SETS_AT_ONCE = 1 << 12
_AHEAD = 2
_NOBODY = -1

Job = tuple[Any, ...]
Holders = NDArray[np.int8]
"""The number of a process for each chunk, 0 for this one, -1 for nobody."""


class DividedWork:
    """Work on the rows of a dataset by `workers` processes, this one among them; see `ExampleWork`.

    Children are started when much is to be read, and end when it is closed. Each method raises
    Corrupt and StorageFailed (`worker-died`).
    """

    def __init__(
        self,
        dataset: Dataset,
        keys: RowKeys,
        source: Source,
        *,
        workers: int,
        progress: Progress,
        scratch: Scratch,
    ) -> None:
        self._dataset = dataset
        self._keys = keys
        self._source = source
        self._progress = progress
        self._workers = workers
        texts = DatasetTexts(dataset, keys, source.part)
        self._local = LocalWork(texts, progress=progress, scratch=scratch)
        self._scratch = scratch
        self._here = TextHolder(source, dataset, keys, scratch.for_each_of(workers))
        self._children: list[ChildProcess] = []
        self._holder = np.full(len(source.numbers), _NOBODY, np.int8)

    def close(self) -> None:
        """End the children, whatever they do."""
        while self._children:
            self._children.pop().close()

    def read(self, rows: Rows) -> Arrays:
        """Return what rows are compared by; their texts are held from then on."""
        if not self._is_divided(rows):
            return self._local.read(rows)
        places = self._shares(rows)
        found = list(self._told("reading", len(rows), "read", _jobs(rows, places)))
        own = [places[who][at] for who, at, _ in found]
        return in_order(own, [arrays for _, _, arrays in found], len(rows))

    def count(self, rows: Rows, hashes: Hashes) -> Counted:
        """Return the sets of the texts of rows."""
        if not self._children:
            return self._local.count(rows, hashes)
        held = self._held(rows)
        jobs = [[(rows[own], hashes[own])] if len(own) else [] for own in held]
        result = NONE_COUNTED
        for _, _, sets in self._done("count", jobs):
            result = result.and_more(sets)
        return result

    def templates(self, clusters: Sequence[Rows], without: Hashes) -> list[Hashes]:
        """Return the template of each cluster, which is empty where it has none."""
        if not self._children:
            return self._local.templates(clusters, without)
        return [
            each for some in portions_of(clusters) for each in self._templates_among(some, without)
        ]

    def _templates_among(self, clusters: Sequence[Rows], without: Hashes) -> list[Hashes]:
        """Return templates: prompts come from who has their chunks, and are divided by clusters."""
        rows = np.concatenate(clusters)
        held = self._held(rows)
        order = np.concatenate(held)
        jobs: list[list[Job]] = [[(rows[own],)] if len(own) else [] for own in held]
        told = {who: asked for who, _, asked in self._done("asked", jobs)}
        asked = asked_together([told[who] for who in sorted(told)]).of(inverse_of(order))
        jobs, done = [[] for _ in held], 0
        for who, some in enumerate(portions_of(clusters, len(held))):
            sizes = [len(each) for each in some]
            end = done + sum(sizes)
            jobs[who].append((rows[done:end], sizes, asked.between(done, end), without))
            done = end
        found = {who: templates for who, _, templates in self._done("templates", jobs)}
        return [each for who in sorted(found) for each in found[who]]

    def engine(
        self,
        columns: ChunkColumns,
        group: str,
        without: Hashes,
        threshold: float,
        meanwhile: Callable[[], object],
        less: LessLeftOut | None,
    ) -> Engine:
        """Return what compares all rows; signs those that are not signed.

        What could not be kept in the catalogue, as its disk is full by now, this process signs.
        """
        rows = unsigned(columns, group)
        if self._is_divided(rows):
            self._leave_out(without, less)
            jobs = _jobs(rows, self._shares(rows), group, plan_for(threshold))
            list(self._told("signing", len(rows), "sign", jobs))
            if 2 * len(rows) > len(columns):
                meanwhile()
        elif self._children:
            self._leave_out(without, less)
        make_sets = self._sets if self._children else None
        return self._local.engine(columns, group, without, threshold, meanwhile, less, make_sets)

    def _sets(self, rows: Rows, own: NDArray[np.uint32]) -> ShingleSets:
        """Return the sets of rows (ascending), made by who holds their texts."""
        self._assign(rows)
        jobs = [
            [(rows[held[at : at + _SETS_AT_ONCE]],) for at in range(0, len(held), _SETS_AT_ONCE)]
            for held in self._held(rows)
        ]
        parts = ((jobs[who][at][0], sets) for who, at, sets in self._done("sets", jobs))
        return laid_together(parts, int(own[rows].sum(dtype=np.int64)), self._scratch)

    def _leave_out(self, without: Hashes, less: LessLeftOut | None) -> None:
        for child in self._children:
            child.send(("leave_out", without, less))
        self._here.leave_out(without, less)
        for child in self._children:
            child.receive()

    def _is_divided(self, rows: Rows) -> bool:
        """Tell whether children do their part of rows, starting them if that pays."""
        if not self._children and len(rows) >= LEAST_ROWS and self._pays(rows):
            chunks = np.bincount(key_parts(self._keys[rows])[0].astype(np.int64))
            for _ in range(min(self._workers, int((chunks > 0).sum())) - 1):
                self._children.append(ChildProcess(serve))
                self._children[-1].send((self._source, self._scratch.for_each_of(self._workers)))
        if not self._children or not len(rows):
            return False
        self._assign(rows)
        return True

    def _pays(self, rows: Rows) -> bool:
        """Tell whether rows are many, or long, and what is made of them can be kept."""
        chunk, _ = key_parts(self._keys[rows])
        some = rows[chunk == chunk[len(rows) // 2]][:_SAMPLED_ROWS]
        if self._workers < 2 or bool((chunk == chunk[0]).all()):
            return False
        sampled = sum(map(len, record_texts(self._dataset, np.sort(self._keys[some]))))
        size_bytes = len(rows) * (sampled // len(some) + _BYTES_A_ROW)
        files = ArrayFiles(self._source.catalogue)
        return size_bytes >= BYTES_FOR_CHILDREN and files.can_hold(len(rows) * _KEPT_BYTES_A_ROW)

    def _assign(self, rows: Rows) -> None:
        self._holder = given_out(self._holder, self._keys[rows], 1 + len(self._children))

    def _held(self, rows: Rows) -> list[Rows]:
        """Return for each process which places among rows are its own: this one comes first."""
        chunk, _ = key_parts(self._keys[rows])
        holder = np.maximum(self._holder[chunk.astype(np.int64)], 0)
        return [np.flatnonzero(holder == who) for who in range(1 + len(self._children))]

    def _shares(self, rows: Rows) -> list[list[Rows]]:
        """Return for each process the places among rows that are its own, in shares of work."""
        return [
            [held[each] for each in shares(self._keys[rows[held]])] for held in self._held(rows)
        ]

    def _told(
        self, what: str, count: int, name: str, jobs: Sequence[Sequence[Job]]
    ) -> Iterator[tuple[int, int, Any]]:
        """Yield what `_done` does, and tell how far the work is."""
        self._progress.start(what, count)
        for who, at, answer in self._done(name, jobs):
            self._progress.advance(len(jobs[who][at][0]))
            yield who, at, answer
        self._progress.finish()

    def _done(self, name: str, jobs: Sequence[Sequence[Job]]) -> Iterator[tuple[int, int, Any]]:
        """Have each process do its jobs; yield which process has done which, and its answer.

        Jobs begin with rows. A child is told a few ahead, and the next as it answers: what it
        makes does not pile up here, and the pipe never fills up.
        """
        for child, own in zip(self._children, jobs[1:], strict=True):
            for job in own[:_AHEAD]:
                child.send(_message(name, job))
        done = [0] * len(jobs)
        while any(count < len(own) for count, own in zip(done, jobs, strict=True)):
            is_idle = done[0] == len(jobs[0])
            if not is_idle:
                yield 0, done[0], getattr(self._here, name)(*jobs[0][done[0]])
                done[0] += 1
            for who, child in enumerate(self._children, 1):
                at = done[who]
                if at < len(jobs[who]) and (is_idle or child.has_answered):
                    answer = child.receive()
                    for job in jobs[who][at + _AHEAD :][:1]:
                        child.send(_message(name, job))
                    yield who, at, answer
                    done[who] += 1


def given_out(holder: Holders, keys: RowKeys, workers: int) -> Holders:
    """Return who holds which chunk, those of some rows given out that nobody holds.

    By number, about as many of the rows to each process.
    """
    chunk, _ = key_parts(keys)
    counts = np.bincount(chunk.astype(np.int64), minlength=len(holder))
    free = np.flatnonzero((holder == _NOBODY) & (counts > 0))
    twice_middle = 2 * np.cumsum(counts[free]) - counts[free]
    result = holder.copy()
    result[free] = twice_middle * workers // max(1, 2 * int(counts[free].sum()))
    return result


def _jobs(rows: Rows, places: Sequence[Sequence[Rows]], *others: Any) -> list[list[Job]]:
    return [[(rows[each], *others) for each in own] for own in places]


def _message(name: str, job: Job) -> Job:
    rows, *others = job
    return (name, stretches_of(rows), *others)
