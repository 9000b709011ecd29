"""Clusters of duplicates as text: the keeper, and of each of the others the words that differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.diff_text import difference_lines
from vault.cli.show.duplicate_text import share_text
from vault.cli.show.examples_text import head_lines
from vault.cli.show.record_text import excerpt_lines
from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint, short_id
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.duplicates.report import (
        DedupeReport,
        Duplicate,
        ShownCluster,
        ShownConflict,
    )

_SHOWN_CONFLICTS = 3


def report_lines(report: DedupeReport, verbose: bool) -> Iterator[str]:
    """Yield the largest clusters, conflicts, and the counts."""
    for cluster in report.items:
        yield from _cluster(cluster, report, verbose)
        yield ""
    left = report.clusters - len(report.items)
    if left:
        more = plural(left, "smaller cluster")
        if report.against is not None:
            more = f"{left:,} more of {escape(report.against)}"
        yield f"… and {more}"
        yield ""
    shown = report.conflict_items[:_SHOWN_CONFLICTS]
    for conflict in shown:
        yield from _conflict(conflict, verbose)
        yield ""
    yield from _counts(report)


def next_step(report: DedupeReport) -> str | None:
    """Return what can be typed next, or None."""
    if report.dry_run and (report.removed or report.marked):
        yes = " --yes" if report.too_much else ""
        does = "takes them out" if report.removed else "marks them"
        return f"the same without --dry-run{yes} {does}"
    if report.marked:
        return '`vault query --where "labels.cluster IS NOT NULL"` shows them, `vault undo` unmarks'
    if report.removed:
        return (
            "`vault undo` takes this back, `vault restore EXAMPLE` brings one back for good, "
            "`vault removed` lists them"
        )
    if report.not_compared:
        return "`vault import --replace FILE --map user=FIELD` says what raw records hold"
    told = report.reference
    if told is not None and told.by_part and told.part == "conversation":
        return "--on prompt compares prompts alone, --containment 13 runs of so many words"
    return None


def _cluster(cluster: ShownCluster, report: DedupeReport, verbose: bool) -> Iterator[str]:
    (head,) = head_lines(cluster.keeper, verbose)
    if report.against is None:
        yield paint(f"cluster of {cluster.examples:,}", bold=True)
        yield f"  {paint('keeps', 'green')}  {head}"
    else:
        yield f"  {paint('there', 'green')}  {head}"
    yield from excerpt_lines(_read(cluster.keeper.data))
    verb = "like" if report.marked else "drops"
    for each in cluster.items:
        yield from _duplicate(cluster, each, verb, verbose)
    left = cluster.examples - 1 - len(cluster.items)
    if left:
        yield f"  … and {left:,} more"


def _duplicate(
    cluster: ShownCluster, duplicate: Duplicate, verb: str, verbose: bool
) -> Iterator[str]:
    example = duplicate.example
    name = paint(short_id(example.id, verbose), "yellow")
    is_exact = duplicate.reason == "exact-duplicate"
    how = "equal" if is_exact else _likeness(duplicate.similarity)
    if duplicate.reason == "contained":
        how = f"{share_text(duplicate.similarity)} of its runs"
    yield f"  {paint(verb, 'red')}  {name}  {escape(example.source)}:{example.line}  {how}"
    if not is_exact:
        yield from difference_lines(_read(cluster.keeper.data), _read(example.data))


def _conflict(conflict: ShownConflict, verbose: bool) -> Iterator[str]:
    first, second = conflict.items
    alike = "the same prompt" if conflict.similarity is None else _likeness(conflict.similarity)
    yield paint(f"conflict: {alike}, other answer; both stay", "magenta")
    for each in (first, second):
        (head,) = head_lines(each, verbose)
        yield f"  {head}"
    yield from excerpt_lines(_read(first.data))
    yield from difference_lines(_read(first.data), _read(second.data))


def _counts(report: DedupeReport) -> Iterator[str]:
    if report.conflicts:
        pairs = plural(report.conflicts, "pair")
        yield f"{pairs} alike but for short answers that differ (--jsonl has all): they stay"
    if report.against is not None:
        yield from _counts_against(report)
        return
    if not report.clusters:
        yield f"no duplicates among {plural(report.examples - report.not_compared, 'example')}"
        yield from _not_compared(report)
        return
    least = share_text(report.threshold)
    found = f"{report.exact:,} exact and {report.near:,} near (at least {least})"
    clusters = plural(report.clusters, "cluster")
    if report.marked:
        verb = "would mark" if report.dry_run else "marked"
        yield f"{verb} {plural(report.marked, 'example')} in {clusters}: {found}"
    else:
        verb = "would take out" if report.dry_run else "took out"
        duplicates = plural(report.removed, "duplicate")
        yield f"{verb} {duplicates} of {plural(report.examples, 'example')}, in {clusters}"
        yield f"{found}; {plural(report.kept, 'example')} left"
    yield from _not_compared(report)
    if report.staged is not None:
        yield stage_line(report.staged, would=report.dry_run)


def _not_compared(report: DedupeReport) -> Iterator[str]:
    if report.not_compared:
        verb = "was" if report.not_compared == 1 else "were"
        examples = plural(report.not_compared, "example")
        yield f"{examples} {verb} not compared: raw, or without text"


def _counts_against(report: DedupeReport) -> Iterator[str]:
    name = escape(report.against or "")
    if not report.removed:
        yield f"none of {plural(report.examples - report.not_compared, 'example')} is in {name}"
        yield from _compared_with(report)
        return
    verb = "would take out" if report.dry_run else "took out"
    yield f"{verb} {report.removed:,} of {plural(report.examples, 'example')}, found in {name}"
    found = f"{report.exact:,} equal and {report.near:,} alike"
    yield f"{found}; {plural(report.kept, 'example')} left"
    yield from _compared_with(report)
    if report.staged is not None:
        yield stage_line(report.staged, would=report.dry_run)


def _compared_with(report: DedupeReport) -> Iterator[str]:
    """Say what was compared with what, and what was not."""
    told = report.reference
    if told is None:
        return
    ways = (
        (told.both, "by conversation and by prompt alone"),
        (told.by_part, f"by {told.part}"),
        (told.prompts, "by prompt alone"),
        (told.answers, "by answer alone"),
        (told.texts, "as text, with each message"),
    )
    said = [f"{count:,} {how}" for count, how in ways if count]
    if said:
        yield f"compared {', '.join(said)}"
    yield from _not_compared(report)
    if report.reference_not_compared:
        records = plural(report.reference_not_compared, "record")
        verb = "was" if report.reference_not_compared == 1 else "were"
        name = escape(report.against or "")
        yield f"{records} of {name} {verb} not compared: no text by a known name"


def _likeness(similarity: float) -> str:
    return "the same words" if similarity == 1 else f"{share_text(similarity)} alike"


def _read(data: bytes) -> object:
    from vault.objects.json.record import read_record

    return read_record(data)
