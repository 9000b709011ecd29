"""The faults of a dataset: records are parsed in threads, and the rules run over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vault.objects.conversation import Conversation
from vault.objects.json_text import parse_quickly
from vault.operations.context import Context
from vault.operations.conversation_columns import read_conversation
from vault.operations.dataset import Dataset, ids_of, in_threads
from vault.operations.read_examples import ExampleRows, example_rows
from vault.rules.examine import Examination, Found
from vault.rules.rule import Fault, Rule

_MOST_ROWS = 16_384
_MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's complaint about one example.

    `path` is the place in the record, such as `messages[2].content`, or empty.
    """

    code: str
    name: str
    severity: str
    id: str
    source: str
    line: int
    message: str
    path: str


def find_faults(context: Context, dataset: Dataset, rules: Sequence[Rule]) -> Iterator[Finding]:
    """Yield every fault that some rules find, in the order of the examples.

    Costs reading and parsing all records; memory is bounded. Raises Corrupt.
    """
    keys = dataset.keys()
    examination = Examination(rules)
    context.progress.start("validating", len(keys))
    for rows, found in in_threads(
        lambda part: _examined(examination, *part), _parts(example_rows(dataset, keys))
    ):
        yield from _told(rows, found)
        context.progress.advance(len(rows.keys))
    context.progress.finish()


def _parts(batches: Iterator[ExampleRows]) -> Iterator[tuple[ExampleRows, int, int]]:
    """Yield slices of rows of a few megabytes at most, so that memory is bounded."""
    for rows in batches:
        ends = np.cumsum(pc.binary_length(rows.texts).to_numpy(zero_copy_only=False))
        first = 0
        while first < len(ends):
            before = int(ends[first - 1]) if first else 0
            last = int(np.searchsorted(ends, before + _MOST_BYTES, side="right"))
            last = min(max(last, first + 1), first + _MOST_ROWS)
            yield rows, first, min(last, len(ends))
            first = last


def _examined(
    examination: Examination, rows: ExampleRows, first: int, last: int
) -> tuple[ExampleRows, list[Found]]:
    part = ExampleRows(
        rows.keys[first:last],
        rows.columns.slice(first, last - first),
        rows.texts.slice(first, last - first),
        {},
        {at - first: rows.roles[at] for at in rows.roles if first <= at < last},
    )
    kinds = part.columns.column("kind").to_pylist()
    records = [parse_quickly(text) for text in part.texts.cast(pa.binary()).to_pylist()]
    for at, mapping in part.roles.items():
        records[at] = _as_chat(records[at], kinds[at], mapping)
    return part, examination.examine(kinds, records, part.texts)


def _as_chat(record: dict[str, Any], kind: str, mapping: Any) -> dict[str, Any]:
    """Return a record that was read by a mapping as the chat that the mapping makes of it."""
    found: Conversation | None = read_conversation(record, kind, mapping)
    messages = [] if found is None else [*found.prompt, *found.response]
    return {"messages": messages}


def _told(rows: ExampleRows, found: Sequence[Found]) -> Iterator[Finding]:
    """Yield a finding for each example and rule; further faults of the same pair are left out."""
    if not found:
        return
    ids = ids_of(rows.columns)
    sources, lines = rows.columns.column("source"), rows.columns.column("line")
    first: dict[tuple[int, str], tuple[Rule, Fault]] = {}
    for at, rule, fault in found:
        first.setdefault((at, rule.code), (rule, fault))
    for (at, _), (rule, fault) in first.items():
        yield Finding(
            rule.code,
            rule.name,
            str(rule.severity),
            ids[at].tobytes().hex(),
            sources[at].as_py(),
            int(lines[at].as_py()),
            fault.message,
            fault.path,
        )
