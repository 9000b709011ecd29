"""Statistics of a version as text: counts, lengths with histograms, values with bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vault.cli.show.subsets.bars_text import bar_lines
from vault.cli.show.terminal import paint, shorten, table
from vault.objects.labels.label_name import shown_value
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural, range_text, share_text, tokens_text

if TYPE_CHECKING:
    from vault.operations.statistics.figures import Figures
    from vault.operations.statistics.report import StatsReport, VersionFigures
    from vault.statistics.lengths import Bin

_MOST_VALUES = 8
_MOST_GROUPS = 30
_MOST_BINS = 16
_WIDTH = 32
_QUANTILES = ("min", "5", "25", "50", "75", "95", "max")


def version_lines(report: StatsReport) -> Iterator[str]:
    """Yield the figures of one version."""
    yield plural(report.examples, "example")
    if report.examples:
        yield ""
        yield from _lengths(report)
        yield escape(tokens_text(report.tokenizer))
        for name in ("tokens", "turns"):
            yield from _histogram(name, report.coarse_histogram(name, _MOST_BINS))
        yield from _values(report)
        yield from _cut(report)
    if report.field is not None:
        yield from _groups(report, report.field)
    yield from _looked_for(report)


def heading(text: str) -> Iterator[str]:
    """Yield an empty line and a heading."""
    yield ""
    yield paint(text, bold=True)


def grid(rows: Sequence[Sequence[str]], right: set[int] | None = None) -> Iterator[str]:
    """Yield a table whose first row is its head; all columns but the first to the right."""
    columns = set(range(1, max(map(len, rows)))) if right is None else right
    lines = table(rows, right=columns)
    yield paint(lines[0], bold=True)
    yield from lines[1:]


def name_of(text: str) -> str:
    """Return a value from data in the width of a column."""
    return shorten(text, _WIDTH) or '""'


def fields_of(figures: Figures) -> dict[str, list[tuple[str, int]]]:
    """Return the values of each field that any example has, with their counts, by its heading."""
    counts = {
        "kinds": figures.kinds,
        "sources": figures.sources,
        "rounds": figures.rounds,
        "model runs": figures.runs,
        "models": figures.models,
        "split": figures.splits,
    }
    # Not by value: 1 and true, or true and "yes", look alike and are two.
    found = {name: list(each.items()) for name, each in counts.items() if each}
    for each in figures.labels:
        found.setdefault(f"labels.{each.name}", []).append((shown_value(each.value), each.count))
    if figures.roles:
        found["messages by role"] = list(figures.roles.items())
    if figures.tools is not None and figures.tools.names:
        found["examples by tool"] = list(figures.tools.names.items())
    return found


def _lengths(figures: Figures) -> Iterator[str]:
    heads = ["", "total", *("median" if each == "50" else _percent(each) for each in _QUANTILES)]
    rows = [heads]
    for name in ("turns", "tokens"):
        told = figures.quantiles[name]
        total = getattr(figures, name)
        rows.append([name, f"{total:,}", *(f"{told[each]:,}" for each in _QUANTILES)])
    rows.append(["characters", f"{figures.chars:,}"])
    yield from grid(rows)


def _percent(name: str) -> str:
    return f"{name} %" if name.isdigit() else name


def _histogram(name: str, shown: Sequence[Bin]) -> Iterator[str]:
    if len(shown) < 2:
        return
    total = sum(each.examples for each in shown)
    yield from heading(f"examples by {name}")
    rows = [
        (
            (
                range_text(each.least, each.most),
                f"{each.examples:,}",
                share_text(each.examples / total),
            ),
            each.examples,
        )
        for each in shown
    ]
    yield from bar_lines(rows)


def _values(figures: Figures) -> Iterator[str]:
    for name, counts in fields_of(figures).items():
        total = sum(count for _, count in counts)
        yield from heading(name_of(name))
        yield from bar_lines(
            [
                ((name_of(value), f"{count:,}", share_text(count / total)), count)
                for value, count in counts[:_MOST_VALUES]
            ],
            right=1,
        )
        if len(counts) > _MOST_VALUES:
            yield f"… and {plural(len(counts) - _MOST_VALUES, 'value')} more: `--json` has all"
    if figures.tools is not None:
        told = figures.tools
        yield ""
        yield f"tools: {plural(told.declared, 'example')} declare some, {told.called:,} call some"


def _cut(figures: VersionFigures) -> Iterator[str]:
    by = "by the estimate" if figures.tokenizer is None else "before a chat template"
    yield from heading(f"longer than a trainer's default length, {by}")
    rows = [
        [each.trainer, f"{each.length:,} tokens", f"{each.examples:,}", share_text(each.share)]
        for each in figures.cut
    ]
    yield from table(rows, right={1, 2, 3})
    yield "axolotl's sequence_len has to be set: 2,048 stands for it"


def _groups(report: StatsReport, field: str) -> Iterator[str]:
    shown = list(report.by.items())[:_MOST_GROUPS]
    yield from heading(f"by {name_of(field)}")
    over = f"over {report.cut[0].length:,}"
    rows = [["", "examples", "share", "turns", "tokens", "median", "95 %", over]]
    for value, each in shown:
        tokens = each.quantiles["tokens"]
        rows.append(
            [
                name_of(value),
                f"{each.examples:,}",
                share_text(each.examples / report.examples),
                f"{each.turns:,}",
                f"{each.tokens:,}",
                f"{tokens['50']:,}",
                f"{tokens['95']:,}",
                share_text(each.cut[0].share),
            ]
        )
    yield from grid(rows)
    if report.values > len(shown):
        had = "them" if len(report.by) == report.values else f"the first {len(report.by):,}"
        yield f"… and {plural(report.values - len(shown), 'value')} more: `--json` has {had}"


def _looked_for(report: StatsReport) -> Iterator[str]:
    yield ""
    yield from finding_lines(report)
    same = report.same_conversation
    if same:
        yield f"duplicates: {plural(same, 'example')} with a conversation that is there already"
    else:
        yield "duplicates: no conversation is there twice"
    yield "near-duplicates: not looked for: `vault dedupe --dry-run`"
    if report.roles is None:
        yield "roles and tools: not looked for: `vault stats --full` reads the records"


def finding_lines(version: VersionFigures) -> Iterator[str]:
    """Yield what the rules found in a version, where that is kept."""
    found = version.findings
    if found is None:
        yield "findings: not looked for: `vault validate`"
        return
    yield (
        f"findings: {plural(found.errors, 'error')} in "
        f"{plural(found.examples_with_errors, 'example')}, {plural(found.warnings, 'warning')}"
    )
    rows = [[f"  {each.code}", each.name, f"{each.count:,}"] for each in found.items]
    yield from table(rows[:_MOST_VALUES], right={2})
    if len(rows) > _MOST_VALUES:
        yield f"  … and {plural(len(rows) - _MOST_VALUES, 'rule')} more: `vault validate` shows all"
