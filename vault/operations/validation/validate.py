"""`validate`: what is wrong with the examples of a revision, by the rules of `vault.rules`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypedDict

from vault.dataset.changing.stage import Staged
from vault.dataset.listed import open_revision
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.validation_results import remember_validation, rules_key
from vault.errors import InvalidInput
from vault.objects.manifest import Manifest
from vault.objects.validation import RuleCount, Validation, dataset_digest
from vault.operations.validation.apply_fixes import AppliedFix
from vault.operations.validation.examine_rows import Finding
from vault.operations.validation.project_rules import all_faults, known_rules, with_code
from vault.operations.validation.settings import validate_settings
from vault.operations.validation.token_counts import token_counter
from vault.presentation.report_html import Displayed
from vault.rules.codes import SET_RULES
from vault.rules.families.size import counted_exactly
from vault.rules.kernel.any_rule import AnyRule, project_code
from vault.rules.kernel.rule import Rule, Severity
from vault.rules.selection import RuleSelection, selected_rules
from vault.session.context import Context, stage_of

SHOWN = 3
"""Findings of each rule that a report shows."""


@dataclass(frozen=True, slots=True)
class ValidateOptions:
    """What to look for; what is None is taken from `[validate]` of `vault.toml`, if it is there.

    `allow_code` lets rules run that are Python functions of the project; else they are skipped.
    """

    select: Sequence[str] | None = None
    ignore: Sequence[str] | None = None
    target: str | None = None
    allow_code: bool = False

    @property
    def is_as_the_team_says(self) -> bool:
        """Tell whether nothing else is asked for: only such a result is kept with a commit."""
        return self.select is None and self.ignore is None and self.target is None


class ValidateArguments(TypedDict, total=False):
    """Fields of `ValidateOptions`."""

    select: Sequence[str] | None
    ignore: Sequence[str] | None
    target: str | None
    allow_code: bool


@dataclass(frozen=True, slots=True)
class MendOptions:
    """What is done about faults; `dry_run` only tells, `all_items` lists all in the report.

    Raises InvalidInput (`nothing-to-try`) for a dry run of nothing.
    """

    fix: bool = False
    quarantine: bool = False
    dry_run: bool = False
    all_items: bool = False

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.dry_run and not self.changes:
            raise InvalidInput(
                "without --fix or --quarantine nothing is changed, so there is nothing to try",
                code="nothing-to-try",
                hint="`vault validate --fix --quarantine --dry-run` tells what they would do",
            )

    @property
    def changes(self) -> bool:
        """Whether anything is to be changed."""
        return self.fix or self.quarantine


@dataclass(frozen=True, slots=True)
class RuleFindings:
    """What one rule found: how many examples, and the first of them."""

    code: str
    name: str
    severity: str
    count: int
    items: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RuleFixes:
    """What the fix of one rule did: to how many places, and the first of them."""

    code: str
    name: str
    severity: str
    count: int
    items: tuple[AppliedFix, ...]


@dataclass(frozen=True, slots=True)
class ValidateReport(Displayed):
    """What was found in a revision (`commit` None is the stage), by rule, errors and most first.

    `errors` and `warnings` count findings: one rule, one example; `errors_left` are those that no
    quarantine took out. Where the stage was mended,
    `fixes` says what was done to examples (`fixed` of them, and `merged` more that had become equal
    to another one and went), the findings are those of the others, and the `quarantined` examples
    are out. With `dry_run` all this is only told. `skipped` rules are code that was not allowed.
    """

    commit: str | None
    target: str | None
    examples: int
    examples_with_errors: int
    errors: int
    warnings: int
    findings: tuple[RuleFindings, ...]
    fixes: tuple[RuleFixes, ...] = ()
    fixed: int = 0
    merged: int = 0
    quarantined: int = 0
    errors_left: int = 0
    staged: Staged | None = None
    dry_run: bool = False
    skipped: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """Counts of findings, and the first of each rule: `most` of them, all for None."""

    most: int | None = SHOWN
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Finding]] = field(default_factory=dict)
    errors: int = 0
    _with_errors: set[int] = field(default_factory=set)

    @property
    def with_errors(self) -> int:
        """Examples with an error; those that only faults of the set have are left out."""
        return len(self._with_errors)

    def add(self, finding: Finding) -> None:
        """Count a finding; keeps 60 bytes for each example with an error."""
        self.counts[finding.code] += 1
        first = self.first.setdefault(finding.code, [])
        if self.most is None or len(first) < self.most:
            first.append(finding)
        is_error = finding.severity == Severity.ERROR
        self.errors += is_error
        if finding.code in SET_RULES:
            return  # it says something of the set, also where it shows an example
        if is_error and finding.id is not None:
            # Half of an id is enough to tell examples apart.
            self._with_errors.add(int(finding.id[:16], 16))


@dataclass(frozen=True, slots=True)
class RulesToRun:
    """The rules that are meant, the target, and the codes of those that would have to run code."""

    rules: tuple[AnyRule, ...]
    target: str | None
    skipped: tuple[str, ...]


def rules_to_run(folder: Path | None, options: ValidateOptions) -> RulesToRun:
    """Return the rules that options and `vault.toml` mean.

    Runs no code of the project unless the options allow it. Raises what `validate` raises.
    """
    selection = selection_of(folder, options)
    meant = _counting(folder, selected_rules(selection, known_rules(folder)))
    if options.allow_code:
        return RulesToRun(with_code(folder, meant), selection.target, ())
    code = project_code(meant)
    rules = tuple(rule for rule in meant if rule not in code)
    skipped = tuple(rule.code for rule in code)
    return RulesToRun(rules, selection.target, skipped)


def _counting(folder: Path | None, rules: tuple[AnyRule, ...]) -> tuple[AnyRule, ...]:
    """Return rules of which those about lengths count with the tokenizer of the team, if any."""
    tokenizer = validate_settings(folder).tokenizer
    if folder is None or tokenizer is None:
        return rules
    count, name = token_counter(folder, tokenizer)
    return tuple(
        counted_exactly(rule, count, name) if isinstance(rule, Rule) else rule for rule in rules
    )


def validate(context: Context, revision: str | None, options: ValidateOptions) -> ValidateReport:
    """Return what the rules find in a revision (the stage), counted by rule.

    Costs reading and parsing all records, about 10 µs each; memory is bounded. Raises NotFound
    (`rule-not-found`, `revision-not-found`), InvalidInput (`target-unknown`, `severity-invalid`,
    `config-invalid`, `own-rule-failed`), Corrupt.
    """
    running = rules_to_run(context.folder, options)
    opened, dataset = open_revision(context, revision)
    report = replace(report_on(context, dataset, running), commit=opened.commit)
    if opened.commit is None and options.is_as_the_team_says:
        stage = stage_of(context.log.tip().view)
        # Somebody else may have staged more meanwhile; then this is of no dataset that is there.
        if stage is not None and stage.manifest == opened.manifest:
            validation = validation_from(report, dataset.manifest, running.rules)
            remember_validation(context, validation)
    return report


def report_on(
    context: Context, dataset: Dataset, running: RulesToRun, most: int = SHOWN
) -> ValidateReport:
    """Return what rules find in a dataset, with `most` findings of each. Raises as `validate`."""
    tally = Tally(most)
    for finding in all_faults(context, dataset, running.rules):
        tally.add(finding)
    report = report_of(running.rules, tally, dataset.manifest.examples)
    return replace(report, target=running.target, skipped=running.skipped)


def validation_from(
    report: ValidateReport, manifest: Manifest, rules: Sequence[AnyRule]
) -> Validation:
    """Return the numbers of a report, as they are remembered of the dataset of a manifest."""
    counts = (
        RuleCount(each.code, each.name, each.severity, each.count) for each in report.findings
    )
    return Validation(
        dataset=dataset_digest(manifest),
        rules=rules_key(rules, report.target),
        target=report.target,
        examples=report.examples,
        examples_with_errors=report.examples_with_errors,
        errors=report.errors,
        warnings=report.warnings,
        findings=tuple(counts),
    )


def report_of(rules: Sequence[AnyRule], tally: Tally, examples: int) -> ValidateReport:
    """Return what was found in so many examples of the stage, by rule."""
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
        None,
        None,
        examples,
        tally.with_errors,
        errors,
        warnings,
        tuple(found),
        errors_left=errors,
    )


def iterate_findings(
    context: Context, revision: str | None, options: ValidateOptions
) -> Iterator[Finding]:
    """Yield every finding that `validate` counts, in the order of the examples."""
    rules = rules_to_run(context.folder, options).rules
    _, dataset = open_revision(context, revision)
    yield from all_faults(context, dataset, rules)


def selection_of(folder: Path | None, options: ValidateOptions) -> RuleSelection:
    """Return which rules are asked for: by the options, else by `[validate]` of `vault.toml`.

    Raises what `validate_settings` raises.
    """
    team = validate_settings(folder)
    select = team.select if options.select is None else options.select
    ignore = team.ignore if options.ignore is None else options.ignore
    target = team.target if options.target is None else options.target
    return RuleSelection(tuple(select or ()), tuple(ignore or ()), target, team.severity)
