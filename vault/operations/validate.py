"""`validate`: what is wrong with the examples of a revision, by the rules of `vault.rules`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vault.config import read_team_configuration
from vault.errors import InvalidInput
from vault.notebook import Displayed
from vault.operations.context import Context
from vault.operations.examine_rows import Finding
from vault.operations.find_faults import find_faults
from vault.operations.list_examples import open_revision
from vault.rules.rule import Severity
from vault.rules.selection import RuleSelection, selected_rules

_SHOWN = 3
_SECTION = "validate"


@dataclass(frozen=True, slots=True)
class ValidateOptions:
    """What to look for; what is None is taken from `[validate]` of `vault.toml`, if it is there."""

    select: Sequence[str] | None = None
    ignore: Sequence[str] | None = None
    target: str | None = None


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
    for finding in find_faults(context, dataset, rules):
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
    yield from find_faults(context, dataset, rules)


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
