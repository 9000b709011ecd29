"""`validate`: what is wrong with the examples of a revision, by the rules of `vault.rules`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vault.config import read_team_configuration
from vault.errors import InvalidInput
from vault.notebook import Displayed
from vault.objects.conversation import Conversation
from vault.objects.json_text import parse_quickly
from vault.operations.context import Context
from vault.operations.conversation_columns import read_conversation
from vault.operations.dataset import Dataset, ids_of, in_threads
from vault.operations.list_examples import open_revision
from vault.operations.read_examples import ExampleRows, example_rows
from vault.rules.examine import Examination, Found
from vault.rules.rule import Fault, Rule, Severity
from vault.rules.selection import RuleSelection, selected_rules

_MOST_ROWS = 16_384
_MOST_BYTES = 16 << 20
_SHOWN = 3
_SECTION = "validate"


@dataclass(frozen=True, slots=True)
class ValidateOptions:
    """What to look for; what is None is taken from `[validate]` of `vault.toml`, if it is there."""

    select: Sequence[str] | None = None
    ignore: Sequence[str] | None = None
    target: str | None = None


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


@dataclass(frozen=True, slots=True)
class RuleFindings:
    """What one rule found: how many examples, and the first of them."""

    code: str
    name: str
    severity: str
    count: int
    items: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ValidateReport(Displayed):
    """What was found in a revision (`commit` None is the stage), by rule, errors and most first.

    `errors` and `warnings` count findings: one rule, one example.
    """

    commit: str | None
    target: str | None
    examples: int
    examples_with_errors: int
    errors: int
    warnings: int
    findings: tuple[RuleFindings, ...]


@dataclass(slots=True)
class _Tally:
    """Counts of findings, and the first of each rule."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Finding]] = field(default_factory=dict)
    with_errors: int = 0
    _last_with_error: str = ""

    def add(self, finding: Finding) -> None:
        self.counts[finding.code] += 1
        first = self.first.setdefault(finding.code, [])
        if len(first) < _SHOWN:
            first.append(finding)
        if finding.severity == Severity.ERROR and finding.id != self._last_with_error:
            self._last_with_error = finding.id
            self.with_errors += 1


def validate(context: Context, revision: str | None, options: ValidateOptions) -> ValidateReport:
    """Return what the rules find in a revision (the stage), counted by rule.

    Costs reading and parsing all records, about 10 µs each; memory is bounded. Raises NotFound
    (`rule-not-found`, `revision-not-found`), InvalidInput (`target-unknown`, `severity-invalid`,
    `config-invalid`), Corrupt.
    """
    selection = selection_of(context.folder, options)
    rules = selected_rules(selection)
    opened, dataset = open_revision(context, revision)
    tally = _Tally()
    for finding in _findings(context, dataset, rules):
        tally.add(finding)
    found = [
        RuleFindings(
            rule.code,
            rule.name,
            str(rule.severity),
            tally.counts[rule.code],
            tuple(tally.first[rule.code]),
        )
        for rule in rules
        if rule.code in tally.counts
    ]
    found.sort(key=lambda each: (each.severity != Severity.ERROR, -each.count))
    errors, warnings = (
        sum(each.count for each in found if each.severity == severity) for severity in Severity
    )
    return ValidateReport(
        opened.commit,
        selection.target,
        dataset.manifest.examples,
        tally.with_errors,
        errors,
        warnings,
        tuple(found),
    )


def iterate_findings(
    context: Context, revision: str | None, options: ValidateOptions
) -> Iterator[Finding]:
    """Yield every finding that `validate` counts, in the order of the examples."""
    rules = selected_rules(selection_of(context.folder, options))
    _, dataset = open_revision(context, revision)
    yield from _findings(context, dataset, rules)


def selection_of(folder: Path | None, options: ValidateOptions) -> RuleSelection:
    """Return which rules are asked for: by the options, else by `[validate]` of `vault.toml`.

    Raises InvalidInput (`config-invalid`).
    """
    select, ignore, target = options.select, options.ignore, options.target
    severity: dict[str, str] = {}
    if folder is not None:
        settings = read_team_configuration(folder)
        select = settings.texts(f"{_SECTION}.select") if select is None else select
        ignore = settings.texts(f"{_SECTION}.ignore") if ignore is None else ignore
        target = settings.text(f"{_SECTION}.target") if target is None else target
        for code, value in settings.table(f"{_SECTION}.severity").items():
            if not isinstance(value, str):
                raise InvalidInput(
                    f"vault.toml: {_SECTION}.severity.{code} is not text",
                    code="config-invalid",
                    hint="write `error`, `warning` or `off`, in quotes",
                )
            severity[code] = value
    return RuleSelection(tuple(select or ()), tuple(ignore or ()), target, severity)


def _findings(context: Context, dataset: Dataset, rules: Sequence[Rule]) -> Iterator[Finding]:
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
