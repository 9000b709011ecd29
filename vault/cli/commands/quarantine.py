"""`vault quarantine`: what could not be read, where it stood, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli import options
from vault.cli.invocation import Invocation
from vault.cli.render import emit, hint
from vault.cli.text import escape, paint, plural, short_id, shorten, terminal_width

if TYPE_CHECKING:
    from vault.operations.list_quarantine import QuarantineReport

command = options.group(
    help="Show what could not be read, where it stood, and why.\n\n"
    "Nothing that an import cannot read is lost: it waits here with the reason.",
    example="vault quarantine\nvault quarantine list v1 --json",
    default="list",
)


@options.command(name="list", example="vault quarantine list", parent=command)
@click.argument("revision", required=False, metavar="[REV]")
def list_(invocation: Invocation, revision: str | None = None) -> None:
    """List what is in quarantine: now, or at REV."""
    report = invocation.repository().quarantine(revision)
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    if report.quarantined:
        hint(invocation, "correct these lines in their file and import it again with --replace")


def _text(report: QuarantineReport, verbose: bool) -> Iterator[str]:
    if not report.quarantined:
        yield "nothing is in quarantine"
        return
    width = terminal_width()
    for each in report.quarantined:
        place = f"{escape(each.source)}, line {each.line}"
        name = paint(short_id(each.id, verbose), "yellow")
        yield f"{name}  {place}  {paint(f'({each.code})', 'cyan')}"
        yield f"  {escape(each.reason)}"
        yield paint(f"  {shorten(each.beginning, width - 2)}", dim=True)
    yield f"{plural(len(report.quarantined), 'record')} in quarantine"
