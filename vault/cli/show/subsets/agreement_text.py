"""How far labels agree, as text: raters, coefficients, tables, and what they are enough for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.terminal import paint, shorten, table
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.objects.labels.label_set import LabelValue
    from vault.operations.labelling.agreement import AgreementReport, Figures, Interval, Table
    from vault.operations.labelling.judge_rate import CorrectedRate

_MOST_SHOWN = 12
"""Values of a table, and pairs of raters, that are shown."""

_WIDTH = 30

_ENOUGH_FOR = {
    "drop": "enough to filter by, and to drop examples unseen",
    "filter": "enough to filter by (0.6), not to drop examples unseen (0.8)",
    "nothing": "not enough to filter by: that needs 0.6",
}


def report_lines(report: AgreementReport) -> Iterator[str]:
    """Yield what a report says, the conclusions last."""
    yield from _raters(report)
    yield ""
    yield from _coefficients(report)
    if report.table is not None and report.examples and len(report.table.values) <= _MOST_SHOWN:
        yield ""
        yield from _table(report.table)
    if len(report.raters) > 2 and report.pairs:
        yield ""
        yield from _pairs(report)
    if report.by is not None:
        yield ""
        yield from _by(report)
    if report.corrected is not None:
        yield ""
        yield from _corrected(report.corrected)
    yield ""
    yield from _conclusions(report)


def _raters(report: AgreementReport) -> Iterator[str]:
    rows = [[_name(each.name), f"{each.examples:,}"] for each in report.raters]
    yield from _grid(["rater", "examples"], rows)
    yield f"{plural(report.examples, 'example')} with two ratings or more"


def _coefficients(report: AgreementReport) -> Iterator[str]:
    weighted = f"{report.scale}, {report.weights} weights" if report.weights else report.scale
    gwet = "Gwet's AC2" if report.weights else "Gwet's AC1"
    light = ", mean of all pairs" if report.kappa_of == "Light" else ""
    lines = (
        ("equal ratings", report.agreement, report.agreement_interval, "share of pairs of ratings"),
        (f"{report.kappa_of}'s kappa", report.kappa, report.kappa_interval, f"{weighted}{light}"),
        ("Krippendorff's alpha", report.alpha, report.alpha_interval, report.scale),
        (gwet, report.ac2, report.ac2_interval, weighted),
    )
    rows = [
        [name, _number(value), _interval(interval), note] for name, value, interval, note in lines
    ]
    yield from _grid(["agreement", "", "95 % interval", ""], rows, right={1})


def _table(shown: Table) -> Iterator[str]:
    if shown.rows is None or shown.columns is None:
        yield "pairs of ratings of one example"
    else:
        yield f"rows {_name(shown.rows)}, columns {_name(shown.columns)}"
    heads = [_value(each) for each in shown.values]
    rows = [
        [head, *(f"{each:,}" for each in counts)]
        for head, counts in zip(heads, shown.counts, strict=True)
    ]
    yield from _grid(["", *heads], rows)


def _pairs(report: AgreementReport) -> Iterator[str]:
    rows = [
        [
            _name(each.raters[0]),
            _name(each.raters[1]),
            f"{each.examples:,}",
            _number(each.agreement),
            _number(each.kappa),
            _interval(each.kappa_interval),
        ]
        for each in report.pairs[:_MOST_SHOWN]
    ]
    heads = ["rater", "rater", "examples", "equal", "kappa", "95 % interval"]
    yield from _grid(heads, rows, right={2, 3, 4})
    if len(report.pairs) > _MOST_SHOWN:
        yield f"{len(report.pairs) - _MOST_SHOWN} pairs more: `--json` has all"


def _by(report: AgreementReport) -> Iterator[str]:
    rows = [_group(value, each) for value, each in (report.by or {}).items()]
    heads = ["value", "examples", "equal", "kappa", "95 % interval", "alpha", "AC"]
    yield from _grid(heads, rows, right={1, 2, 3, 5, 6})


def _group(value: str, figures: Figures) -> list[str]:
    return [
        _name(value),
        f"{figures.examples:,}",
        _number(figures.agreement),
        _number(figures.kappa),
        _interval(figures.kappa_interval),
        _number(figures.alpha),
        _number(figures.ac2),
    ]


def _corrected(rate: CorrectedRate) -> Iterator[str]:
    judge, truth = _name(rate.judge), _name(rate.truth)
    yield f"of yes in {truth}, {judge} says yes to {_share(rate.sensitivity)} (sensitivity)"
    yield f"of no in {truth}, {judge} says no to {_share(rate.specificity)} (specificity)"
    yield f"{plural(rate.judged, 'example')} judged: {_share(rate.judged_rate)} yes"
    if rate.rate is None:
        why = "is no better than chance"
        if rate.sensitivity is None or rate.specificity is None:
            why = f"was not compared with both yes and no of {truth}"
        yield f"no corrected rate: {judge} {why}"
    else:
        known = rate.interval
        spread = f", 95 % interval {_share(known[0])} to {_share(known[1])}" if known else ""
        yield f"corrected for its errors: {_share(rate.rate)} yes{spread}"
        yield f"that holds if the {plural(rate.examples, 'example')} with both are like the others"


def _conclusions(report: AgreementReport) -> Iterator[str]:
    yield from report.notes
    if report.calibrated is False:
        yield paint(
            f"not calibrated: {plural(report.examples, 'example')} with both labels, at least 100 "
            "are needed",
            "yellow",
        )
    if report.kappa is None:
        return
    if report.enough_for is None:
        count = plural(report.examples, "example")
        yield f"kappa of {count} decides nothing: compare 100 or more before you filter by it"
    else:
        said = f"kappa {report.kappa:.3f}: {_ENOUGH_FOR[report.enough_for]}"
        low = report.kappa_interval[0] if report.kappa_interval else None
        least = {"drop": 0.8, "filter": 0.6}.get(report.enough_for)
        if low is not None and least is not None and low < least:
            said += f"; the interval reaches below {least}"
        yield said


def _grid(heads: list[str], rows: list[list[str]], right: set[int] | None = None) -> Iterator[str]:
    numbers = set(range(1, len(heads))) if right is None else right
    lines = table([heads, *rows], right=numbers)
    yield paint(lines[0], bold=True)
    yield from lines[1:]


def _name(text: str) -> str:
    return shorten(text, _WIDTH)


def _value(value: LabelValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return shorten(str(value), _WIDTH // 2)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _interval(interval: Interval) -> str:
    return "" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
