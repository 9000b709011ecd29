"""`vault query`: the examples that satisfy an expression."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.conditions import condition_options, limit_option
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, emit_raw_lines, hint
from vault.cli.show.examples_text import report_lines


@options.command(
    example="vault query --where \"turns > 4 AND data.metadata.topic = 'billing'\"\n"
    "vault query v1 --where \"contains(response, 'as an AI')\" --jsonl > found.jsonl"
)
@click.argument("revision", required=False, metavar="[REV]")
@condition_options
@limit_option
@click.option("--jsonl", is_flag=True, help="Every example in full, one JSON object a line.")
def command(
    invocation: Invocation,
    revision: str | None,
    where: tuple[str, ...],
    filters: tuple[str, ...],
    limit: int,
    jsonl: bool,
) -> None:
    """Show the examples that satisfy an expression: of what is staged, or of REV.

    Expressions are SQL over id, kind, turns, chars, tokens, source, line, round, split, system,
    prompt, response, chosen, rejected, messages, data.PATH and labels.NAME.
    """
    repository = invocation.repository()
    if jsonl:
        found = repository.iterate_query(where, revision, filters=filters)
        emit_raw_lines(invocation, (each.json_line() for each in found))
        return
    report = repository.query(where, revision, filters=filters, limit=limit)
    emit(invocation, report, lambda report: report_lines(report, invocation.verbose))
    if report.examples > len(report.items):
        hint(invocation, "`--limit` shows more, `--jsonl` writes all of them")
