"""A split as text: a table of its sides, large groups, and what got no side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint, short_id, table
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.splitting.report import Connecting, LargeGroup, SplitReport

_SHOWN_GROUPS = 3


def report_lines(report: SplitReport, verbose: bool) -> Iterator[str]:
    """Yield the sides with their counts and shares, and what is to be known of groups."""
    yield from table(_rows(report), right=(1, 2, 3, 4))
    if report.changed:
        kept = "would stay" if report.dry_run else "stays"
        yield f"the rule differs from the one before: what had a side {kept} there"
    if report.groups:
        groups = plural(report.groups, "group")
        same = "the same prompt or nearly the same text"
        if report.rule.group_by is not None:
            same = f"the same prompt or {escape(report.rule.group_by)}, or nearly the same text"
        yield f"{groups} of examples with {same}"
    if report.divided:
        verb = "was" if report.divided == 1 else "were"
        yield f"{plural(report.divided, 'group')} {verb} on several sides before, and nothing moves"
    for group in report.large_groups[:_SHOWN_GROUPS]:
        yield _large(group, report, verbose)
    if report.may_leave is not None:
        first = next(iter(report.rule.sides))
        others = report.examples - report.may_leave
        may = plural(report.may_leave, "example")
        yield f"{may} may be held out; the other {others:,} belong on {first}"
    yield from _without_side(report, verbose)
    if report.not_compared:
        verb = "was" if report.not_compared == 1 else "were"
        examples = plural(report.not_compared, "example")
        yield f"{examples} {verb} not compared: raw, or without text"
    if report.staged is not None:
        if report.changed and not any(report.new.values()):
            yield f"{'would be staged' if report.dry_run else 'staged'}: the rule of the split"
        else:
            yield stage_line(report.staged, would=report.dry_run)


def next_steps(report: SplitReport) -> Iterator[str]:
    """Yield what can be typed next."""
    if report.connecting:
        yield (
            f"`vault rm {short_id(report.connecting[0].id, False)}` takes one out that has no side,"
            " `vault export` writes them to unassigned.jsonl"
        )
    if report.dry_run:
        yield "nothing was changed; the same without --dry-run does it"
    elif report.changed and not any(report.new.values()):
        yield '`vault commit -m "..."` records the rule, `vault undo` takes it back'
    elif any(report.new.values()):
        yield (
            '`vault commit -m "..."` records it, `vault undo` takes it back, '
            "`vault split --check` looks for leaks"
        )
        yield "`vault export -o data` then writes a file for each side into data"


def _rows(report: SplitReport) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("side", "examples", "share", "wanted", "new")]
    for name, count in report.splits.items():
        wanted = report.rule.sides.get(name)
        rows.append(
            (
                escape(name),
                f"{count:,}",
                _share(count / max(report.examples, 1)),
                "" if wanted is None else _share(wanted),
                f"{report.new.get(name, 0):,}",
            )
        )
    if report.unassigned:
        share = _share(report.unassigned / report.examples)
        rows.append(("no side", f"{report.unassigned:,}", share, "", ""))
    return rows


def _share(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def _large(group: LargeGroup, report: SplitReport, verbose: bool) -> str:
    share = _share(group.examples / report.examples)
    return (
        f"a group of {group.examples:,} ({share}) is on {_listed(group.sides)}: "
        f"{paint(short_id(group.id, verbose), 'yellow')} and others"
    )


def _listed(sides: Mapping[str, int]) -> str:
    if len(sides) == 1:
        return escape(next(iter(sides)))
    return ", ".join(f"{escape(name)} ({count:,})" for name, count in sides.items())


def _without_side(report: SplitReport, verbose: bool) -> Iterator[str]:
    if not report.unassigned:
        return
    verb = "would have" if report.dry_run else "has" if report.unassigned == 1 else "have"
    yield f"{plural(report.unassigned, 'example')} {verb} no side:"
    for each in report.connecting:
        yield f"  {_connecting(each, verbose)}"
    left = report.unassigned - len(report.connecting)
    if left:
        yield f"  … and {left:,} more"


def _connecting(each: Connecting, verbose: bool) -> str:
    ends = (f"{short_id(id_, verbose)} ({escape(name)})" for name, id_ in each.sides.items())
    why = "" if len(each.sides) > 1 else ", and may not be held out"
    return f"{paint(short_id(each.id, verbose), 'yellow')} belongs with {' and '.join(ends)}{why}"
