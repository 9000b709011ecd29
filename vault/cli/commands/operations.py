"""`vault operations`: what was done, and what of it was undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.terminal import paint, shorten, table, terminal_width

if TYPE_CHECKING:
    from vault.operations.history.undo import OperationsReport

_OTHER_COLUMNS = 46


@options.command(example="vault operations\nvault operations -n 5")
@click.option("-n", "limit", metavar="N", type=click.IntRange(min=1), help="Show the last N.")
def command(invocation: Invocation, limit: int | None) -> None:
    """List everything that changed the repository, newest first."""
    report = invocation.repository().operations(limit=limit)
    emit(invocation, report, _text)
    hint(invocation, "`vault undo` takes back the last one that is not undone")


def _text(report: OperationsReport) -> Iterator[str]:
    room = max(20, terminal_width() - _OTHER_COLUMNS)
    rows = []
    for each in report.items:
        command = shorten(each.command, room - (9 if each.undone else 0))
        shown = paint(command, dim=True) + " (undone)" if each.undone else command
        rows.append((paint(each.id, "yellow"), each.time, shorten(each.author, 12), shown))
    yield from table(rows, right=[0])
