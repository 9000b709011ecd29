"""`vault split`: put examples on the sides of a split."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.pairs import read_pairs
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.split_text import next_steps, report_lines

_EXAMPLE = """\
vault split train=0.9 validation=0.1 --seed 7
vault split train=0.8 validation=0.1 test=0.1 --stratify data.category
vault split train=0.9 test=0.1 --hold-out "source = 'real.jsonl'"
vault split"""


@options.command(example=_EXAMPLE)
@click.argument("sides", metavar="[NAME=SHARE]...", nargs=-1)
@click.option("--seed", type=int, metavar="N", help="Another seed draws other sides (0).")
@click.option(
    "--group-by",
    metavar="FIELD",
    help="Also keep examples with the same value of this together, such as data.customer.",
)
@click.option(
    "--stratify",
    metavar="FIELD",
    help="Keep the shares in each value of this, such as data.topic.",
)
@click.option(
    "--hold-out",
    metavar="EXPR",
    help="Only examples that satisfy this may go to another side than the first.",
)
@click.option("--dry-run", is_flag=True, help="Show how it would be split; change nothing.")
def command(
    invocation: Invocation,
    sides: tuple[str, ...],
    seed: int | None,
    group_by: str | None,
    stratify: str | None,
    hold_out: str | None,
    dry_run: bool,
) -> None:
    """Put examples that are on no side of the split on one; none that has a side is moved.

    Examples with the same prompt and near-duplicates stay together. Shares add up to 1. Without
    sides the rule is that of vault.toml or of the split before, for the examples that came since.
    """
    report = invocation.repository(writing=not dry_run).split(
        read_pairs(sides, "split", "0.9"),
        seed=seed,
        group_by=group_by,
        stratify=stratify,
        hold_out=hold_out,
        dry_run=dry_run,
    )
    emit(invocation, report, lambda report: report_lines(report, invocation.verbose))
    for step in next_steps(report):
        hint(invocation, step)
