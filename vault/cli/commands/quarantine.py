"""`vault quarantine`: what was kept out, where it stood, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.export_output import refuse_json, standard_output
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.pairs import read_pairs
from vault.cli.frame.render import emit, hint
from vault.cli.show.count_text import in_quarantine
from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint, short_id, shorten, terminal_width
from vault.cli.show.wrapped_text import Piece, wrap
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural, size_text

if TYPE_CHECKING:
    from vault.operations.quarantine.list_items import (
        QuarantineExport,
        QuarantineReport,
        ShownEntry,
    )
    from vault.operations.quarantine.retry import RetryReport

command = options.group(
    help="Show what was kept out, where it stood, and why; write it out, or bring it back.\n\n"
    "Nothing that an import cannot read is lost: it waits here with the reason. So do the examples "
    "that `vault validate --quarantine` took out.",
    example="vault quarantine\nvault quarantine show 3f2a9c1b\n"
    "vault quarantine export -o broken.jsonl\nvault quarantine retry --format chat",
    default="list",
)


@options.command(name="list", example="vault quarantine list", parent=command)
@click.argument("revision", required=False, metavar="[REV]")
def list_(invocation: Invocation, revision: str | None = None) -> None:
    """List what is in quarantine: now, or at REV."""
    report = invocation.repository().quarantine(revision)
    emit(invocation, report, lambda report: _text(report, invocation.verbose))
    if any(each.is_example for each in report.quarantined):
        hint(invocation, "`vault quarantine restore ENTRY` brings an example back")
    if not all(each.is_example for each in report.quarantined):
        hint(
            invocation,
            "correct these lines in their file and import it again with --replace, "
            "or write them out: `vault quarantine export -o broken.jsonl`",
        )


@options.command(name="show", example="vault quarantine show 3f2a9c1b", parent=command)
@click.argument("entry")
@click.argument("revision", required=False, metavar="[REV]")
def show(invocation: Invocation, entry: str, revision: str | None) -> None:
    """Show one entry whole: what stood there, and why it was refused."""
    report = invocation.repository().show_quarantined(entry, revision)
    emit(invocation, report, lambda report: _whole(report, invocation.verbose))


@options.command(name="export", example="vault quarantine export -o broken.jsonl", parent=command)
@click.argument("entries", metavar="[ENTRY]...", nargs=-1)
@click.option("-o", "output", metavar="PATH", required=True, help="Where to write; `-` is stdout.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def export(invocation: Invocation, entries: tuple[str, ...], output: str, force: bool) -> None:
    """Write what stands in quarantine to a file, one record a line, to be corrected there."""
    repository = invocation.repository()
    if output == "-":
        refuse_json(invocation)
        repository.export_quarantine(standard_output(), entries)
        return
    report = repository.save_quarantine(output, entries, force=force)
    emit(invocation, report, _exported)
    hint(invocation, f"correct it, then `vault import {output}`; the originals stay in quarantine")


@options.command(
    name="retry",
    example="vault quarantine retry\nvault quarantine retry 3f2a --format chat",
    parent=command,
)
@click.argument("entries", metavar="[ENTRY]...", nargs=-1)
@click.option("--format", "form", metavar="NAME", help="Read them as this format.")
@click.option("--map", "roles", metavar="ROLE=FIELD", multiple=True, help="The field of a role.")
def retry(
    invocation: Invocation, entries: tuple[str, ...], form: str | None, roles: tuple[str, ...]
) -> int:
    """Read entries again (all, or those named); what can be read now is staged.

    Exits with 1 if none can be read.
    """
    repository = invocation.repository(writing=True)
    mapping = read_pairs(roles, "--map") or None
    report = repository.retry_quarantine(entries, format=form, mapping=mapping)
    emit(invocation, report, _retried)
    if report.staged is not None:
        hint(invocation, "`vault diff` shows it, `vault undo` takes it back")
    return 1 if report.retried and report.quarantined == report.retried else 0


@options.command(name="restore", example="vault quarantine restore 3f2a9c1b", parent=command)
@click.argument("entries", metavar="ENTRY...", nargs=-1)
def restore(invocation: Invocation, entries: tuple[str, ...]) -> None:
    """Bring entries back although they were refused; all of them, or none.

    Examples that a rule took out return to the stage. What cannot be read must be corrected first.
    """
    from vault.cli.commands.restore import restored_lines
    from vault.operations.quarantine.retry import RetryReport

    report = invocation.repository(writing=True).restore_quarantined(entries)
    if isinstance(report, RetryReport):
        emit(invocation, report, _retried)
    else:
        emit(invocation, report, restored_lines)
    hint(invocation, "`vault undo` takes it back")


def _whole(report: ShownEntry, verbose: bool) -> Iterator[str]:
    entry = report.entry
    yield f"{paint(short_id(entry.id, verbose), 'yellow')}  {paint(f'({entry.code})', 'cyan')}"
    yield f"from:   {escape(entry.source)}, line {entry.line}"
    yield f"size:   {size_text(entry.size_bytes)}, sha256 {report.sha256}"
    yield from wrap([Piece(f"reason: {escape(entry.reason)}")], indent="")
    if len(report.raw) < entry.size_bytes:
        yield f"only its first {len(report.raw):,} bytes were kept:"
    yield ""
    yield escape(report.raw.decode("utf-8", "replace"), keep="\n\t")


def _exported(report: QuarantineExport) -> Iterator[str]:
    yield f"wrote {plural(report.entries, 'entry')} to {escape(report.output)}"


def _retried(report: RetryReport) -> Iterator[str]:
    if not report.retried:
        yield "nothing is in quarantine"
        return
    said = (
        (report.imported, "can be read now"),
        (report.duplicates, "read, and there already"),
        (report.returned, "read, and taken out before: they stay out"),
        (report.quarantined, "still cannot be read"),
    )
    for count, what in said:
        if count:
            yield f"{count:>8,} {what}"
    if report.first_reason is not None:
        yield from wrap([Piece(f"first: {escape(report.first_reason)}")], indent="         ")
    if report.staged is not None:
        yield stage_line(report.staged)


def _text(report: QuarantineReport, verbose: bool) -> Iterator[str]:
    if not report.quarantined:
        yield "nothing is in quarantine"
        return
    width = terminal_width()
    for each in report.quarantined:
        place = f"{escape(each.source)}, line {each.line}"
        name = paint(short_id(each.id, verbose), "yellow")
        yield f"{name}  {place}  {paint(f'({each.code})', 'cyan')}"
        yield from wrap([Piece(escape(each.reason))], indent="  ")
        yield paint(f"  {shorten(each.beginning, width - 2)}", dim=True)
    examples = sum(each.is_example for each in report.quarantined)
    yield in_quarantine(len(report.quarantined) - examples, examples)
