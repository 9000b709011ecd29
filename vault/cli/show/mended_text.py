"""The report of `validate --fix` and `--quarantine` as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.finding_text import finding_lines, report_lines
from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.validation.validate import ValidateReport


def mended_lines(report: ValidateReport, verbose: bool) -> Iterator[str]:
    """Yield what was fixed and found by rule, then how many were fixed, merged and taken out."""
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
