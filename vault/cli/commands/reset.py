"""`vault reset`: move the branch to another commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.count_text import SAME_EXAMPLES, count_changes
from vault.cli.show.terminal import paint, short_id
from vault.errors import InvalidInput
from vault.presentation.escaping import escape

if TYPE_CHECKING:
    from vault.operations.history.reset import ResetReport


@options.command(example="vault reset HEAD~1\nvault reset --hard v1")
@click.argument("revision", metavar="REV")
@click.option("--soft", is_flag=True, help="Keep what is staged; this is the default.")
@click.option("--hard", is_flag=True, help="Empty the stage as well.")
def command(invocation: Invocation, revision: str, soft: bool, hard: bool) -> None:
    """Move the branch to REV.

    The data stay as they are: what differs from REV is staged, ready to be committed again. With
    --hard the stage is REV's.
    """
    if soft and hard:
        raise InvalidInput(
            "--soft keeps what is staged and --hard drops it",
            code="reset-ways-exclude",
            hint="use one of them",
        )
    report = invocation.repository(writing=True).reset(revision, hard=hard)
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    hint(invocation, "`vault undo` takes this back")


def _text(report: ResetReport, verbose: bool) -> Iterator[str]:
    now = paint(short_id(report.commit, verbose), "yellow")
    was = "" if report.before is None else f", before at {short_id(report.before, verbose)}"
    yield f"{escape(report.branch)} is now at {now}{was}"
    changes = count_changes(report.staged)
    if changes or report.has_stage:
        yield f"staged: {changes or SAME_EXAMPLES}"
    else:
        yield "nothing staged"
