"""`vault discard`: empty the stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.count_text import count_changes

if TYPE_CHECKING:
    from vault.operations.history.discard import DiscardReport


@options.command(example="vault discard")
def command(invocation: Invocation) -> None:
    """Drop everything that is staged: the stage is again what the last commit holds."""
    report = invocation.repository(writing=True).discard()
    emit(invocation, report, _text)
    if report.discarded is not None:
        hint(invocation, "`vault undo` brings it back")


def _text(report: DiscardReport) -> Iterator[str]:
    if report.discarded is None:
        yield "nothing was staged"
    else:
        yield f"discarded {count_changes(report.discarded) or 'what was staged'}"
