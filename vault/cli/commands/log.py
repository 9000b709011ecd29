"""`vault log`: history, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.commit_text import commit_lines, commit_title
from vault.cli.show.count_text import count_changes
from vault.cli.show.validation_text import validation_lines

if TYPE_CHECKING:
    from vault.operations.history.log import LoggedCommit, LogReport
    from vault.presentation.commit_graph import Lanes


@options.command(example="vault log\nvault log v1 --oneline -n 5")
@click.argument("revision", required=False, metavar="[REV]")
@click.option("--oneline", is_flag=True, help="One line a commit.")
@click.option("--graph", is_flag=True, help="Draw which commit follows which.")
@click.option("--stat", is_flag=True, help="Count what each commit changed, and its faults.")
@click.option("-n", "limit", metavar="N", type=click.IntRange(min=0), help="At most N commits.")
def command(
    invocation: Invocation,
    revision: str | None,
    oneline: bool,
    graph: bool,
    stat: bool,
    limit: int | None,
) -> None:
    """Show history, newest first: of HEAD, or of REV."""
    report = invocation.repository().log(revision, limit=limit, stat=stat)

    def text(report: LogReport) -> Iterator[str]:
        lanes = _lanes() if graph else None
        for position, each in enumerate(report.commits):
            lines = _lines(report, each, oneline, stat, invocation.verbose)
            if not oneline and position < len(report.commits) - 1:
                lines.append("")
            yield from lanes.beside(each.commit, each.parents, lines) if lanes else lines

    emit(invocation, report, text)
    if report.head is None:
        hint(invocation, 'there is no commit yet: `vault commit -m "round 1"` makes the first')


def _lanes() -> Lanes:
    from vault.presentation.commit_graph import Lanes

    return Lanes()


def _lines(
    report: LogReport, each: LoggedCommit, oneline: bool, stat: bool, verbose: bool
) -> list[str]:
    is_head = each.commit == report.head
    if oneline:
        lines = [commit_title(each, is_head=is_head, verbose=verbose)]
    else:
        lines = commit_lines(each, is_head=is_head, verbose=verbose)
    if stat:
        indent = "    " if oneline else ""
        lines.append(f"{indent}{count_changes(each.counts) or 'no changes'}")
        lines += [indent + line for line in validation_lines(each.validation, each.moved)]
    return lines
