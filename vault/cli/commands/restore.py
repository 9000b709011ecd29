"""`vault restore`: bring examples back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.stage_text import stage_line
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.removals.restore import RestoreReport


@options.command(example="vault restore 3f2a9c1b77d0\nvault restore 3f2a9c1b77d0 --from v1")
@click.argument("examples", metavar="EXAMPLE...", nargs=-1)
@click.option("--from", "revision", metavar="REV", help="The version to take them from.")
def command(invocation: Invocation, examples: tuple[str, ...], revision: str | None) -> None:
    """Bring examples back into the stage, where they stood, with the labels that they had.

    They come from REV; else from HEAD, the newest commit that has them, or from where they were
    kept when they were taken out. What an example was edited into gives way to it.
    """
    report = invocation.repository(writing=True).restore(examples, revision=revision)
    emit(invocation, report, restored_lines)
    if report.restored or report.relabelled:
        hint(invocation, "`vault undo` takes this back")


def restored_lines(report: RestoreReport) -> Iterator[str]:
    """Yield what came back, and how the stage stands."""
    came = plural(report.restored, "example")
    place = f", {report.exchanged:,} in the place of its edit" if report.exchanged else ""
    yield f"brought back {came}{place}"
    if report.relabelled:
        yield f"gave {plural(report.relabelled, 'example')} the labels of then"
    if report.unchanged:
        yield f"{plural(report.unchanged, 'example')} had not gone"
    if report.judged:
        yield f"{plural(report.judged, 'example')} from now on no duplicate of what stayed instead"
    yield stage_line(report.staged)
