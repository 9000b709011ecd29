"""`vault dedupe`: take duplicates out, one of each cluster stays."""

from __future__ import annotations

from typing import Any

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.pairs import read_pairs
from vault.cli.frame.render import emit, emit_json_lines, hint, warn
from vault.cli.show.dedupe_text import next_step, report_lines
from vault.presentation.quantities import plural

_EXAMPLE = """\
vault dedupe --dry-run
vault dedupe --threshold 0.9 --keep label:quality
vault dedupe --against eval.jsonl --on prompt
vault dedupe --against eval.jsonl --map user=task --containment 13
vault dedupe --engine ray
vault dedupe --mark"""


@options.command(example=_EXAMPLE)
@click.option("--exact", is_flag=True, help="Only those whose conversations are equal.")
@click.option(
    "--threshold",
    type=float,
    metavar="SHARE",
    help="How alike two are at least: the share of runs of five words in common (0.8).",
)
@click.option(
    "--on",
    type=click.Choice(["conversation", "prompt", "response"]),
    help="Which part is compared; system messages never are.",
)
@click.option(
    "--keep",
    metavar="POLICY",
    help="Which stays: first, last, longest, label:NAME or source:NAME. Else one that has a "
    "label, else the first.",
)
@click.option(
    "--against",
    metavar="REV|FILE",
    help="Take out what is in another version or a file, such as an evaluation set; no others.",
)
@click.option(
    "--containment",
    type=int,
    metavar="WORDS",
    help="With --against: what has a run of so many words in common with it (13 is usual).",
)
@click.option(
    "--map",
    "roles",
    metavar="ROLE=FIELD",
    multiple=True,
    help="With --against FILE: which field holds the user's, assistant's or system's text.",
)
@click.option(
    "--format", metavar="NAME", help="With --against FILE: how its records are read, as by import."
)
@click.option("--within", metavar="FIELD", help="Compare only those with the same value of this.")
@click.option(
    "--count-shared", is_flag=True, default=None, help="Also compare text that most examples share."
)
@click.option("--mark", is_flag=True, help="Label clusters (labels.cluster); take nothing out.")
@click.option("--yes", is_flag=True, help="Go on where more than 30 % would go.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would go; change nothing.")
@click.option(
    "--engine",
    default="local",
    metavar="ENGINE",
    help="Who does the work: local (this process), ray (a cluster of this machine) or ray=ADDRESS.",
)
@click.option("--limit", default=5, metavar="N", help="Clusters that are shown (5).")
@click.option("--jsonl", is_flag=True, help="Print every pair, one JSON object a line.")
def command(
    invocation: Invocation,
    /,
    roles: tuple[str, ...],
    dry_run: bool,
    jsonl: bool,
    **given: Any,
) -> None:
    """Take exact and near duplicates out of the stage; one of each cluster stays.

    Text that more than 5 % of the examples share does not count, nor do instructions of smaller
    tasks. Examples alike but for their short answers are reported as conflicts and stay.
    """
    repository = invocation.repository(writing=not dry_run)
    report = repository.dedupe(
        dry_run=dry_run,
        all_pairs=jsonl,
        mapping=read_pairs(roles, "--map") or None,
        **given,
    )
    if jsonl:
        emit_json_lines(invocation, report.pairs)
        return
    emit(invocation, report, lambda report: report_lines(report, invocation.verbose))
    if report.unread:
        warn(invocation, f"{plural(report.unread, 'line')} of {report.against} could not be read")
    if report.too_much is not None:
        warn(invocation, f"{report.too_much}: without --dry-run this is refused, unless with --yes")
    step = next_step(report)
    if step:
        hint(invocation, step)
