"""`vault validate`: what is wrong with the examples, before anyone pays for a training run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, emit_json_lines, emit_text, hint
from vault.cli.show.finding_text import explained_lines, report_lines
from vault.cli.show.mended_text import mended_lines
from vault.cli.show.validation_text import not_run
from vault.errors import InvalidInput
from vault.rules.kernel.own_rule import OwnRule

if TYPE_CHECKING:
    from vault.operations.validation.validate import ValidateReport

_ERROR = "error"


@options.command(
    example="vault validate\nvault validate v1 --target mistral --select TOOL,TURN\n"
    "vault validate --fix --quarantine\nvault validate --explain FORM005\n"
    "vault validate --report sarif > findings.sarif"
)
@click.argument("revision", required=False, metavar="[REV]")
@click.option("--target", metavar="NAME", help="Add the rules of a provider or trainer.")
@click.option(
    "--select", metavar="CODES", multiple=True, help="Only these rules: TOOL,TEXT001, or ALL."
)
@click.option("--ignore", metavar="CODES", multiple=True, help="All rules but these.")
@click.option("--allow-code", is_flag=True, help="Run rules that are Python of this project.")
@click.option("--fix", is_flag=True, help="Mend what has exactly one safe answer.")
@click.option("--quarantine", is_flag=True, help="Take examples with errors out of the stage.")
@click.option("--dry-run", is_flag=True, help="With these two: only tell what they would do.")
@click.option("--explain", metavar="CODE", help="Say what a rule finds and why it matters.")
@click.option("--jsonl", is_flag=True, help="Print every finding, one JSON object a line.")
@click.option(
    "--report",
    type=click.Choice(["sarif", "junit"]),
    help="Print every finding for another program to read.",
)
def command(
    invocation: Invocation,
    /,
    revision: str | None,
    explain: str | None,
    jsonl: bool,
    report: str | None,
    dry_run: bool,
    **given: Any,
) -> int:
    """Say what is wrong with the examples that are staged, or with those of REV.

    Exits with 1 when errors are left. Changes nothing without --fix or --quarantine,
    which mend the stage: first what is safe to fix, then out goes what still has an error. Which
    rules run, and how severe they are, may stand in vault.toml below [validate].
    """
    fix, quarantine = given.pop("fix"), given.pop("quarantine")
    given.update(select=_words(given["select"]), ignore=_words(given["ignore"]))
    mends = fix or quarantine
    repository = invocation.repository(writing=mends and not dry_run)
    if explain is not None:
        emit(invocation, repository.rules([explain]), explained_lines)
        return 0
    if mends and report is not None:
        raise _only_looks(report)
    if mends or dry_run:
        given.update(fix=fix, quarantine=quarantine, dry_run=dry_run, all_items=jsonl)
        return _show_mended(invocation, repository.validate(revision, **given), jsonl=jsonl)
    if jsonl or report:
        counted = _Counted(repository.iterate_findings(revision, **given))
        if report is None:
            emit_json_lines(invocation, counted)
        else:
            _emit_report(invocation, report, counted)
        if not given["allow_code"]:
            own = [each for each in repository.rules() if isinstance(each, OwnRule)]
            _hint_skipped(invocation, [each.code for each in own if each.python])
        return 1 if counted.errors else 0
    found = repository.validate(revision, **given)
    emit(invocation, found, lambda report: report_lines(report, invocation.verbose))
    _hint_skipped(invocation, found.skipped)
    if found.findings:
        hint(
            invocation, f"`vault validate --explain {found.findings[0].code}` tells why it matters"
        )
        hint(invocation, "`vault validate --jsonl` lists every finding")
    if found.examples_with_errors and found.commit is None:
        hint(invocation, "`vault validate --fix --quarantine` leaves only examples without errors")
    return 1 if found.errors else 0


def _only_looks(report: str) -> InvalidInput:
    return InvalidInput(
        f"--report {report} is of findings, and changes nothing",
        code="report-only-looks",
        hint=f"mend first, then `vault validate --report {report}`",
    )


def _show_mended(invocation: Invocation, report: ValidateReport, *, jsonl: bool) -> int:
    """Print what was done and found; return the exit code: 1 if errors are left."""
    if jsonl:
        emit_json_lines(invocation, _items(report))
    else:
        emit(invocation, report, lambda report: mended_lines(report, invocation.verbose))
    _hint_skipped(invocation, report.skipped)
    out, changed = report.quarantined, report.quarantined + report.fixed + report.merged
    if report.dry_run:
        hint(invocation, "nothing was changed; leave out --dry-run to do it")
    elif changed and not jsonl:
        if out:
            hint(invocation, "`vault quarantine list` shows what went, and why")
        hint(invocation, "`vault diff` shows what changed, `vault undo` takes it back")
    return 1 if (report.errors if report.dry_run else report.errors_left) else 0


def _items(report: ValidateReport) -> Iterator[Any]:
    for fixes in report.fixes:
        yield from fixes.items
    for found in report.findings:
        yield from found.items


def _hint_skipped(invocation: Invocation, skipped: Sequence[str]) -> None:
    if skipped:
        hint(invocation, not_run(skipped))


class _Counted:
    """Findings that are counted while they go by."""

    def __init__(self, findings: Iterator[Any]) -> None:
        self._findings = findings
        self.errors = 0

    def __iter__(self) -> Iterator[Any]:
        for each in self._findings:
            self.errors += each.severity == _ERROR
            yield each


def _emit_report(invocation: Invocation, report: str, findings: _Counted) -> None:
    from vault.cli.show.finding_reports import junit_pieces, sarif_pieces

    rules = invocation.repository().rules()
    pieces = sarif_pieces if report == "sarif" else junit_pieces
    for piece in pieces(rules, findings):
        emit_text(invocation, piece)


def _words(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return words that were given several at once, with commas; None if none were."""
    words = tuple(word.strip() for each in given for word in each.split(","))
    return tuple(word for word in words if word) or None
