"""Evaluation results as text: what was matched, what was not, and where the summary stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.stage_text import stage_line
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.scoring.score import ScoreReport


def score_lines(report: ScoreReport) -> Iterator[str]:
    """Yield what came of a file of results."""
    mean = "" if report.mean is None else f", mean {report.mean:.4g}"
    metric = escape(report.metric)
    yield f"{plural(report.matched, 'result')} of {report.tool} matched: {metric}{mean}"
    if report.unmatched:
        some = f", {report.unscored:,} of them without a value" if report.unscored else ""
        yield f"{plural(report.unmatched, 'result')} not matched{some}: {_first(report)}"
    if report.repeated:
        several = plural(report.repeated, "example")
        yield f"{several} had several results, and {_has(report.repeated)} their mean"
    if report.shared:
        yield f"{plural(report.shared, 'result')} went to several examples each"
    would = report.dry_run
    same = report.examples - report.labelled
    already = f" ({same:,} had it already)" if same else ""
    verb = "would label" if would else "labelled"
    yield f"{verb} {plural(report.labelled, 'example')}: {report.label}{already}"
    if report.kept:
        kept = plural(report.kept, "other example")
        yield f"{kept} {_has(report.kept)} {report.label} from before"
    yield _summary(report)
    yield stage_line(report.staged, would=would)


def _first(report: ScoreReport) -> str:
    return escape(report.first_unmatched or "")


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _summary(report: ScoreReport) -> str:
    if report.commit is None:
        return "no summary was noted: there is no commit yet"
    why = (
        f"which {escape(report.lines_of)} is from"
        if report.lines_of
        else "which is HEAD: --lines-of names another"
    )
    verb = "would be" if report.dry_run else "is"
    return f"the summary {verb} in the notes of {report.commit[:12]}, {why}"
