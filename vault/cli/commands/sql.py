"""`vault sql`: a read-only query over examples, labels, commits, removals and changes."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, emit_json_lines, emit_text
from vault.cli.show.rows_text import csv_text, row_lines
from vault.errors import InvalidInput


@options.command(
    example='vault sql "SELECT kind, count(*), sum(tokens) FROM examples GROUP BY kind"\n'
    "vault sql \"SELECT what, count(*) FROM changes('v1', 'v2') GROUP BY what\" --csv"
)
@click.argument("statement")
@click.option("--jsonl", is_flag=True, help="One JSON object a line.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values, with a header.")
@click.option(
    "--seconds",
    metavar="N",
    type=click.FloatRange(min=0.1, max=86_400),
    default=60,
    show_default=True,
    help="Stop it after so long.",
)
def command(
    invocation: Invocation, statement: str, jsonl: bool, as_csv: bool, seconds: float
) -> None:
    """Ask a question in SQL. Nothing can be changed by it, and nothing else be read.

    Tables: examples (what is staged), examples_at(REV), labels, commits, removals and
    changes(A, B). Examples have the columns of expressions, and data and labels as JSON.
    """
    given = [
        name
        for name, is_given in (("--jsonl", jsonl), ("--csv", as_csv), ("--json", invocation.json))
        if is_given
    ]
    if len(given) > 1:
        raise InvalidInput(
            f"{given[0]} and {given[1]} are two forms of one answer",
            code="options-exclude",
            hint=f"leave out {given[1]}",
        )
    report = invocation.repository().sql(statement, seconds=seconds)
    if jsonl:
        emit_json_lines(invocation, report.to_json()["rows"])
    elif as_csv:
        emit_text(invocation, csv_text(report))
    else:
        emit(invocation, report, row_lines)
