"""Comparing two datasets: what was added, removed, changed and relabelled.

Equal pages of runs cancel unread, equal rows cancel as row keys; ids are read only of what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.objects.commit import ChangeCounts
from vault.objects.digest import Digest
from vault.objects.field_path import field_text
from vault.objects.json_text import canonical_bytes
from vault.objects.label_set import LabelSet, values_only
from vault.objects.pairing import OWN, Side, What, pair
from vault.objects.quarantine import decode_removals
from vault.objects.runs import ChunkNumbers, RowKeys, in_both, key_parts, only_in
from vault.operations.dataset import Dataset, hashes_of, ids_of, open_dataset, records_of
from vault.operations.id_index import IdIndex
from vault.operations.removal_list import fixed_into
from vault.store.object_store import ObjectStore

_START, _END = np.uint64((1 << 62) - 1), np.uint64((1 << 62) - 2)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two datasets and what differs: row keys, each in the order of its own dataset.

    `changed_old[i]` gave way to `changed_new[i]`, `what[i]` says in what respect. The keys of
    `relabelled_old` and `relabelled_new` are of the same records.
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
    store: ObjectStore, old: Digest | None, new: Digest | None, *, key: str | None = None
) -> Comparison:
    """Compare the datasets of two manifests (None is the empty one).

    `key` is a dotted path of a field that says which example is which. Costs a lookup of the rows
    that differ; equal pages and rows are not read. Raises Corrupt.
    """
    numbers = ChunkNumbers()
    return compare_datasets(
        open_dataset(store, old, numbers=numbers),
        open_dataset(store, new, numbers=numbers),
        key=key,
    )


def count_changes(store: ObjectStore, old: Digest | None, new: Digest | None) -> ChangeCounts:
    """Return the counts of `compare`; where rows were only appended, without reading any."""
    numbers = ChunkNumbers()
    before = open_dataset(store, old, numbers=numbers)
    after = open_dataset(store, new, numbers=numbers)
    keeps_labels = before.manifest.labels == after.manifest.labels or not before.manifest.examples
    if keeps_labels and after.runs().begins_with(before.runs()):
        return ChangeCounts(added=after.manifest.examples - before.manifest.examples)
    return compare_datasets(before, after).counts


def compare_datasets(old: Dataset, new: Dataset, *, key: str | None = None) -> Comparison:
    """Compare two datasets that were opened with the same chunk numbers; see `compare`."""
    old_keys, new_keys = _differing(old, new)
    gone = only_in(old_keys, new_keys)
    come = only_in(new_keys, old_keys)
    columns = ["id", "content_id", "prompt_id"]
    gone_rows = old.columns(old_keys[gone], columns)
    come_rows = new.columns(new_keys[come], columns)
    same_old, same_new = _same_records(gone_rows, come_rows)
    moved = dict(
        zip(old_keys[gone[same_old]].tolist(), new_keys[come[same_new]].tolist(), strict=True)
    )
    left = np.setdiff1d(np.arange(len(gone)), same_old, assume_unique=True)
    right = np.setdiff1d(np.arange(len(come)), same_new, assume_unique=True)
    old_side = _side(old_keys, gone[left], gone_rows.take(pa.array(left)), moved)
    new_side = _side(new_keys, come[right], come_rows.take(pa.array(right)), {})
    if key is not None:
        old_side, new_side = _with_keys(old, new, old_side, new_side, key)
    old_side, new_side = _with_fixes(old, new, old_side, new_side)
    pairs = pair(old_side.side, new_side.side)
    relabelled = _relabelled(old, new, moved, old_keys, new_keys)
    return Comparison(
        old=old,
        new=new,
        added=np.delete(new_side.keys, pairs.new),
        removed=np.delete(old_side.keys, pairs.old),
        changed_old=old_side.keys[pairs.old],
        changed_new=new_side.keys[pairs.new],
        what=pairs.what,
        relabelled_old=relabelled[0],
        relabelled_new=relabelled[1],
    )


def _differing(old: Dataset, new: Dataset) -> tuple[RowKeys, RowKeys]:
    """Return the row keys of the pages that are not in both.

    Labels are compared over whole datasets and neighbours need the rows around, so pages cancel
    only from the front and the back.
    """
    ours = [each.page for each in old.manifest.pages]
    theirs = [each.page for each in new.manifest.pages]
    if old.manifest.labels != new.manifest.labels:
        return old.keys(), new.keys()
    front = 0
    while front < min(len(ours), len(theirs)) and ours[front] == theirs[front]:
        front += 1
    back = 0
    while back < min(len(ours), len(theirs)) - front and ours[-1 - back] == theirs[-1 - back]:
        back += 1
    # One equal page stays on each side, so that a change at a page's edge sees its neighbours.
    front, back = max(0, front - 1), max(0, back - 1)
    skipped = frozenset(ours[:front] + ours[len(ours) - back :])
    return old.runs(without=skipped).keys(), new.runs(without=skipped).keys()


def _same_records(gone: pa.Table, come: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match rows of the same record that stand in different chunks, by their ids."""
    index = IdIndex()
    index.add(ids_of(come), np.arange(come.num_rows, dtype=np.uint64))
    known, place = index.find(ids_of(gone))
    matched = np.flatnonzero(known)
    return matched, place[matched].astype(np.int64)


@dataclass(frozen=True, slots=True)
class _KeyedSide:
    keys: RowKeys
    side: Side


def _side(
    keys: RowKeys,
    positions: NDArray[np.int64],
    rows: pa.Table,
    moved: dict[int, int],
) -> _KeyedSide:
    content, has_content = hashes_of(rows, "content_id")
    prompt, has_prompt = hashes_of(rows, "prompt_id")
    own = np.full(len(keys), -1)
    own[positions] = np.arange(len(positions))
    return _KeyedSide(
        keys[positions],
        Side(
            content=content,
            has_content=has_content,
            prompt=prompt,
            has_prompt=has_prompt,
            before=_tokens(keys, positions - 1, own, moved),
            after=_tokens(keys, positions + 1, own, moved),
        ),
    )


def _tokens(
    keys: RowKeys, positions: NDArray[np.int64], own: NDArray[np.int64], moved: dict[int, int]
) -> NDArray[np.uint64]:
    """Return the tokens of the rows at some positions, which may lie just outside the dataset."""
    inside = np.clip(positions, 0, max(0, len(keys) - 1))
    result = keys[inside].copy()
    if moved:
        result = np.array([moved.get(each, each) for each in result.tolist()], np.uint64)
    mine = own[inside]
    result = np.where(mine >= 0, OWN | mine.astype(np.uint64), result)
    result[positions < 0] = _START
    result[positions >= len(keys)] = _END
    return result


def _with_fixes(
    old: Dataset, new: Dataset, old_side: _KeyedSide, new_side: _KeyedSide
) -> tuple[_KeyedSide, _KeyedSide]:
    """Number what was fixed into what: both of a pair have the number of the fixed one's id."""
    objects = set(old.manifest.removals) ^ set(new.manifest.removals)
    said = [each for digest in objects for each in decode_removals(old.store.get(digest))]
    into = fixed_into(said)
    if not into:
        return old_side, new_side
    numbers = {each: number for number, each in enumerate(sorted(set(into.values())))}

    def numbered(dataset: Dataset, side: _KeyedSide) -> _KeyedSide:
        ids = [each.tobytes() for each in ids_of(dataset.columns(side.keys, ["id"]))]
        fixed = np.array([numbers.get(into.get(each, each), -1) for each in ids], np.int64)
        return replace(side, side=replace(side.side, fixed=fixed))

    return numbered(old, old_side), numbered(new, new_side)


def _with_keys(
    old: Dataset, new: Dataset, ours: _KeyedSide, theirs: _KeyedSide, path: str
) -> tuple[_KeyedSide, _KeyedSide]:
    numbers: dict[bytes, int] = {}

    def numbered(dataset: Dataset, each: _KeyedSide) -> _KeyedSide:
        values = field_values(dataset, each.keys, path)
        key = [-1 if v is None else numbers.setdefault(v, len(numbers)) for v in values]
        return _KeyedSide(each.keys, replace(each.side, key=np.array(key, np.int64)))

    return numbered(old, ours), numbered(new, theirs)


def field_values(dataset: Dataset, keys: RowKeys, path: str) -> list[bytes | None]:
    """Return the canonical JSON at a dotted path of each record, None where it has nothing."""
    from vault.objects.json_text import parse

    values: list[bytes | None] = [None] * len(keys)
    for position, text in iterate_records(dataset, keys):
        values[position] = field_text(parse(text)[0], path)
    return values


def iterate_records(dataset: Dataset, keys: RowKeys) -> Iterator[tuple[int, bytes]]:
    """Yield (position in `keys`, JSON text) of rows, chunk by chunk: each chunk is read once."""
    order = np.argsort(keys, kind="stable")
    chunk, row = key_parts(keys[order])
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()
    for start, end in pairwise(bounds):
        texts = records_of(dataset.store, dataset.numbers.digest(int(chunk[start])))
        taken = texts.take(pa.array(row[start:end])).cast(pa.binary()).to_pylist()
        yield from zip(order[start:end].tolist(), taken, strict=True)


def _relabelled(
    old: Dataset, new: Dataset, moved: dict[int, int], old_keys: RowKeys, new_keys: RowKeys
) -> tuple[RowKeys, RowKeys]:
    none = np.zeros(0, np.uint64)
    if old.manifest.labels == new.manifest.labels and not moved:
        return none, none
    ours, theirs = _label_values(old), _label_values(new)
    both = sorted(set(ours) | set(theirs))
    here = {key for key in both if key not in moved}
    kept = set(in_both(np.array(sorted(here), np.uint64), old_keys).tolist())
    kept &= set(in_both(np.array(sorted(here), np.uint64), new_keys).tolist())
    pairs = [(key, key) for key in sorted(kept)] + sorted(moved.items())
    changed = [(a, b) for a, b in pairs if ours.get(a) != theirs.get(b)]
    before = np.array([a for a, _ in changed], np.uint64)
    after = np.array([b for _, b in changed], np.uint64)
    order = _places(new_keys, after)
    return before[order], after[order]


def _places(keys: RowKeys, chosen: RowKeys) -> NDArray[np.int64]:
    """Return the order of some rows of a dataset in it."""
    by_key = np.argsort(keys, kind="stable")
    return np.argsort(by_key[np.searchsorted(keys[by_key], chosen)], kind="stable")


def _label_values(dataset: Dataset) -> dict[int, bytes]:
    """Return label values by row key as JSON, for every row that has any: 1 is not true."""
    sets: dict[int, LabelSet] = dataset.label_sets()
    return {
        (number << 32) | row: canonical_bytes(values_only(labels.values()))
        for number, rows in sets.items()
        for row, labels in rows.items()
        if labels
    }
