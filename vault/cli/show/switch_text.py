"""Where HEAD went, as `switch` and `checkout` say it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.count_text import count_changes
from vault.cli.show.terminal import paint, short_id, shorten
from vault.presentation.escaping import escape

if TYPE_CHECKING:
    from vault.operations.history.switch import SwitchReport


def switch_lines(report: SwitchReport, verbose: bool) -> Iterator[str]:
    """Yield where HEAD is now, what is staged there, and what stayed staged elsewhere."""
    verb = "now" if report.moved else "already"
    if report.branch is not None:
        made = "made and " if report.created else ""
        yield f"{made}{verb} on branch {paint(escape(report.branch), bold=True)}"
    if report.commit is not None:
        place = paint(short_id(report.commit, verbose), "yellow")
        at = "at" if report.branch is not None else f"HEAD is {verb} at"
        yield f'{at} commit {place} "{shorten(report.message or "", 50)}"'
    changes = count_changes(report.staged)
    if changes:
        yield f"staged here: {changes}"
    if report.parked is not None:
        yield f"what is staged on {escape(report.parked)} stays there until you come back"
