"""Findings and rules as text for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vault.cli.show.terminal import paint, short_id, shorten, terminal_width
from vault.cli.show.wrapped_text import Piece, hanging, wrap
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural
from vault.rules.codes import SET_RULES
from vault.rules.kernel.own_rule import OwnRule
from vault.rules.kernel.rule import Rule

if TYPE_CHECKING:
    from vault.operations.validation.apply_fixes import AppliedFix
    from vault.operations.validation.examine_rows import Finding
    from vault.operations.validation.validate import RuleFindings, ValidateReport
    from vault.rules.kernel.any_rule import AnyRule

_COLOURS = {"error": "red", "warning": "yellow"}
_INDENT = "    "
_FIXABLE = "`vault validate --fix` mends it where there is one safe answer."


def report_lines(report: ValidateReport, verbose: bool) -> Iterator[str]:
    """Yield each rule that found something, with an example of it, then the totals."""
    for each in report.findings:
        yield _head(each)
        for finding in each.items if verbose else each.items[:1]:
            yield from finding_lines(finding, verbose)
        yield ""
    yield _total(report)


def record_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the findings of the rules in one record: each rule, and below it its message."""
    for each in findings:
        yield f"{each.code}  {paint(each.severity, _COLOURS[each.severity])}  {each.name}"
        yield from finding_lines(each, verbose=False)


def explained_lines(rules: Sequence[AnyRule]) -> Iterator[str]:
    """Yield what rules find, why it matters, and an example that fails and one that passes."""
    if len(rules) > 1:
        for rule in rules:
            severity = paint(f"{rule.severity:<7}", _COLOURS[rule.severity])
            yield f"{rule.code}  {severity}  {rule.name}"
        return
    for rule in rules:
        yield f"{rule.code}  {paint(rule.severity, _COLOURS[rule.severity])}  {rule.name}"
        yield ""
        yield from wrap([Piece(rule.why)], indent="")
        if rule.targets:
            yield ""
            yield from wrap([Piece(f"Runs with --target {', '.join(rule.targets)}.")], indent="")
        if not rule.is_default:
            yield ""
            yield f"Off unless it is selected: `vault validate --select {rule.code}`"
        if isinstance(rule, Rule) and rule.fix is not None:
            yield ""
            yield from wrap([Piece(_FIXABLE)], indent="")
        if rule.known_as:
            yield ""
            yield from wrap([Piece(f"Elsewhere called {', '.join(rule.known_as)}.")], indent="")
        yield ""
        yield from _examples(rule)


def _examples(rule: AnyRule) -> Iterator[str]:
    if isinstance(rule, OwnRule):
        yield from hanging([Piece(f"fails:   {rule.where or rule.python}")], deeper=" " * 9)
        return
    for word, examples in (("fails:", rule.fails), ("passes:", rule.passes)):
        for each in examples[:1]:
            if isinstance(each, dict):
                yield f"{word:<9}{_record(each)}"
            else:
                yield f"{word:<9}{len(each):,} examples such as"
                yield f"{'':<9}{_record(each[0])}"


def _record(record: dict[str, object]) -> str:
    return shorten(json.dumps(record, ensure_ascii=False), max(20, terminal_width() - 9))


def _head(each: RuleFindings) -> str:
    # A finding about the set is one finding, whatever example it points at.
    counted = plural(each.count, "finding" if each.code in SET_RULES else "example")
    return f"{each.code}  {paint(each.severity, _COLOURS[each.severity])}  {each.name}: {counted}"


def finding_lines(finding: Finding | AppliedFix, verbose: bool) -> Iterator[str]:
    """Yield one finding, or one fix: the example, where it was read, and what is said of it."""
    if finding.id is not None:
        place = f"{escape(finding.source or '')}:{finding.line}"
        yield f"{_INDENT}{paint(short_id(finding.id, verbose), 'yellow')}  {place}"
    at = f"{finding.path}: " if finding.path else ""
    said = shorten(at + finding.message, 400)
    for line in hanging([Piece(said)], deeper="  ", width=terminal_width() - len(_INDENT)):
        yield _INDENT + line


def _total(report: ValidateReport) -> str:
    examples = plural(report.examples, "example")
    if not report.findings:
        return f"{examples}: nothing was found"
    errors, warnings = plural(report.errors, "error"), plural(report.warnings, "warning")
    return f"{examples}: {errors} in {report.examples_with_errors:,} of them, {warnings}"
