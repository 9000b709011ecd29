"""Statistics of two versions beside each other, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vault.cli.show.subsets.stats_text import (
    finding_lines,
    grid,
    heading,
    name_of,
)
from vault.cli.show.terminal import short_id
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural, share_text, tokens_text

if TYPE_CHECKING:
    from vault.operations.statistics.report import StatsReport, VersionFigures

_MOST_MOVED = 12
_MOST_GROUPS = 30
_SUMS = (("examples", "examples"), ("turns", "turns"), ("characters", "chars"))


def pair_lines(report: StatsReport, before: VersionFigures) -> Iterator[str]:
    """Yield the figures of two versions, what moved between them, and figures by a field."""
    heads = [_version(before), _version(report)]
    yield from _counts(report, before, heads)
    yield escape(tokens_text(report.tokenizer))
    yield from _moved(report)
    if report.field is not None:
        yield from _groups(report, before, report.field, heads)
    yield ""
    for head, version in zip(heads, (before, report), strict=True):
        yield from (f"{head}  {line}" for line in finding_lines(version))


def _version(version: VersionFigures) -> str:
    is_id = version.commit is not None and version.commit.startswith(version.revision)
    return name_of(short_id(version.revision) if is_id else version.revision)


def _counts(report: StatsReport, before: VersionFigures, heads: Sequence[str]) -> Iterator[str]:
    rows = [["", *heads, "change"]]
    for name, field in (*_SUMS, ("tokens", "tokens")):
        rows.append([name, *_change(getattr(before, field), getattr(report, field))])
    for field, quantile, name in (
        ("turns", "50", "median turns"),
        ("tokens", "50", "median tokens"),
        ("tokens", "95", "95 % of tokens"),
        ("tokens", "max", "most tokens"),
    ):
        old, new = (each.quantiles[field].get(quantile) for each in (before, report))
        if old is not None and new is not None:
            rows.append([name, *_change(old, new)])
    for old_cut, new_cut in zip(before.cut, report.cut, strict=True):
        name = f"over {old_cut.trainer}'s {old_cut.length:,}"
        rows.append([name, *_change(old_cut.examples, new_cut.examples)])
    rows.append(["same conversation", *_change(before.same_conversation, report.same_conversation)])
    yield from grid(rows)


def _change(old: int, new: int) -> list[str]:
    return [f"{old:,}", f"{new:,}", f"{new - old:+,}" if new != old else "="]


def _moved(report: StatsReport) -> Iterator[str]:
    moved = [each for each in report.moved if each.distance > 0]
    yield from heading("what moved, by Jensen-Shannon distance (0 alike, 1 disjoint)")
    if not moved:
        yield "nothing: every field is distributed alike"
        return
    rows = [["field", "distance", "most at", "share", ""]]
    rows += [
        [
            name_of(each.field),
            f"{each.distance:.3f}",
            name_of(each.value),
            share_text(each.old_share),
            f"to {share_text(each.new_share)}",
        ]
        for each in moved[:_MOST_MOVED]
    ]
    yield from grid(rows, {1, 3})
    if len(moved) > _MOST_MOVED:
        yield f"… and {plural(len(moved) - _MOST_MOVED, 'field')} more: `--json` has all"
    if len(moved) < len(report.moved):
        yield f"{plural(len(report.moved) - len(moved), 'field')} did not move"


def _groups(
    report: StatsReport, before: VersionFigures, field: str, heads: Sequence[str]
) -> Iterator[str]:
    yield from heading(f"by {name_of(field)}")
    names = dict.fromkeys([*report.by, *before.by])
    rows = [["examples", *heads, "change", "tokens", *heads]]
    for value in list(names)[:_MOST_GROUPS]:
        sides = [each.by.get(value) for each in (before, report)]
        examples = [0 if each is None else each.examples for each in sides]
        tokens = [0 if each is None else each.tokens for each in sides]
        rows.append([name_of(value), *_change(*examples), "", f"{tokens[0]:,}", f"{tokens[1]:,}"])
    yield from grid(rows)
    if len(names) > _MOST_GROUPS:
        yield f"… and {plural(len(names) - _MOST_GROUPS, 'value')} more: `--json` has them"
