"""`vault which`: the version that a file came from."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.input_stream import standard_input
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.cli.show.subsets.lock_text import which_lines


@options.command(example="vault which renamed.jsonl\nvault which train.jsonl --line 4711")
@click.argument("target", metavar="FILE|SHA256|-")
@click.option("--line", type=click.IntRange(min=1), metavar="N", help="Which example line N is.")
def command(invocation: Invocation, target: str, line: int | None) -> None:
    """Show which version and command a file came from, whatever it is called now.

    vault.lock is asked first. A file that it does not list is looked for by its records, in the
    newest commit that holds most of them.
    """
    stdin = standard_input("the file") if target == "-" else None
    report = invocation.repository().which(target, line=line, stdin=stdin)
    emit(invocation, report, lambda report: which_lines(report, invocation.verbose))
