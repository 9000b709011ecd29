"""`vault grep`: the examples that hold a text, and where."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.conditions import limit_option
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.examples_text import found_lines


@options.command(
    example="vault grep 'as an AI' --role assistant\nvault grep -i --regex 'sorry.{0,20}cannot' v1"
)
@click.argument("text")
@click.argument("revision", required=False, metavar="[REV]")
@click.option("-i", "ignore_case", is_flag=True, help="Small and capital letters are the same.")
@click.option("--role", metavar="ROLE", help="Only in messages of this role, such as assistant.")
@click.option("--regex", is_flag=True, help="TEXT is a regular expression (RE2).")
@limit_option
def command(
    invocation: Invocation,
    text: str,
    revision: str | None,
    ignore_case: bool,
    role: str | None,
    regex: bool,
    limit: int,
) -> None:
    """Show the examples with TEXT in a message, of what is staged or of REV, and where it stands.

    In records that are no conversation, every text is looked at.
    """
    report = invocation.repository().grep(
        text, revision, ignore_case=ignore_case, role=role, regexp=regex, limit=limit
    )
    emit(invocation, report, lambda report: found_lines(report, invocation.verbose))
    if report.examples > len(report.items):
        hint(invocation, f"`--limit {report.examples}` shows all")
