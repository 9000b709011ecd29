"""`vault rm`: take examples out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.conditions import condition_options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.stage_text import stage_line
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.removals.remove import RemoveReport


@options.command(example='vault rm 3f2a9c1b77d0\nvault rm --where "tokens > 4000"')
@click.argument("examples", metavar="[EXAMPLE]...", nargs=-1)
@condition_options
def command(
    invocation: Invocation,
    examples: tuple[str, ...],
    where: tuple[str, ...],
    filters: tuple[str, ...],
) -> None:
    """Take examples out of the stage. Importing them again leaves them out (see --readmit)."""
    report = invocation.repository(writing=True).rm(examples, where=where, filters=filters)
    emit(invocation, report, _text)
    if report.removed:
        hint(
            invocation,
            "`vault undo` takes this back, `vault restore EXAMPLE` brings one back, "
            "`vault removed` lists them",
        )


def _text(report: RemoveReport) -> Iterator[str]:
    if not report.removed:
        yield "no example matches; nothing was taken out"
        return
    yield f"took out {plural(report.removed, 'example')}"
    yield stage_line(report.staged)
