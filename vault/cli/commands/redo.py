"""`vault redo`: do again what was undone."""

from __future__ import annotations

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.undo_text import undo_lines


@options.command(example="vault redo")
def command(invocation: Invocation) -> None:
    """Do again what `vault undo` took back last, unless something else was done since."""
    report = invocation.repository(writing=True).redo()
    emit(invocation, report, lambda report: undo_lines(report, "did again", invocation.verbose))
    hint(invocation, "`vault undo` takes it back again")
