"""`vault score`: labels of evaluation results, example by example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vault.cli.frame import options
from vault.cli.frame.input_stream import standard_input
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.pairs import read_pairs
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.score_text import score_lines

if TYPE_CHECKING:
    from vault.operations.scoring.score import ScoreArguments


@options.command(
    example="vault score samples_qa.jsonl --name small-3 --value acc --lines-of test.jsonl\n"
    "vault score log.json --name small-3 --value match --on prompt\n"
    "vault score results.csv --name small-3 --value correct --map id=example"
)
@click.argument("file", metavar="FILE|-")
@click.option("--name", required=True, metavar="MODEL", help="The model: the label is eval.MODEL.")
@click.option("--value", required=True, metavar="FIELD", help="The field that holds the score.")
@click.option("--on", metavar="WHAT", help="Match by id, prompt, or a field of the examples [id].")
@click.option(
    "--lines-of", metavar="EXPORTED_FILE", help="Match by the place of each line in this file."
)
@click.option(
    "--map",
    "roles",
    metavar="ROLE=FIELD",
    multiple=True,
    help="Where a result has the id, prompt, field, line (from 1) or index (from 0).",
)
@click.option(
    "--only", metavar="FIELD=VALUE", multiple=True, help="Take the results that have this value."
)
@click.option("--partial", is_flag=True, help="Allow more than 5 % that are about no example.")
@click.option("--dry-run", is_flag=True, help="Tell what would be labelled; change nothing.")
def command(
    invocation: Invocation,
    /,
    file: str,
    name: str,
    value: str,
    roles: tuple[str, ...],
    only: tuple[str, ...],
    **given: Any,
) -> None:
    """Label examples with evaluation results: samples_*.jsonl of lm-evaluation-harness, logs of
    Inspect as JSON, output of promptfoo, or any JSON Lines, JSON or CSV with one result a record.

    Scores are numbers or true and false. An example with several results gets their mean. The mean
    of all goes into the notes of the commit that was evaluated: that of --lines-of, else HEAD.
    """
    settings: ScoreArguments = {
        "mapping": read_pairs(roles, "--map", "field"),
        "only": read_pairs(only, "--only"),
        "on": given["on"],
        "lines_of": given["lines_of"],
        "partial": given["partial"],
        "dry_run": given["dry_run"],
    }
    stdin = standard_input("results") if file == "-" else None
    repository = invocation.repository(writing=True)
    report = repository.score(file, name, value, stdin=stdin, **settings)
    emit(invocation, report, score_lines)
    if report.labelled and not report.dry_run:
        hint(
            invocation,
            f"`vault plan --by FIELD --metric {report.label}` shows where the model is weak",
        )
