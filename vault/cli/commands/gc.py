"""`vault gc`: remove what nothing needs any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.presentation.quantities import plural, size_text

if TYPE_CHECKING:
    from vault.operations.upkeep.collect_garbage import GarbageReport


@options.command(example="vault gc --dry-run\nvault gc --older-than 7")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option(
    "--older-than",
    "days",
    metavar="DAYS",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    help="Give up undoing what is older.",
)
def command(invocation: Invocation, dry_run: bool, days: int) -> None:
    """Remove what neither a branch, a tag, a stage nor an undo needs any more.

    Whatever is younger than a day stays.
    """
    report = invocation.repository(writing=True).gc(undo_days=days, dry_run=dry_run)
    emit(invocation, report, _text)
    if dry_run and (report.removed or report.operations):
        hint(invocation, "nothing was removed; `vault gc` does it, and cannot be undone")


def _text(report: GarbageReport) -> Iterator[str]:
    would = "would remove" if report.dry_run else "removed"
    yield f"{would} {plural(report.removed, 'object')}, {size_text(report.freed_bytes)}"
    if report.operations:
        given_up = plural(report.operations, "operation")
        yield f"{given_up} {'could' if report.dry_run else 'can'} no longer be undone"
