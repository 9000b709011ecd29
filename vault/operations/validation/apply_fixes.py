"""Mending faults with one safe answer: fixed records are stored and take the place of the old.

Text is exchanged within the record's JSON, so that all else stays as it was imported; labels, the
source, the line, the round and the place in order stay with the example. Its id is another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.changing.edit import exchanged_in_place
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.examples import ExampleRows, example_rows
from vault.dataset.reading.id_index import IdIndex
from vault.dataset.reading.judged_pairs import EXACT
from vault.dataset.reading.labels import labels_of_rows
from vault.dataset.reading.removals import FIXED, removals_for, removals_of, with_removals
from vault.dataset.reading.write_records import BlockWriter, RecordReader
from vault.formats.files.records import RecordTexts
from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.registry import derive_values
from vault.objects.conversation import Kind
from vault.objects.digest import Digest, example_id
from vault.objects.json.exchanged_values import with_values
from vault.objects.json.record import read_record
from vault.objects.json.text import UnreadableJson, parse
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys, Runs
from vault.operations.validation.run_rules import find_faults
from vault.rules.kernel.rule import Rule
from vault.rules.kernel.subject import read_subject
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """What one rule's fix did to one example: `id` before, `into` after; `path` as of a finding."""

    code: str
    name: str
    severity: str
    id: str
    into: str
    source: str
    line: int
    message: str
    path: str


@dataclass(slots=True)
class FixedDataset:
    """A dataset after its faults were mended, and what was done.

    `fixed` examples took the place of what they were; `merged` ones had become equal to another
    example, and went as its exact duplicates.
    """

    manifest: Manifest
    fixes: list[AppliedFix] = field(default_factory=list)
    fixed: int = 0
    merged: int = 0


@dataclass(slots=True)
class _Plan:
    """Rows to exchange, in order, and rows that became equal to another example."""

    old: list[int] = field(default_factory=list)
    new_ids: list[bytes] = field(default_factory=list)
    merged: list[int] = field(default_factory=list)
    keepers: list[bytes] = field(default_factory=list)
    fixes: list[AppliedFix] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Mended:
    text: bytes
    id: bytes
    done: list[tuple[Rule, str, str]]


def fixed_dataset(context: Context, dataset: Dataset, rules: Sequence[Rule]) -> FixedDataset:
    """Mend what some rules find and have a fix for; store the records and the manifest's parts.

    Only examples with findings are read again. A fix that would not make its rule find less is
    left out, and so are those of records that were read by a mapping, and fixes into an example
    that was taken out deliberately. Costs one pass of those rules. Raises Corrupt, StorageFailed.
    """
    fixable = [rule for rule in rules if rule.fix is not None]
    found = find_faults(context, dataset, fixable) if fixable else ()
    faulty = {each.id for each in found if each.id is not None}
    if not faulty:
        return FixedDataset(dataset.manifest)
    keys = dataset.keys()
    ids = ids_of(dataset.columns(keys, ["id"]))
    wanted = np.frombuffer(b"".join(sorted(map(bytes.fromhex, faulty))), ids.dtype)
    known = IdIndex()
    known.add(wanted)
    rows = keys[known.find(ids)[0]]
    plan = _Plan()
    taken = {each.id for each in removals_of(dataset.store, dataset.manifest)}
    fresh = _stored(dataset, rows, fixable, _Standing(ids, taken), plan)
    manifest = _exchanged(context, dataset, keys, plan, fresh)
    return FixedDataset(manifest, plan.fixes, len(plan.old), len(plan.merged))


class _Standing:
    """Which ids a fixed record must not get: those that are there, or were taken out."""

    def __init__(self, ids: NDArray[np.void], taken: set[bytes]) -> None:
        self._index = IdIndex()
        self._index.add(ids)
        self._type = ids.dtype
        self._made: set[bytes] = set()
        self.taken = taken

    def has(self, wanted: bytes) -> bool:
        """Tell whether an example of this id is there, or was made by an earlier fix."""
        one = np.frombuffer(wanted, self._type)
        return wanted in self._made or bool(self._index.find(one)[0][0])

    def add(self, made: bytes) -> None:
        """Remember an id that a fix made."""
        self._made.add(made)


def _stored(
    dataset: Dataset, rows: RowKeys, rules: Sequence[Rule], standing: _Standing, plan: _Plan
) -> RowKeys:
    """Mend the rows, store what is new, and return its row keys in the order of `plan.old`."""
    writer = BlockWriter(dataset.store)
    placed = []
    for part in example_rows(dataset, rows):
        ids = part.example_ids()
        for reader, at, mended in _mended_rows(part, rules):
            if mended.id in standing.taken:
                continue
            key = int(part.keys[at])
            line = int(part.columns.column("line")[at].as_py())
            plan.fixes += _applied(mended, ids[at], reader.source, line)
            if standing.has(mended.id):
                plan.merged.append(key)
                plan.keepers.append(mended.id)
                continue
            standing.add(mended.id)
            writer.read(RecordTexts((mended.text,), (0,), (), 1), reader)
            placed += writer.keep(np.ones(1, np.bool_), line)
            plan.old.append(key)
            plan.new_ids.append(mended.id)
    chunks: tuple[Digest, ...] = writer.finish()
    runs = [(chunks[each.chunk], each.first, each.rows) for each in placed]
    return Runs.build(dataset.numbers, runs).keys()


def _mended_rows(
    part: ExampleRows, rules: Sequence[Rule]
) -> Iterator[tuple[RecordReader, int, _Mended]]:
    """Yield each row of a part that can be mended: how it is read, its position, what it is now."""
    columns = [part.columns.column(name).to_pylist() for name in ("source", "round", "kind")]
    texts = part.texts.cast(pa.binary()).to_pylist()
    for at, (source, round_, kind) in enumerate(zip(*columns, strict=True)):
        if at in part.roles:
            continue
        mended = _mended(texts[at], Kind(kind), rules)
        if mended is not None:
            yield RecordReader(source, round_, Kind(kind)), at, mended


def _mended(text: bytes, kind: Kind, rules: Sequence[Rule]) -> _Mended | None:
    """Return a record after the fixes of some rules; None if none of them helps."""
    done: list[tuple[Rule, str, str]] = []
    record = read_record(text)
    for rule in rules:
        subject = read_subject(kind, record)
        repairs = [] if rule.fix is None else list(rule.fix(subject))
        if not repairs:
            continue
        after = with_values(text, {each.steps: each.value for each in repairs})
        try:
            value = parse(after)[0]
            derive_values(value, kind, None)
        except (UnreadableJson, FormatMismatch):
            continue
        left = len(list(rule.check(read_subject(kind, value))))
        if after != text and left < len(list(rule.check(subject))):
            text, record = after, value
            done += [(rule, each.message, _path(each.steps)) for each in repairs]
    return _Mended(text, example_id(parse(text)[1]), done) if done else None


def _path(steps: Sequence[str | int]) -> str:
    parts = [f"[{each}]" if isinstance(each, int) else f".{each}" for each in steps]
    return "".join(parts).lstrip(".")


def _applied(mended: _Mended, old: str, source: str, line: int) -> Iterator[AppliedFix]:
    into = mended.id.hex()
    for rule, told, path in mended.done:
        severity = str(rule.severity)
        yield AppliedFix(rule.code, rule.name, severity, old, into, source, line, told, path)


def _exchanged(
    context: Context, dataset: Dataset, keys: RowKeys, plan: _Plan, fresh: RowKeys
) -> Manifest:
    """Return the manifest with the fixed rows in place, and with what they were among removals."""
    old = np.array(plan.old, np.uint64)
    merged = np.array(plan.merged, np.uint64)
    known = labels_of_rows(dataset, old)
    pairs = zip(plan.old, fresh.tolist(), strict=True)
    labels = {after: known[before] for before, after in pairs if before in known}
    exchanged = dict(zip(plan.old, fresh.tolist(), strict=True))
    manifest = exchanged_in_place(dataset, keys, exchanged, labels, out=merged)
    into = [{"into": each.hex()} for each in plan.new_ids]
    removals = removals_for(context, dataset, old, FIXED, details=into)
    twins = [_twin(each.hex()) for each in plan.keepers]
    removals += removals_for(context, dataset, merged, EXACT, details=twins)
    return with_removals(dataset.store, manifest, removals)


def _twin(keeper: str) -> dict[str, Any]:
    return {
        "keeper": keeper,
        "keeper_similarity": 1.0,
        "neighbour": keeper,
        "neighbour_similarity": 1.0,
        "fixed": True,
    }
