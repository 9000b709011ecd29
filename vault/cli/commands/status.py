"""`vault status`: the branch, what is staged, what is in quarantine, and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.count_text import SAME_EXAMPLES, count_changes, in_quarantine
from vault.cli.show.terminal import paint, short_id, shorten
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.history.status import StatusReport


@options.command(example="vault status\nvault status --json")
def command(invocation: Invocation) -> None:
    """Say where things stand: branch, staged changes, quarantine, and what to do next."""
    report = invocation.repository().status()
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    if report.quarantined:
        hint(invocation, "`vault quarantine list` tells what is wrong")
    hint(invocation, _next_step(report))


def _text(report: StatusReport, verbose: bool) -> Iterator[str]:
    if report.branch is None:
        yield "HEAD is at a commit, not on a branch: nothing can be staged here"
    else:
        yield f"on branch {paint(report.branch, bold=True)}"
    if report.commit is None:
        yield "no commit yet"
    else:
        message = shorten(report.message or "", 50)
        yield f'at commit {paint(short_id(report.commit, verbose), "yellow")} "{message}"'
    if report.has_stage:
        yield f"staged: {count_changes(report.staged) or SAME_EXAMPLES}"
        yield f"  the next commit would have {plural(report.examples, 'example')}"
    elif report.commit is not None:
        yield f"nothing staged; {plural(report.examples, 'example')}"
    if report.parked:
        names = ", ".join(escape(name) for name in report.parked)
        yield f"changes are parked on {names}"
    for each in report.unfinished:
        run = escape(each.run)
        yield f"model run {run} is not finished: `vault {each.kind} --resume {run}`"
    if report.quarantined:
        yield in_quarantine(report.unreadable, report.quarantined - report.unreadable)


def _next_step(report: StatusReport) -> str:
    if report.has_stage:
        compare = "`vault diff` shows what changed, " if report.commit else ""
        return f'{compare}`vault commit -m "..."` records it'
    if report.branch is None:
        return "`vault switch -c NAME` begins a branch here, `vault branch` lists those there are"
    if report.commit is None:
        return "`vault import FILE` brings in examples"
    return "`vault import FILE` brings in more, `vault log` shows history"
