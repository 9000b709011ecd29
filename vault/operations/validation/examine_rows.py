"""Rows of a dataset as rules see them: read, parsed, examined, and each fault told."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vault.dataset.reading.conversations import read_conversation
from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of
from vault.dataset.reading.examples import ExampleRows, example_rows
from vault.objects.conversation import Conversation
from vault.objects.json.record import read_record_quickly
from vault.objects.runs import RowKeys
from vault.processes.child import without_collector
from vault.processes.threads import in_threads
from vault.rules.kernel.examine import Examination, Found
from vault.rules.kernel.rule import Fault, Rule
from vault.rules.kernel.set_facts import SetGathering, SetPart
from vault.rules.kernel.subject import Subject, read_subject

_MOST_ROWS = 32_768
_MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's complaint about one example, or about the set as a whole.

    `path` is the place in the record, such as `messages[2].content`, or empty. What concerns the
    set has no `id`, `source` and `line`.
    """

    code: str
    name: str
    severity: str
    id: str | None
    source: str | None
    line: int | None
    message: str
    path: str


class Examined(NamedTuple):
    """How many examples were looked at, and what was found in them, in their order.

    `facts` of the examples as a part of their set, if they were asked for.
    """

    examples: int
    findings: list[Finding]
    facts: SetPart | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows as columns and JSON texts; `roles` has those that were read by a mapping."""

    columns: pa.Table
    texts: pa.StringArray
    roles: Mapping[int, Mapping[str, str]]


def examine_rows(
    dataset: Dataset,
    keys: RowKeys,
    rules: Sequence[Rule],
    *,
    with_facts: bool = False,
    in_turn: bool = False,
) -> Generator[Examined, None, None]:
    """Yield what rules find in rows, part by part, in the order of `keys`.

    `with_facts` also gathers what rules about the set need. Parts are examined by threads,
    `in_turn` by none: where many processes do the same. Costs 25 µs
    an example of 900 characters; memory is bounded, whatever the dataset. Raises Corrupt.
    """
    examination = Examination(rules)
    parts = _parts(example_rows(dataset, keys, also=["prompt_id"] if with_facts else []))

    def examined(part: _Part) -> Examined:
        return _examined(examination, part, SetGathering() if with_facts else None)

    yield from map(examined, parts) if in_turn else in_threads(examined, parts)


def read_subjects(dataset: Dataset, keys: RowKeys) -> Iterator[Subject]:
    """Yield rows as rules see them, in the order of `keys`. Raises Corrupt."""
    for part in _parts(example_rows(dataset, keys)):
        kinds = part.columns.column("kind").to_pylist()
        yield from map(read_subject, kinds, _records(part, kinds))


def examine_record(
    kind: str, text: bytes, roles: Mapping[str, str] | None, rules: Sequence[Rule]
) -> tuple[Finding, ...]:
    """Return the findings of rules in one record, which need not be stored.

    `roles` is the mapping that it was read by, if any. The findings have no id, source and line.
    Costs 2 ms.
    """
    record = read_record_quickly(text)
    if roles is not None:
        record = _as_chat(record, kind, roles)
    texts = pa.array([text.decode()], pa.string())
    found = Examination(rules).examine([kind], [record], texts)
    return tuple(
        Finding(*_named(rule), None, None, None, fault.message, fault.path)
        for (_, _), (rule, fault) in _first_of_each(found).items()
    )


def _parts(batches: Iterator[ExampleRows]) -> Iterator[_Part]:
    """Yield rows in parts of a few megabytes: patterns are compiled for each, memory is bounded."""
    waiting: list[_Part] = []
    rows = size = 0
    for piece in _pieces(batches):
        count, held = len(piece.texts), piece.texts.nbytes
        if waiting and (rows + count > _MOST_ROWS or size + held > _MOST_BYTES):
            yield _joined(waiting)
            waiting, rows, size = [], 0, 0
        waiting.append(piece)
        rows, size = rows + count, size + held
    if waiting:
        yield _joined(waiting)


def _pieces(batches: Iterator[ExampleRows]) -> Iterator[_Part]:
    """Cut batches that are too large for a part."""
    for batch in batches:
        ends = np.cumsum(pc.binary_length(batch.texts).to_numpy(zero_copy_only=False))
        first = 0
        while first < len(ends):
            before = int(ends[first - 1]) if first else 0
            last = int(np.searchsorted(ends, before + _MOST_BYTES, side="right"))
            last = min(max(last, first + 1), first + _MOST_ROWS, len(ends))
            yield _Part(
                batch.columns.slice(first, last - first),
                batch.texts.slice(first, last - first),
                {at - first: batch.roles[at] for at in batch.roles if first <= at < last},
            )
            first = last


def _joined(parts: Sequence[_Part]) -> _Part:
    if len(parts) == 1:
        return parts[0]
    roles: dict[int, Mapping[str, str]] = {}
    done = 0
    for part in parts:
        roles.update({done + at: mapping for at, mapping in part.roles.items()})
        done += len(part.texts)
    return _Part(
        pa.concat_tables([part.columns for part in parts]),
        pa.concat_arrays([part.texts for part in parts]),
        roles,
    )


def _examined(examination: Examination, part: _Part, gathering: SetGathering | None) -> Examined:
    kinds = part.columns.column("kind").to_pylist()
    with without_collector():
        records = _records(part, kinds)
        found = examination.examine(kinds, records, part.texts, gathering=gathering)
        findings = list(_told(part.columns, found))
    if gathering is None:
        return Examined(len(records), findings)
    prompts, _ = hashes_of(part.columns, "prompt_id")
    size = pc.sum(pc.binary_length(part.texts)).as_py() + len(records)
    return Examined(len(records), findings, gathering.part(kinds, prompts, size))


def _records(part: _Part, kinds: Sequence[str]) -> list[dict[str, Any]]:
    records = [read_record_quickly(text) for text in part.texts.cast(pa.binary()).to_pylist()]
    for at, mapping in part.roles.items():
        records[at] = _as_chat(records[at], kinds[at], mapping)
    return records


def _as_chat(record: dict[str, Any], kind: str, mapping: Mapping[str, str]) -> dict[str, Any]:
    """Return a record that was read by a mapping as the chat that the mapping makes of it."""
    found: Conversation | None = read_conversation(record, kind, mapping)
    messages = [] if found is None else [*found.prompt, *found.response]
    return {"messages": messages}


def _told(columns: pa.Table, found: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for each example and rule; further faults of the same pair are left out."""
    if not found:
        return
    ids = ids_of(columns)
    sources, lines = columns.column("source"), columns.column("line")
    for (at, _), (rule, fault) in _first_of_each(found).items():
        yield Finding(
            *_named(rule),
            ids[at].tobytes().hex(),
            sources[at].as_py(),
            int(lines[at].as_py()),
            fault.message,
            fault.path,
        )


def _first_of_each(found: Sequence[Found]) -> dict[tuple[int, str], tuple[Rule, Fault]]:
    """Return the first fault of each example and rule."""
    first: dict[tuple[int, str], tuple[Rule, Fault]] = {}
    for at, rule, fault in found:
        first.setdefault((at, rule.code), (rule, fault))
    return first


def _named(rule: Rule) -> tuple[str, str, str]:
    return rule.code, rule.name, str(rule.severity)
