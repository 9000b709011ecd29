"""Reading files into chunks: every record that is not there yet is stored once, in input order.

This half of an import does not decide what the dataset becomes; it says for every record read
where it now stands, as row keys. Blocks go to the workers in turn and are settled in order, so the
outcome does not depend on how many workers there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.id_index import NOWHERE, IdIndex, first_of_each
from vault.dataset.reading.write_records import BlockIds, Placed, RecordReader
from vault.formats.files.blocks import Block, Refused
from vault.objects.digest import ID_BYTES, Digest
from vault.objects.quarantine import QuarantineEntry, encode_quarantine
from vault.objects.runs import ChunkNumbers, RowKeys, Runs
from vault.operations.imports.content_counts import NewContent
from vault.operations.imports.import_workers import BLOCKS_FOR_WORKERS, Worker, WorkerTeam
from vault.operations.imports.repeated_records import RepeatedRecords
from vault.processes.child import without_collector

_NEW = np.uint64(1 << 63)
_QUARANTINE_BYTES = 8 << 20


@dataclass(slots=True)
class FileOutcome:
    """What was read of one file.

    `entries` are (first, count) of consecutive row keys, or of `_NEW | ordinal` for rows that the
    import stores, in record order; `keys` the update keys that go with
    them, one for each record, if asked for.
    """

    reader: RecordReader
    path: str
    read: int = 0
    imported: int = 0
    duplicates: int = 0
    same_content: int = 0
    reordered: int = 0
    returned: int = 0
    quarantined: int = 0
    first_reason: str | None = None
    first_code: str | None = None
    unmatched: int = 0
    merged: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    elsewhere: dict[str, int] = field(default_factory=dict)
    choices: Sequence[Mapping[str, str]] = ()
    origin: str | None = None
    entries: list[tuple[int, int]] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    labels: dict[bytes, list[int]] = field(default_factory=dict)
    side: str | None = None
    unlabelled: int = 0

    @property
    def labelled(self) -> int:
        """Count the records of the file that are new and come with labels, or with a side."""
        return self.imported if self.side else sum(map(len, self.labels.values()))

    def new_ordinals(self) -> NDArray[np.int64]:
        """Return which of the rows that the import stores are this file's, ascending."""
        parts = [np.zeros(0, np.int64)]
        for first, count in self.entries:
            if first >= int(_NEW):
                parts.append(np.arange(count, dtype=np.int64) + (first - int(_NEW)))
        return np.concatenate(parts)


@dataclass(slots=True)
class Ingested:
    """Everything an import read, stored but not yet part of any dataset.

    `fresh` are the rows that it stored, in the order of its records.
    """

    files: list[FileOutcome]
    quarantine: tuple[Digest, ...]
    fresh: Runs

    def incoming(self) -> list[RowKeys]:
        """Return for each file the rows of its records, stored by it or there before, in order."""
        fresh = self.fresh.keys()
        return [_resolved(each.entries, fresh) for each in self.files]


@dataclass(frozen=True, slots=True)
class InputBlocks:
    """One input: how to read its records, its name for people, and its blocks."""

    reader: RecordReader
    path: str
    blocks: Iterable[Block]


class Ingest:
    """One reading of some files against what is known already."""

    def __init__(
        self,
        team: WorkerTeam,
        known: IdIndex,
        *,
        numbers: ChunkNumbers,
        stays_out: frozenset[bytes],
        known_quarantine: frozenset[bytes],
    ) -> None:
        self._team = team
        self._store = team.store
        self._known = known
        self._numbers = numbers
        self._stays_out = stays_out
        self._known_quarantine = set(known_quarantine)
        self._ordinal = 0
        self._content: NewContent[FileOutcome] = NewContent()
        self._repeated: RepeatedRecords[FileOutcome] = RepeatedRecords()
        self._refused: list[QuarantineEntry] = []
        self._refused_bytes = 0
        self._quarantine: list[Digest] = []
        self._seen = IdIndex()

    def run(self, inputs: Sequence[InputBlocks], *, advance: Callable[[int], None]) -> Ingested:
        """Read all inputs; `advance` is called with the number of records of each block."""
        files = [FileOutcome(each.reader, each.path) for each in inputs]
        jobs = _jobs(inputs, files)
        ahead = list(islice(jobs, BLOCKS_FOR_WORKERS))
        team = self._team.workers(is_large=len(ahead) == BLOCKS_FOR_WORKERS)
        with without_collector():
            order = self._settle_all(team, _chain(ahead, jobs), advance)
        fresh = self._place(team, order)
        self._team.close()
        self._known = self._seen = IdIndex()  # free what is not needed from here on
        self._flush_quarantine()
        return Ingested(files, tuple(self._quarantine), fresh)

    def count_same_content(self, before: NDArray[np.uint64]) -> None:
        """Count, for each file, imported records whose conversation came before them.

        `before` holds the content ids that were there, sorted.
        """
        for file, count in self._content.count_repeated(before):
            file.same_content += count

    def look_at_repeated(self, dataset: Dataset, fresh: RowKeys) -> None:
        """Count, for each file, the records that were there by where those are from.

        Also those that are there but for an order of keys that counts. `fresh` are the rows that
        were stored. Raises Corrupt.
        """
        for each in self._repeated.of_each(dataset, fresh):
            each.owner.reordered += each.reordered
            for source, count in each.sources.items():
                if source != each.owner.reader.source:
                    each.owner.elsewhere[source] = each.owner.elsewhere.get(source, 0) + count

    def _settle_all(
        self,
        team: Sequence[Worker],
        jobs: Iterator[tuple[FileOutcome, Block]],
        advance: Callable[[int], None],
    ) -> list[tuple[int, int]]:
        """Drive the workers; return (worker, its block number) for each block, in order."""
        order: list[tuple[int, int]] = []
        begun: list[tuple[int, FileOutcome]] = []
        counts = [0] * len(team)
        lines: dict[int, int] = {}
        for _ in range(team[0].ahead):
            for index, worker in enumerate(team):
                _begin(worker, index, jobs, begun)
        while begun:
            index, file = begun.pop(0)
            found = team[index].ids()
            base = lines.setdefault(id(file), 1)
            wanted = self._settle(file, found, base)
            lines[id(file)] = base + found.line_count
            team[index].keep(wanted, base)
            order.append((index, counts[index]))
            counts[index] += 1
            advance(len(wanted) + len(found.refused))
            _begin(team[index], index, jobs, begun)
        return order

    def _settle(self, file: FileOutcome, found: BlockIds, base: int) -> NDArray[np.bool_]:
        """Decide which records of a block are stored, and count the others."""
        self._quarantine_refused(file, found.refused, base)
        ids = np.frombuffer(found.ids, dtype=f"V{ID_BYTES}")
        known, places = self._known.find(ids)
        first = first_of_each(ids) if len(ids) else np.zeros(0, np.bool_)
        again = self._again(ids, known, places)
        barred = self._barred(ids) & ~known
        new = ~known & first & ~barred
        self._count(file, found, new, barred)
        self._known.add(ids[new])
        entries = np.where(known, places, NOWHERE)
        number = int(new.sum())
        self._take_labels(file, found, new)
        entries[new] = _NEW | np.arange(self._ordinal, self._ordinal + number, dtype=np.uint64)
        self._ordinal += number
        listed = (new | (known & (places != NOWHERE) & ~again)) & first
        _extend_entries(file.entries, entries[listed])
        if found.keys is not None:
            chosen = zip(found.keys, listed.tolist(), strict=True)
            file.keys.extend(key for key, use in chosen if use)
        content = np.frombuffer(found.content_ids, np.uint64)
        has = np.frombuffer(found.has_content, np.bool_)
        self._content.add(file, content[new & has])
        repeated = ~new & ~barred
        self._repeated.add(
            file, ids[repeated], content[repeated], np.where(known, places, NOWHERE)[repeated]
        )
        return new

    def _take_labels(self, file: FileOutcome, found: BlockIds, new: NDArray[np.bool_]) -> None:
        if not found.labels:
            return
        ordinal = (np.cumsum(new) - 1 + self._ordinal).tolist()
        for position, labels in found.labels.items():
            if new[position]:
                file.labels.setdefault(labels, []).append(ordinal[position])
            else:
                file.unlabelled += 1

    def _again(
        self, ids: NDArray[np.void], known: NDArray[np.bool_], places: RowKeys
    ) -> NDArray[np.bool_]:
        """Tell which known ids were read before in this import, and remember the others."""
        standing = known & (places != NOWHERE)
        if not standing.any():
            return np.zeros(len(ids), np.bool_)
        seen, _ = self._seen.find(ids)
        fresh = standing & ~seen
        self._seen.add(ids[fresh][first_of_each(ids[fresh])])
        return np.asarray(seen & standing)

    def _barred(self, ids: NDArray[np.void]) -> NDArray[np.bool_]:
        if not self._stays_out:
            return np.zeros(len(ids), np.bool_)
        return np.array([each.tobytes() in self._stays_out for each in ids], np.bool_)

    def _count(
        self, file: FileOutcome, found: BlockIds, new: NDArray[np.bool_], barred: NDArray[np.bool_]
    ) -> None:
        file.read += len(new) + len(found.refused)
        file.imported += int(new.sum())
        file.returned += int(barred.sum())
        file.duplicates += int((~new & ~barred).sum())
        file.choices = file.choices or found.choices
        file.origin = file.origin or found.origin
        for name, count in found.formats.items():
            file.formats[name] = file.formats.get(name, 0) + count

    def _quarantine_refused(self, file: FileOutcome, refused: list[Refused], base: int) -> None:
        file.quarantined += len(refused)
        for each in refused:
            entry = QuarantineEntry(
                source=file.reader.source,
                line=base + each.line,
                code=each.code,
                reason=each.reason,
                raw=each.raw,
                size_bytes=each.size_bytes,
                sha256=each.sha256,
            )
            if file.first_reason is None:
                file.first_reason = f"line {entry.line}: {entry.reason}"
                file.first_code = entry.code
            if entry.id not in self._known_quarantine:
                self._known_quarantine.add(entry.id)
                self._refused.append(entry)
                self._refused_bytes += len(entry.raw)
        if self._refused_bytes > _QUARANTINE_BYTES:
            self._flush_quarantine()

    def _flush_quarantine(self) -> None:
        if self._refused:
            self._quarantine.append(self._store.put(encode_quarantine(self._refused)))
        self._refused = []
        self._refused_bytes = 0

    def _place(self, team: Sequence[Worker], order: list[tuple[int, int]]) -> Runs:
        """Finish the workers and return the rows of the new records, by ordinal."""
        for worker in team:
            worker.end()
        finished = [worker.finish() for worker in team]
        runs: list[tuple[Digest, int, int]] = []
        for index, block in order:
            chunks, placed = finished[index]
            runs.extend(_run(chunks, each) for each in placed[block])
        return Runs.build(self._numbers, runs).merged()


def _run(chunks: tuple[Digest, ...], placed: Placed) -> tuple[Digest, int, int]:
    return chunks[placed.chunk], placed.first, placed.rows


def _jobs(
    inputs: Sequence[InputBlocks], files: Sequence[FileOutcome]
) -> Iterator[tuple[FileOutcome, Block]]:
    for each, file in zip(inputs, files, strict=True):
        for block in each.blocks:
            yield file, block


def _chain(
    ahead: list[tuple[FileOutcome, Block]], rest: Iterator[tuple[FileOutcome, Block]]
) -> Iterator[tuple[FileOutcome, Block]]:
    # Popped, so that a block is freed once it is read.
    while ahead:
        yield ahead.pop(0)
    yield from rest


def _begin(
    worker: Worker,
    index: int,
    jobs: Iterator[tuple[FileOutcome, Block]],
    begun: list[tuple[int, FileOutcome]],
) -> None:
    job = next(jobs, None)
    if job is not None:
        worker.begin(job[1], job[0].reader)
        begun.append((index, job[0]))


def _extend_entries(entries: list[tuple[int, int]], keys: RowKeys) -> None:
    """Append row keys as (first, count) pairs: consecutive ones are one pair."""
    if not len(keys):
        return
    breaks = np.flatnonzero(keys[1:] != keys[:-1] + np.uint64(1)) + 1
    starts = np.concatenate([np.zeros(1, np.int64), breaks])
    counts = np.diff(np.append(starts, len(keys)))
    entries.extend(zip(keys[starts].tolist(), counts.tolist(), strict=True))


def _resolved(entries: list[tuple[int, int]], fresh: RowKeys) -> RowKeys:
    """Return the row keys of entries, ordinals replaced by where their records were put."""
    parts = [np.zeros(0, np.uint64)]
    for first, count in entries:
        if first >= int(_NEW):
            start = first - int(_NEW)
            parts.append(fresh[start : start + count])
        else:
            parts.append(np.arange(first, first + count, dtype=np.uint64))
    return np.concatenate(parts)
