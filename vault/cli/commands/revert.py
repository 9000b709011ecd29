"""`vault revert`: undo what one commit changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint, warn
from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint, short_id, shorten
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.history.revert import RevertReport


@options.command(example="vault revert HEAD\nvault revert 3f2a9c1b --readmit")
@click.argument("revision", metavar="REV")
@click.option(
    "--readmit", is_flag=True, help="Bring back what was out only as a duplicate of these."
)
def command(invocation: Invocation, revision: str, readmit: bool) -> None:
    """Stage the opposite of what one commit changed, whatever was done since.

    What came with it is taken out and stays out, with the commit as the reason; what went comes
    back where it stood. `vault commit` records it.
    """
    report = invocation.repository(writing=True).revert(revision, readmit=readmit)
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    if report.missing:
        count = plural(report.missing, "example")
        warn(invocation, f"{count} left only as duplicates of these; --readmit brings them back")
    hint(
        invocation,
        '`vault diff` shows it, `vault commit -m "..."` records it, `vault undo` drops it',
    )


def _text(report: RevertReport, verbose: bool) -> Iterator[str]:
    commit = paint(short_id(report.commit, verbose), "yellow")
    yield f'reverted {commit} "{shorten(report.message, 50)}" on the stage'
    said = (
        (report.taken_out, "taken out, that had come with it"),
        (report.brought_back, "brought back, that had gone with it"),
        (report.exchanged, "put back to what it was before"),
        (report.relabelled, "given the labels of before"),
        (report.readmitted, "readmitted, out only as duplicates of these"),
        (report.changed_since, "left alone, changed or gone since"),
    )
    for count, what in said:
        if count:
            yield f"  {plural(count, 'example')} {what}"
    if report.quarantine_left:
        left = plural(report.quarantine_left, "record")
        yield f"  {left} out of quarantine, that it had put there"
    if report.quarantine_back:
        yield f"  {plural(report.quarantine_back, 'record')} back in quarantine"
    yield stage_line(report.staged)
