"""`vault commit`: record the stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.pairs import read_pairs
from vault.cli.frame.render import emit, hint
from vault.cli.show.count_text import count_changes
from vault.cli.show.terminal import paint, short_id, shorten
from vault.cli.show.validation_text import not_run
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.history.commit import CommitReport


@options.command(
    example='vault commit -m "round 1"\nvault commit -m "round 2" --meta reviewed-by=ada'
)
@click.option("-m", "message", metavar="TEXT", help="Why this version is what it is.")
@click.option(
    "--meta", "meta", metavar="KEY=VALUE", multiple=True, help="A fact to keep with the commit."
)
@click.option("--amend", is_flag=True, help="Replace the last commit instead of following it.")
@click.option("--allow-empty", is_flag=True, help="Commit even though nothing is staged.")
@click.option("--no-verify", is_flag=True, help="Commit although the gate of vault.toml says no.")
def command(
    invocation: Invocation,
    message: str | None,
    meta: tuple[str, ...],
    amend: bool,
    allow_empty: bool,
    no_verify: bool,
) -> None:
    """Record what is staged as the branch's next commit.

    Exits with 1 when nothing is staged, and when `gate = "error"` below [validate] of vault.toml
    finds errors in it. Whatever is imported meanwhile stays staged.
    """
    report = invocation.repository(writing=True).commit(
        message,
        meta=read_pairs(meta, "--meta"),
        amend=amend,
        allow_empty=allow_empty,
        verify=not no_verify,
    )
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    if report.skipped:
        hint(invocation, not_run(report.skipped))
    hint(invocation, "`vault tag NAME` names this version, `vault log` shows history")


def _text(report: CommitReport, verbose: bool) -> Iterator[str]:
    commit = paint(short_id(report.commit, verbose), "yellow")
    yield f"{commit} on {report.branch}: {shorten(report.message, 50)}"
    changes = count_changes(report) or "no changes"
    yield f"  {plural(report.examples, 'example')}: {changes}"
    if report.quarantined:
        yield f"  {plural(report.quarantined, 'record')} that could not be read"
