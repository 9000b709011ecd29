"""What `validate --fix` and `--quarantine` did, as text or JSON lines, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vault.cli.finding_text import finding_lines, report_lines
from vault.cli.render import emit, emit_json_lines, hint
from vault.cli.stage_text import stage_line
from vault.cli.text import paint
from vault.errors import InvalidInput
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.cli.invocation import Invocation
    from vault.operations.validation.validate import ValidateReport


def refuse_mixture(mends: bool, *, dry_run: bool, report: str | None) -> None:
    """Raise InvalidInput (`report-only-looks`, `nothing-to-try`) for flags that do not go along."""
    if mends and report is not None:
        raise InvalidInput(
            f"--report {report} is of findings, and changes nothing",
            code="report-only-looks",
            hint=f"mend first, then `vault validate --report {report}`",
        )
    if dry_run and not mends:
        raise InvalidInput(
            "without --fix or --quarantine nothing is changed, so there is nothing to try",
            code="nothing-to-try",
            hint="`vault validate --fix --quarantine --dry-run` tells what they would do",
        )


def hint_skipped(invocation: Invocation, skipped: Sequence[str]) -> None:
    """Say which rules did not run because they are code."""
    if skipped:
        codes = ", ".join(skipped)
        hint(invocation, f"{codes}: code of this project, which runs with --allow-code only")


def show_mended(invocation: Invocation, report: ValidateReport, *, jsonl: bool) -> int:
    """Print what was done and found; return the exit code: 1 if errors are left."""
    if jsonl:
        emit_json_lines(invocation, _items(report))
    else:
        emit(invocation, report, lambda report: _lines(report, invocation.verbose))
    hint_skipped(invocation, report.skipped)
    out, changed = report.quarantined, report.quarantined + report.fixed + report.merged
    if report.dry_run:
        hint(invocation, "nothing was changed; leave out --dry-run to do it")
    elif changed and not jsonl:
        if out:
            hint(invocation, "`vault quarantine list` shows what went, and why")
        hint(invocation, "`vault diff` shows what changed, `vault undo` takes it back")
    return 1 if (report.errors if report.dry_run else report.errors_left) else 0


def _items(report: ValidateReport) -> Iterator[Any]:
    for fixes in report.fixes:
        yield from fixes.items
    for found in report.findings:
        yield from found.items


def _lines(report: ValidateReport, verbose: bool) -> Iterator[str]:
    for each in report.fixes:
        would = "would be fixed" if report.dry_run else "fixed"
        yield f"{each.code}  {paint(would, 'green')}  {each.name}: {plural(each.count, 'place')}"
        for fix in each.items if verbose else each.items[:1]:
            yield from finding_lines(fix, verbose)
        yield ""
    yield from report_lines(report, verbose)
    yield from _totals(report)


def _totals(report: ValidateReport) -> Iterator[str]:
    would = "would be " if report.dry_run else ""
    if report.fixes:
        yield f"{plural(report.fixed, 'example')} {would}fixed in place"
    if report.merged:
        more = plural(report.merged, "more", "more")
        yield f"{more} {would}taken out, as fixed they are equal to another example"
    if report.quarantined:
        yield f"{plural(report.quarantined, 'example')} {would}put in quarantine"
        if report.errors_left:
            yield f"{plural(report.errors_left, 'error')} of the set as a whole {would}left"
    if report.staged is not None:
        yield stage_line(report.staged, would=report.dry_run)
