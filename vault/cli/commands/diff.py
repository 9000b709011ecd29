"""`vault diff`: what changed between two versions, example by example and word by word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from vault.cli.frame import options
from vault.cli.frame.conditions import condition_options, limit_option
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.lock_diff import check_locks, diff_locks
from vault.cli.frame.render import emit, emit_raw_lines, hint, warn
from vault.cli.show.diff_text import by_lines, count_lines, item_lines
from vault.cli.show.stage_text import NOT_COMPARED
from vault.errors import InvalidInput

if TYPE_CHECKING:
    from vault.operations.queries.diff import DiffReport


@options.command(example="vault diff\nvault diff v1 v2 --stat\nvault diff v1..v2 --by source")
@click.argument("old", required=False, metavar="[A")
@click.argument("new", required=False, metavar="[B]]")
@click.option("--stat", is_flag=True, help="Only count.")
@click.option("--jsonl", is_flag=True, help="Every change in full, one JSON object a line.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown"]),
    help="A report for a pull request: leaks, findings, labels and counts, then examples.",
)
@click.option("--by", metavar="FIELD", help="Count per value of a field, such as source.")
@click.option("--key", metavar="FIELD", help="The field that says which example is which.")
@condition_options
@limit_option
@click.option(
    "--from-lock", is_flag=True, help="Compare two versions of vault.lock: A and B are files."
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
def command(
    invocation: Invocation,
    old: str | None,
    new: str | None,
    stat: bool,
    jsonl: bool,
    form: str | None,
    by: str | None,
    key: str | None,
    where: tuple[str, ...],
    filters: tuple[str, ...],
    limit: int,
    from_lock: bool,
    exit_code: bool,
) -> int:
    """Show what changed, word by word: between HEAD and what is staged.

    With A, between A and what is staged; with A and B (or A..B), between the two. With --where,
    changes of which either side satisfies the expression, and only those are counted.

    --format markdown is for a pull request: it also looks for leaks and compares statistics.

    A changed example has the key, conversation or prompt of the old one, or half of its words.
    """
    narrowed: dict[str, Any] = {"key": key, "where": where, "filters": filters}
    if form is not None:
        _refuse_beside(
            "--format markdown", invocation, {"--stat": stat, "--jsonl": jsonl, "--by": by}
        )
        return int(_review(invocation, old, new, narrowed, from_lock=from_lock) and exit_code)
    if from_lock:
        is_alone = not any((stat, jsonl, by, key, where, filters))
        return int(diff_locks(invocation, old, new, is_alone=is_alone) and exit_code)
    if jsonl:
        _refuse_beside("--jsonl", invocation, {"--stat": stat, "--by": by})
        changes = invocation.repository().iterate_diff(old, new, **narrowed)
        differs = emit_raw_lines(invocation, (each.json_line() for each in changes)) > 0
        if not changes.compared_texts:
            warn(invocation, NOT_COMPARED)
        return 1 if exit_code and differs else 0
    shown = Shown(stat or (by is not None and not invocation.json), by, limit)
    return int(_show(invocation, old, new, narrowed, shown) and exit_code)


class Shown(NamedTuple):
    """What of a comparison is printed: counts only, or by a field, or so many changes."""

    counts_only: bool
    by: str | None
    limit: int


def _show(
    invocation: Invocation,
    old: str | None,
    new: str | None,
    narrowed: dict[str, Any],
    shown: Shown,
) -> bool:
    """Print the changes between two versions; tell whether there are any."""
    limit = 0 if shown.counts_only else shown.limit
    report = invocation.repository().diff(old, new, by=shown.by, limit=limit, **narrowed)
    total = report.added + report.removed + report.changed + report.relabelled

    def text(report: DiffReport) -> Iterator[str]:
        for item in report.items:
            yield from item_lines(item, invocation.verbose)
        if shown.by is not None:
            yield from by_lines(report, shown.by)
        yield from count_lines(report)

    emit(invocation, report, text)
    if not report.compared_texts:
        hint(invocation, "--key FIELD says which example is which, whatever their number")
    if not shown.counts_only and (left := total - len(report.items)) > 0:
        hint(invocation, f"{left:,} more: `--limit {total}` shows all, `--jsonl` writes them out")
    return total > 0


def _review(
    invocation: Invocation,
    old: str | None,
    new: str | None,
    narrowed: dict[str, Any],
    *,
    from_lock: bool,
) -> bool:
    from vault.cli.frame.review import print_lock_review, print_review

    if not from_lock:
        return print_review(invocation, old, new, narrowed) > 0
    check_locks(old, new, is_alone=not any(narrowed.values()))
    return print_lock_review(invocation, str(old), str(new))


def _refuse_beside(option: str, invocation: Invocation, others: dict[str, Any]) -> None:
    given = {**others, "--json": invocation.json}
    other = next((name for name, value in given.items() if value not in (None, False)), None)
    if other is not None:
        raise InvalidInput(
            f"{option} writes changes, so {other} has no place beside it",
            code="options-exclude",
            hint=f"leave out {option} or {other}",
        )
