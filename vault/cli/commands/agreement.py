"""`vault agreement`: how far the labels of several people, or of a judge, agree."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.conditions import condition_options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.cli.show.subsets.agreement_text import report_lines
from vault.objects.labels.label_name import value_of


@options.command(
    example="vault agreement quality --by source\n"
    "vault agreement quality judge.help.score --positive good,ok --cut 0.5"
)
@click.argument("names", required=True, nargs=-1, metavar="NAME... [REV]")
@click.option("--cut", metavar="X", type=float, help="Numbers from X on are yes, others no.")
@click.option("--positive", metavar="VALUE,...", help="These values are yes, others no.")
@click.option("--by", metavar="FIELD", help="Also for each value of a field, such as source.")
@click.option("--unordered", is_flag=True, help="Values have no order: all differ alike.")
@condition_options
def command(
    invocation: Invocation,
    names: tuple[str, ...],
    cut: float | None,
    positive: str | None,
    by: str | None,
    unordered: bool,
    where: tuple[str, ...],
    filters: tuple[str, ...],
) -> None:
    """Tell how far labels agree: of what is staged, or of REV.

    One NAME compares its raters, all labels NAME.PERSON; of several NAMEs each is a rater. The last
    word is a revision unless it is a label. Numbers, and values that vault.toml lists in an order,
    agree more the nearer they are.

    For a judge and one other label it corrects the share of yes for the errors of the judge.
    """
    listed = (each.strip() for each in (positive or "").split(","))
    report = invocation.repository().agreement(
        names,
        cut=cut,
        positive=tuple(value_of(each) for each in listed if each),
        by=by,
        unordered=unordered,
        where=where,
        filters=filters,
    )
    emit(invocation, report, report_lines)
