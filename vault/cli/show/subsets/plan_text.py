"""Slices of a dataset as a table: examples, metric with its interval, and what to generate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.terminal import paint, shorten, table
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.scoring.plan import PlannedSlice, PlanReport

_MOST_SHOWN = 40
_WIDTH = 32


def plan_lines(report: PlanReport) -> Iterator[str]:
    """Yield the slices, weakest first, then notes on them."""
    is_measured = report.metric is not None
    is_rated = any(each.disagreement is not None for each in report.slices)
    heads = [
        "value",
        "examples",
        *(["measured", "mean", "95 % interval"] if is_measured else []),
        *(["differ"] if is_rated else []),
        *(["generate"] if report.proposed else []),
    ]
    rows = [_row(each, report, is_rated) for each in report.slices[:_MOST_SHOWN]]
    right = {at for at, head in enumerate(heads) if head not in ("value", "95 % interval")}
    lines = table([heads, *rows], right=right)
    yield paint(lines[0], bold=True)
    yield from lines[1:]
    if len(report.slices) > _MOST_SHOWN:
        yield f"{len(report.slices) - _MOST_SHOWN} slices more: `--json` has all"
    yield ""
    yield from _notes(report)


def _row(found: PlannedSlice, report: PlanReport, is_rated: bool) -> list[str]:
    row = [shorten(found.value, _WIDTH), f"{found.examples:,}"]
    if report.metric is not None:
        interval = found.interval
        row += [
            f"{found.measured:,}",
            _number(found.metric),
            "" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}",
        ]
    if is_rated:
        share = found.disagreement
        row.append("–" if share is None else f"{100 * share:.0f} %")
    if report.proposed:
        row.append(f"{found.propose:,}")
    return row


def _notes(report: PlanReport) -> Iterator[str]:
    side = "" if report.side is None else f" on the side {escape(report.side)}"
    examples = plural(sum(each.examples for each in report.slices), "example")
    yield f"{plural(len(report.slices), 'slice')} by {escape(report.field)}, {examples}{side}"
    if report.metric is not None:
        interval = report.interval
        spread = "" if interval is None else f" ({interval[0]:.2f} to {interval[1]:.2f})"
        measured = plural(report.measured, "example")
        yield f"{report.metric}: {_number(report.mean)}{spread} on {measured}"
        if report.reliability is not None and report.proposed:
            share = f"{100 * report.reliability:.0f} %"
            yield f"{share} of the differences between slices are more than chance: so much of the"
            yield "plan goes by them, the rest to the smallest slices"
        blind = sum(not each.measured for each in report.slices)
        if blind:
            has = "has" if blind == 1 else "have"
            yield f"{plural(blind, 'slice')} {has} no {report.metric}, and count as average ones"
    if report.seen:
        seen = plural(report.seen, "measured example")
        told = f"{seen} {'is' if report.seen == 1 else 'are'}{side}: trained on, they look too good"
        yield paint(told, "yellow")
    if report.unassigned:
        yield f"{plural(report.unassigned, 'example')} of them on no side yet"
    if report.without:
        yield f"{plural(report.without, 'example')} without {escape(report.field)} left out"
    if report.proposed:
        where = "" if report.output is None else f": {escape(report.output)}"
        yield f"{plural(report.proposed, 'example')} to generate{where}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
