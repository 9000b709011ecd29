"""Runs of judging as text: labels with their means, how sure they are, costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from vault.cli.show.model_runs.generate_text import (
    costs_text,
    interval_text,
    messages_lines,
    reason_rows,
    spent_line,
    why_stopped,
)
from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint, table
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.judging.estimate import JudgeEstimate
    from vault.operations.judging.report import JudgeReport, LabelSummary

_SKIPPED = {
    "judged-before": "judged before by this rubric",
    "not-staged": "not staged",
    "not-sampled": "left out by --sample",
    "no-conversation": "without a conversation",
    "no-answer": "without an answer",
    "media": "with pictures or sound, which a judge is not shown",
    "not-a-pair": "without another answer to compare with",
}
_NO_VERDICT = "50 answers in a row gave no verdict"
_LEAST_CONSISTENCY = 0.9
_MOST_UNQUOTED = 0.1


def judge_lines(report: JudgeReport) -> Iterator[str]:
    """Yield what judging came to: counts, labels, how sure the verdicts are, and the cost."""
    if report.run is None:
        yield f"nothing to judge by {escape(report.rubric)}"
        yield from _skipped(report.skipped_for)
        return
    yield (
        f"run {report.run}: {plural(report.requests, 'request')}, "
        f"{plural(report.answers, 'answer')}, {report.judged:,} of "
        f"{plural(report.wanted, 'example')} judged"
    )
    yield from _skipped(report.skipped_for)
    for title, counts in (("rejected", report.rejected), ("failed", report.failed)):
        if counts:
            yield f"{title}:"
            yield from table(reason_rows(counts, report.reasons))
    if report.possibly_billed:
        count = plural(len(report.possibly_billed), "request")
        yield f"possibly billed: {count} of which no answer came; never sent again"
    yield from table(
        [
            (f"  {name}", plural(each.examples, "example"), _mean(each))
            for name, each in report.labels.items()
        ]
    )
    yield from _doubts(report)
    yield spent_line(report.tokens, report.estimated, report.cost, report.judged)
    if report.batch:
        told = f"{plural(report.waiting, 'request')} without an answer"
        yield f"batch {escape(report.batch)} is at the endpoint: {told}"
    elif report.reasons.get("batch"):
        yield f"batch refused: {escape(report.reasons['batch'])}"
    if report.stopped not in ("done", "submitted"):
        yield paint(f"stopped: {_why_stopped(report.stopped)}", "yellow")
    if report.stage is not None:
        on = f"on branch {escape(report.branch)}, " if report.branch else ""
        yield f"{on}{stage_line(report.stage)}"


def _why_stopped(stopped: str) -> str:
    return _NO_VERDICT if stopped == "rejected" else why_stopped(stopped)


def _skipped(reasons: Mapping[str, int]) -> Iterator[str]:
    told = [f"{count:,} {_SKIPPED.get(each, each)}" for each, count in reasons.items()]
    if told:
        yield f"skipped: {', '.join(told)}"


def _mean(label: LabelSummary) -> str:
    if label.mean is None:
        return ", ".join(f"{count:,} {each}" for each, count in sorted(label.values.items()))
    return f"mean {label.mean:.2f}"


def _doubts(report: JudgeReport) -> Iterator[str]:
    """Yield what says how far the verdicts can be trusted."""
    if report.consistency is not None:
        verdicts = plural(report.repeated, "verdict")
        told = f"asked twice: {report.consistency:.0%} of {verdicts} alike"
        is_low = report.consistency < _LEAST_CONSISTENCY
        yield paint(told, "yellow") if is_low else told
    if report.pairs:
        yield (
            f"{report.flips:,} of {plural(report.pairs, 'pair')} flip with the order of the "
            "answers, and count as ties"
        )
    if report.quoted and report.unquoted > _MOST_UNQUOTED * report.quoted:
        told = f"{report.unquoted:,} of {report.quoted:,} quotations do not stand in the example"
        yield paint(told, "yellow")
    yield from _family_warning(report.same_family)


def _family_warning(count: int) -> Iterator[str]:
    if count:
        told = (
            f"{plural(count, 'example')} came from a model of a judge's own family: judges favour "
            "these"
        )
        yield paint(told, "yellow")


def judge_estimate_lines(report: JudgeEstimate) -> Iterator[str]:
    """Yield what would be asked, with the first request as it would go out."""
    judges = ", ".join(map(escape, report.judges))
    yield f"{judges} at {', '.join(map(escape, report.endpoints))}"
    yield f"{plural(report.examples, 'example')} to judge"
    yield from _skipped(report.skipped_for)
    if report.older:
        yield f"{plural(report.older, 'example')} judged by an older rubric of this name"
    yield from _family_warning(report.same_family)
    if report.examples:
        requests, tokens = interval_text(report.requests), interval_text(report.tokens)
        yield f"requests: {requests}; tokens: {tokens}"
        yield f"cost: {costs_text(report.cost, report.currency, judges)}"
        yield ""
        yield from messages_lines(report.messages)
    yield ""
    yield "dry run: nothing was sent"


def judge_question(report: JudgeEstimate) -> str:
    """Return what a person is asked to agree to."""
    judges = ", ".join(map(escape, report.judges))
    return (
        f"judging {plural(report.examples, 'example')} by {judges} takes "
        f"{interval_text(report.requests)} requests; cost: "
        f"{costs_text(report.cost, report.currency, judges)}"
    )
