"""Operations that were taken back or done again, and where the repository stands after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.count_text import count_changes
from vault.cli.show.terminal import paint, short_id, shorten
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.history.undo import UndoReport


def undo_lines(report: UndoReport, verb: str, verbose: bool) -> Iterator[str]:
    """Yield what was done to an operation (`verb`), and how things are now."""
    for each in report.items:
        command = shorten(each.command, 60)
        yield f"{verb} operation {each.id}: {paint(command, bold=True)}"
        yield f"  by {escape(each.author)} at {each.time}"
    now = report.status
    place = "no commit" if now.commit is None else short_id(now.commit, verbose)
    on = "HEAD is" if now.branch is None else f"{escape(now.branch)} is"
    changes = count_changes(now.staged) or ("other changes" if now.has_stage else "nothing")
    yield f"{on} at {place}, {changes} staged, {plural(now.examples, 'example')}"
