"""`vault plan`: where a model is weak, and how many examples to generate there."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.plan_text import plan_lines


@options.command(
    example="vault plan --by category --metric eval.small_3\n"
    "vault plan --by category --metric eval.small_3 -n 200 -o plan.toml\n"
    "vault plan --by language --at-least 50"
)
@click.option("--by", required=True, metavar="FIELD", help="A slice is a value of this field.")
@click.option("--metric", metavar="LABEL", help="A label of numbers or yes and no; more is better.")
@click.option(
    "--at-least", type=click.IntRange(min=1), metavar="N", help="Bring each slice to N examples."
)
@click.option(
    "-n", "count", type=click.IntRange(min=1), metavar="N", help="Plan N examples in all."
)
@click.option("-o", "--output", metavar="FILE", help="Write the plan: `vault generate --plan`.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def command(
    invocation: Invocation,
    by: str,
    metric: str | None,
    at_least: int | None,
    count: int | None,
    output: str | None,
    force: bool,
) -> None:
    """Show the slices of what is staged, weakest first, and propose how many examples to generate.

    Of -n N, slices get shares in proportion to how far the metric of each is below the best, as far
    as their differences are more than chance. One that few examples measure counts nearly as the
    average. The rest of N, and all without a metric, fills the smallest slices up first.

    Where the stage is split, the examples of the training side are counted, and those on no side.
    """
    report = invocation.repository().plan(
        by, metric=metric, at_least=at_least, count=count, output=output, force=force
    )
    emit(invocation, report, plan_lines)
    if output is not None:
        hint(invocation, f"`vault generate RECIPE --plan {output}` generates them")
    elif count is None and at_least is None:
        hint(invocation, "add `-n 200 -o plan.toml` for a plan of 200 examples")
