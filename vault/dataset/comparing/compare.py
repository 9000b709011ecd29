"""Comparing two datasets: what was added, removed, changed and relabelled.

Equal pages of runs cancel unread, equal rows cancel as row keys; ids are read only of what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.comparing.alike_rows import SideRows
from vault.dataset.comparing.pair_rows import pair_rows
from vault.dataset.comparing.past import NO_PAST, Past
from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of, open_dataset, records_of
from vault.dataset.reading.id_index import IdIndex
from vault.dataset.reading.labels import row_labels
from vault.dataset.reading.removals import fixed_into, gone_for_good
from vault.objects.commit import ChangeCounts
from vault.objects.digest import Digest
from vault.objects.json.field_path import field_text
from vault.objects.labels.label_combinations import numbered_together
from vault.objects.pairing import Side, What
from vault.objects.quarantine import Removal, decode_removals
from vault.objects.runs import ChunkNumbers, RowKeys, Runs, in_both, key_parts, only_in
from vault.store.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two datasets and what differs: row keys, each in the order of its own dataset.

    `changed_old[i]` gave way to `changed_new[i]`, `what[i]` says in what respect. The keys of
    `relabelled_old` and `relabelled_new` are of the same records. `compared_texts` is False where
    too many examples had no partner to look for alike texts among them.
    """

    old: Dataset
    new: Dataset
    added: RowKeys
    removed: RowKeys
    changed_old: RowKeys
    changed_new: RowKeys
    what: tuple[What, ...]
    relabelled_old: RowKeys
    relabelled_new: RowKeys
    compared_texts: bool = True

    @property
    def counts(self) -> ChangeCounts:
        """Return how many examples each kind of change concerns."""
        return ChangeCounts(
            added=len(self.added),
            removed=len(self.removed),
            changed=len(self.what),
            relabelled=len(self.relabelled_new),
        )

    @property
    def unchanged(self) -> int:
        """Return how many records both sides have with the same labels."""
        gone = len(self.removed) + len(self.what) + len(self.relabelled_old)
        return self.old.manifest.examples - gone


def compare(
    store: ObjectStore,
    old: Digest | None,
    new: Digest | None,
    *,
    key: str | None = None,
    past: Past = NO_PAST,
) -> Comparison:
    """Compare the datasets of two manifests (None is the empty one).

    `key` is a dotted path of a field that says which example is which; `past` are the versions
    before, which tell what was never one example (`Coexistence`). Costs a lookup of the rows that
    differ, and reading those that have no partner by then (`pair_rows`). Raises Corrupt.
    """
    numbers = ChunkNumbers()
    return compare_datasets(
        open_dataset(store, old, numbers=numbers),
        open_dataset(store, new, numbers=numbers),
        key=key,
        past=past,
    )


class CountedChanges(NamedTuple):
    """The counts of a comparison, and its `compared_texts`."""

    counts: ChangeCounts
    compared_texts: bool = True


def count_changes(
    store: ObjectStore, old: Digest | None, new: Digest | None, *, past: Past
) -> CountedChanges:
    """Return the counts of `compare`; where rows were only appended, without reading any."""
    appended = count_appended(store, old, new)
    if appended is not None:
        return CountedChanges(appended)
    found = compare(store, old, new, past=past)
    return CountedChanges(found.counts, found.compared_texts)


def count_appended(
    store: ObjectStore, old: Digest | None, new: Digest | None
) -> ChangeCounts | None:
    """Return the counts of `compare` where rows were only appended, else None.

    Reads two manifests, and the runs of both where they have the same labels. Raises Corrupt.
    """
    numbers = ChunkNumbers()
    before = open_dataset(store, old, numbers=numbers)
    after = open_dataset(store, new, numbers=numbers)
    if before.manifest.labels != after.manifest.labels and before.manifest.examples:
        return None
    if not after.runs().begins_with(before.runs()):
        return None
    return ChangeCounts(added=after.manifest.examples - before.manifest.examples)


def compare_datasets(
    old: Dataset, new: Dataset, *, key: str | None = None, past: Past = NO_PAST
) -> Comparison:
    """Compare two datasets that were opened with the same chunk numbers; see `compare`."""
    old_keys, new_keys = _differing(old, new)
    gone = old_keys[only_in(old_keys, new_keys)]
    come = new_keys[only_in(new_keys, old_keys)]
    columns = ["id", "content_id", "prompt_id"]
    gone_rows, come_rows = old.columns(gone, columns), new.columns(come, columns)
    same_old, same_new = _same_records(gone_rows, come_rows)
    left = np.setdiff1d(np.arange(len(gone)), same_old, assume_unique=True)
    right = np.setdiff1d(np.arange(len(come)), same_new, assume_unique=True)
    old_side = _side(old, gone[left], gone_rows.take(pa.array(left)))
    new_side = _side(new, come[right], come_rows.take(pa.array(right)))
    if key is not None:
        old_side, new_side = _with_keys(old_side, new_side, key)
    old_side, new_side = _with_removals(old_side, new_side)
    found = pair_rows(old_side, new_side, past)
    relabelled = _relabelled(old, new, gone[same_old], come[same_new])
    return Comparison(
        old=old,
        new=new,
        added=np.delete(new_side.keys, found.pairs.new),
        removed=np.delete(old_side.keys, found.pairs.old),
        changed_old=old_side.keys[found.pairs.old],
        changed_new=new_side.keys[found.pairs.new],
        what=found.pairs.what,
        relabelled_old=relabelled[0],
        relabelled_new=relabelled[1],
        compared_texts=found.compared_texts,
    )


def _differing(old: Dataset, new: Dataset) -> tuple[RowKeys, RowKeys]:
    """Return the row keys of the pages that are not in both."""
    ours = [each.page for each in old.manifest.pages]
    theirs = [each.page for each in new.manifest.pages]
    front = 0
    while front < min(len(ours), len(theirs)) and ours[front] == theirs[front]:
        front += 1
    back = 0
    while back < min(len(ours), len(theirs)) - front and ours[-1 - back] == theirs[-1 - back]:
        back += 1
    skipped = frozenset(ours[:front] + ours[len(ours) - back :])
    return old.runs(without=skipped).keys(), new.runs(without=skipped).keys()


def _same_records(gone: pa.Table, come: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match rows of the same record that stand in different chunks, by their ids."""
    index = IdIndex()
    index.add(ids_of(come), np.arange(come.num_rows, dtype=np.uint64))
    known, place = index.find(ids_of(gone))
    matched = np.flatnonzero(known)
    return matched, place[matched].astype(np.int64)


def _side(dataset: Dataset, keys: RowKeys, rows: pa.Table) -> SideRows:
    content, has_content = hashes_of(rows, "content_id")
    prompt, has_prompt = hashes_of(rows, "prompt_id")
    nothing = np.zeros(len(keys), np.bool_)
    side = Side(content, has_content, prompt, has_prompt, nothing)
    return SideRows(dataset, keys, ids_of(rows), side)


def _with_removals(old: SideRows, new: SideRows) -> tuple[SideRows, SideRows]:
    """Mark what the other side took out, and number what was fixed into what.

    Both of a fixed pair have the number of the fixed one's id.
    """
    by_old, by_new = _own_removals(old, new), _own_removals(new, old)
    old, new = _without_lost(old, by_new), _without_lost(new, by_old)
    into = fixed_into([*by_old, *by_new])
    if not into:
        return old, new
    numbers = {each: number for number, each in enumerate(sorted(set(into.values())))}

    def numbered(rows: SideRows) -> SideRows:
        ids = (each.tobytes() for each in rows.ids)
        fixed = np.array([numbers.get(into.get(each, each), -1) for each in ids], np.int64)
        return replace(rows, side=replace(rows.side, fixed=fixed))

    return numbered(old), numbered(new)


def _own_removals(one: SideRows, other: SideRows) -> list[Removal]:
    lists = set(one.dataset.manifest.removals) - set(other.dataset.manifest.removals)
    return [each for it in sorted(lists) for each in decode_removals(one.dataset.store.get(it))]


def _without_lost(rows: SideRows, removals: list[Removal]) -> SideRows:
    lost = gone_for_good(removals)
    if not lost:
        return rows
    index = IdIndex()
    index.add(np.frombuffer(b"".join(lost), rows.ids.dtype), np.zeros(len(lost), np.uint64))
    return replace(rows, side=replace(rows.side, taken_out=index.find(rows.ids)[0]))


def _with_keys(ours: SideRows, theirs: SideRows, path: str) -> tuple[SideRows, SideRows]:
    numbers: dict[bytes, int] = {}

    def numbered(each: SideRows) -> SideRows:
        values = field_values(each.dataset, each.keys, path)
        key = [-1 if v is None else numbers.setdefault(v, len(numbers)) for v in values]
        return replace(each, side=replace(each.side, key=np.array(key, np.int64)))

    return numbered(ours), numbered(theirs)


def field_values(dataset: Dataset, keys: RowKeys, path: str) -> list[bytes | None]:
    """Return the canonical JSON at a dotted path of each record, None where it has nothing."""
    from vault.objects.json.record import read_record

    values: list[bytes | None] = [None] * len(keys)
    for position, text in iterate_records(dataset, keys):
        values[position] = field_text(read_record(text), path)
    return values


def iterate_records(dataset: Dataset, keys: RowKeys) -> Iterator[tuple[int, bytes]]:
    """Yield (position in `keys`, JSON text) of rows, chunk by chunk: each chunk is read once."""
    order = np.argsort(keys, kind="stable")
    chunk, row = key_parts(keys[order])
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()
    for start, end in pairwise(bounds):
        digest = dataset.numbers.digest(int(chunk[start]))
        texts = records_of(dataset.store, digest, row[start:end])
        taken = texts.cast(pa.binary()).to_pylist()
        yield from zip(order[start:end].tolist(), taken, strict=True)


def _relabelled(
    old: Dataset, new: Dataset, moved_from: RowKeys, moved_to: RowKeys
) -> tuple[RowKeys, RowKeys]:
    """Return the rows of the same records that have other labels, in the order of the new side.

    Reads label sets only of chunks whose lists of them differ, and of rows that moved from one
    chunk to another.
    """
    chunks = {chunk for chunk, _ in old.manifest.labels.items() ^ new.manifest.labels.items()}
    numbers = np.array([old.numbers.number(each) for each in chunks], np.int64)
    stayed = in_both(_rows_of_chunks(old, numbers), _rows_of_chunks(new, numbers))
    before = np.concatenate([stayed, moved_from])
    after = np.concatenate([stayed, moved_to])
    ours, theirs = numbered_together(row_labels(old, before), row_labels(new, after))
    changed = np.flatnonzero(ours != theirs)
    if not len(changed):
        return before[:0], after[:0]
    order = changed[_places(new.keys(), after[changed])]
    return before[order], after[order]


def _rows_of_chunks(dataset: Dataset, numbers: NDArray[np.int64]) -> RowKeys:
    """Return the rows of some chunks that a dataset has."""
    if not len(numbers):
        return np.zeros(0, np.uint64)
    runs = dataset.runs()
    own = np.isin(runs.chunk, numbers)
    return Runs(runs.numbers, runs.chunk[own], runs.first[own], runs.rows[own]).keys()


def _places(keys: RowKeys, chosen: RowKeys) -> NDArray[np.int64]:
    """Return the order of some rows of a dataset in it."""
    by_key = np.argsort(keys, kind="stable")
    return np.argsort(by_key[np.searchsorted(keys[by_key], chosen)], kind="stable")
