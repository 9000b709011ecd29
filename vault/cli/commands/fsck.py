"""`vault fsck`: is everything as it was written?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli import options
from vault.cli.invocation import Invocation
from vault.cli.render import emit, hint
from vault.cli.text import escape, paint, plural, short_id

if TYPE_CHECKING:
    from vault.operations.fsck import FsckReport


@options.command(example="vault fsck\nvault fsck --repair")
@click.option("--repair", is_flag=True, help="Put right what can be put right without loss.")
def command(invocation: Invocation, repair: bool) -> int:
    """Read everything again and tell what is not as it was written.

    Exits with 1 when something is damaged. Changes nothing without --repair.
    """
    report = invocation.repository(writing=repair).fsck(repair=repair)
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    if report.problems and not repair:
        hint(invocation, "`vault fsck --repair` puts right what can be put right")
    return 0 if report.ok else 1


def _text(report: FsckReport, verbose: bool) -> Iterator[str]:
    for each in report.problems:
        name = escape(str(each.object))
        shown = short_id(name, verbose) if len(name) == 64 else name
        yield f"{paint('damaged', 'red')}  {shown}: {escape(each.message)}  ({each.code})"
    for line in report.repaired:
        yield f"repaired  {escape(line)}"
    read = plural(report.objects, "object")
    if report.ok:
        yield f"read {read}; everything is as it was written"
    else:
        yield f"read {read}; {plural(len(report.problems), 'problem')} left"
