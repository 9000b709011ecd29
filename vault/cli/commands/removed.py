"""`vault removed`: what was taken out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.duplicate_text import keeper_of
from vault.cli.show.terminal import paint, short_id, shorten, terminal_width
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.removals.list_removed import RemovedExample, RemovedReport

_SHOWN = 20


@options.command(example="vault removed\nvault removed v1 --reason near-duplicate")
@click.argument("revision", required=False, metavar="[REV]")
@click.option("--reason", metavar="WORD", help="Only what was removed for this reason.")
def command(invocation: Invocation, revision: str | None, reason: str | None) -> None:
    """List the examples that were taken out and stay out: now, or at REV."""
    report = invocation.repository().removed(revision, reason=reason)
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    if report.items:
        hint(invocation, "`vault show EXAMPLE` shows one, `vault restore EXAMPLE` brings it back")


def _because(removed: RemovedExample, verbose: bool) -> str:
    """Return what led to a removal, as it can still be understood when HEAD has moved on."""
    detail = removed.detail
    keeper = keeper_of(detail)
    if keeper is not None:
        return f"of {short_id(keeper, verbose)}, by `{removed.command}`"
    if isinstance(detail.get("commit"), str):
        return f'of commit {short_id(detail["commit"], verbose)} "{detail.get("message", "")}"'
    if isinstance(detail.get("code"), str):
        return f"{detail['code']} {detail.get('name', '')}: {detail.get('message', '')}"
    if isinstance(detail.get("into"), str):
        return f"into {short_id(detail['into'], verbose)}"
    if isinstance(detail.get("where"), str):  # as of vault 0.1; now the command says it
        return f"--where {detail['where']}"
    return f"by `{removed.command}`"


def _text(report: RemovedReport, verbose: bool) -> Iterator[str]:
    if not report.items:
        yield "nothing was taken out"
        return
    shown = report.items if verbose else report.items[-_SHOWN:]
    if len(shown) < len(report.items):
        yield f"… {len(report.items) - len(shown):,} earlier ones (-v shows all)"
    for each in shown:
        name = paint(short_id(each.id, verbose), "yellow")
        reason = escape(each.reason)
        room = max(20, terminal_width() - len(short_id(each.id, verbose)) - len(reason) - 8)
        yield f"{name}  {paint(reason, 'cyan')}  {shorten(_because(each, verbose), room)}"
    reasons = Counter(each.reason for each in report.items)
    counted = ", ".join(f"{escape(reason)} {count:,}" for reason, count in reasons.most_common())
    yield f"{plural(len(report.items), 'example')} taken out: {counted}"
