"""`vault sample`: some examples, the same ones for the same seed."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.conditions import condition_options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.cli.show.examples_text import report_lines


@options.command(example="vault sample 5\nvault sample 5 v1 --where \"kind = 'chat'\" --seed 7")
@click.argument("count", type=click.IntRange(min=0), metavar="N")
@click.argument("revision", required=False, metavar="[REV]")
@condition_options
@click.option("--seed", type=int, default=0, metavar="N", help="Another one, another sample.")
def command(
    invocation: Invocation,
    count: int,
    revision: str | None,
    where: tuple[str, ...],
    filters: tuple[str, ...],
    seed: int,
) -> None:
    """Show N examples drawn from what is staged, or from REV: those that `export --sample` takes.

    The same N and seed give the same examples, and a larger N those and more.
    """
    report = invocation.repository().sample(
        count, revision, where=where, filters=filters, seed=seed
    )
    emit(invocation, report, lambda report: report_lines(report, invocation.verbose))
