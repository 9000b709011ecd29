"""`vault stats`: counts, lengths, labels and sources of a version, or of two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.conditions import condition_options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.stats_pair_text import pair_lines
from vault.cli.show.subsets.stats_text import version_lines

if TYPE_CHECKING:
    from vault.operations.statistics.report import StatsReport


@options.command(
    example="vault stats --by source\n"
    "vault stats v1..v2 --by labels.quality\n"
    "vault stats --full --html stats.html"
)
@click.argument("old", required=False, metavar="[A")
@click.argument("new", required=False, metavar="[B]]")
@click.option("--by", metavar="FIELD", help="Also for each value of a field, such as source.")
@condition_options
@click.option("--full", is_flag=True, help="Also read the records, for roles and tools.")
@click.option("--html", metavar="FILE", help="Write the figures to a page, too.")
@click.option("--force", is_flag=True, help="Overwrite the page if it is there.")
def command(
    invocation: Invocation,
    old: str | None,
    new: str | None,
    by: str | None,
    where: tuple[str, ...],
    filters: tuple[str, ...],
    full: bool,
    html: str | None,
    force: bool,
) -> None:
    """Show counts, lengths, labels and sources: of what is staged, or of A.

    With A and B (or A..B), both beside each other and what moved between them: fields by the
    Jensen-Shannon distance of their values.

    FIELD is a column of expressions, labels.NAME, or data.PATH. Tokens are an estimate.
    """
    report = invocation.repository().stats(
        old, new, by=by, where=where, filters=filters, full=full, html=html, force=force
    )
    emit(invocation, report, _lines)
    if report.html is not None:
        hint(invocation, f"{report.html} opens in any browser")


def _lines(report: StatsReport) -> Iterator[str]:
    if report.before is None:
        return version_lines(report)
    return pair_lines(report, report.before)
