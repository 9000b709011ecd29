"""`vault fsck`: is everything as it was written?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.terminal import short_id
from vault.cli.show.wrapped_text import Piece, hanging
from vault.layout import TIP
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.upkeep.fsck import FsckReport


@options.command(example="vault fsck\nvault fsck --repair")
@click.option("--repair", is_flag=True, help="Put right what can be put right without loss.")
def command(invocation: Invocation, repair: bool) -> int:
    """Read everything again and tell what is not as it was written.

    Exits with 1 when something is damaged. Changes nothing without --repair.
    """
    report = invocation.repository(writing=repair).fsck(repair=repair)
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    if not repair and any(each.object == _REPAIRABLE for each in report.problems):
        hint(invocation, "`vault fsck --repair` puts right what can be put right")
    if any(each.object != _REPAIRABLE for each in report.problems):
        hint(invocation, "take what is damaged from a copy of the repository, or import the files")
        hint(invocation, "again: a damaged object is written anew when the same bytes are stored")
    return 0 if report.ok else 1


_REPAIRABLE = TIP
"""The one thing that a repair renews: the hint at the newest operation."""


def _text(report: FsckReport, verbose: bool) -> Iterator[str]:
    for each in report.problems:
        name = escape(str(each.object))
        shown = short_id(name, verbose) if len(name) == 64 else name
        told = f"  {shown}: {escape(each.message)}  ({each.code})"
        yield from hanging([Piece("damaged", "red"), Piece(told)], deeper=" " * 9)
    for line in report.repaired:
        yield f"repaired  {escape(line)}"
    read = plural(report.objects, "object")
    if report.ok:
        yield f"read {read}; everything is as it was written"
    else:
        yield f"read {read}; {plural(len(report.problems), 'problem')} left"
