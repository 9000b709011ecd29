"""`vault clean`: fix, quarantine, dedupe and split what is staged, in one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import table
from vault.cli.show.validation_text import not_run
from vault.presentation.escaping import escape

if TYPE_CHECKING:
    from vault.operations.clean import CleanReport

_WENT = {
    "parse": "could not be read: `vault quarantine`",
    "fix": "equal to another then: `vault removed`",
    "quarantine": "with errors: `vault quarantine`",
    "dedupe": "duplicates: `vault removed`",
    "protect": "in protected files: `vault removed`",
}


_WOULD_GO = {
    **_WENT,
    "fix": "equal to another then: `vault validate --fix --dry-run`",
    "quarantine": "with errors: `vault validate`",
    "dedupe": "duplicates: `vault dedupe --dry-run`",
    "protect": "in protected files: `vault split --check`",
}


@options.command(example="vault clean --dry-run\nvault clean")
@click.option("-n", "--dry-run", is_flag=True, help="Tell what would happen; change nothing.")
@click.option("--yes", is_flag=True, help="Go on where more than 30 % would go as duplicates.")
def command(invocation: Invocation, dry_run: bool, yes: bool) -> None:
    """Fix what is safe, quarantine what has errors, and dedupe: what is staged, by vault.toml.

    What protected files hold goes as well, and new examples are split, by vault.toml or as
    `vault split` did before. Prints how many are left after each step, and where the others went.
    One operation.
    """
    report = invocation.repository(writing=not dry_run).clean(dry_run=dry_run, yes=yes)
    emit(invocation, report, _text)
    if report.skipped:
        hint(invocation, not_run(report.skipped))
    if report.errors_left:
        hint(invocation, "errors of the set as a whole are left: `vault validate` shows them")
    if report.warnings:
        hint(invocation, _warned(report.warnings))
    if report.dry_run:
        hint(invocation, "nothing was changed; leave out --dry-run to do it")
    elif report.fixed or any(report.new.values()) or any(e.removed for e in report.steps[1:]):
        hint(invocation, "`vault diff` shows what changed, `vault undo` takes all of it back")


def _warned(warnings: Mapping[str, int]) -> str:
    """Return the hint about what stays although a rule warns of it."""
    (name, count), *others = warnings.items()
    told = f"{count:,} of {name}"
    if others:
        told += f", {sum(warnings.values()) - count:,} of other rules"
    return f"warnings take nothing out ({told}): `vault validate` shows those that are left"


def _split(report: CleanReport) -> Iterator[str]:
    for name, count in report.new.items():
        if count:
            yield f"{count:,} to {escape(name)}"
    if report.unassigned:
        yield f"{report.unassigned:,} on no side; `vault split` tells why"


def _text(report: CleanReport) -> Iterator[str]:
    words = _WOULD_GO if report.dry_run else _WENT
    rows: list[tuple[str, ...]] = [("step", "before", "left", "out", "")]
    for each in report.steps:
        went = words[each.name] if each.removed else ""
        if each.name == "fix" and report.fixed:
            went = f"{report.fixed:,} fixed" + (f"; {went}" if went else "")
        if each.name == "split":
            went = ", ".join(_split(report))
        counts = (f"{count:,}" for count in (each.before, each.after, each.removed))
        rows.append((each.name, *counts, went))
    yield from table(rows, right=(1, 2, 3))
    if report.staged is not None:
        yield stage_line(report.staged, would=report.dry_run)
