"""`vault head`: the first examples."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.cli.show.examples_text import report_lines
from vault.errors import InvalidInput

_COUNT = 10


@options.command(example="vault head\nvault head 3 v1")
@click.argument("count", required=False, metavar="[N]")
@click.argument("revision", required=False, metavar="[REV]")
def command(invocation: Invocation, count: str | None, revision: str | None) -> None:
    """Show the first N examples (10), of what is staged or of REV."""
    if count is not None and revision is None and not count.isdecimal():
        count, revision = None, count
    if count is not None and (not count.isdecimal() or len(count) > 9):
        raise InvalidInput(
            f'"{count}" is not a number of examples',
            code="count-invalid",
            hint=f"`vault head {_COUNT}{f' {revision}' if revision else ''}`",
        )
    report = invocation.repository().head(_COUNT if count is None else int(count), revision)
    emit(invocation, report, lambda report: report_lines(report, invocation.verbose))
