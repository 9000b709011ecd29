"""`vault undo`: take back the last operation."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.undo_text import undo_lines


@options.command(example="vault undo\nvault undo 17")
@click.argument("operation", required=False)
def command(invocation: Invocation, operation: str | None) -> None:
    """Take back the last operation, whatever it was; again, the one before.

    Branches, tags, HEAD and stages are as they were before it; files that were written stay. Name
    the OPERATION to be sure that it is still the last, or if it is another author's.
    """
    report = invocation.repository(writing=True).undo(operation)
    emit(invocation, report, lambda report: undo_lines(report, "took back", invocation.verbose))
    hint(invocation, "`vault redo` does it again, `vault operations` lists what was done")
