"""`vault judge`: let models judge examples by a rubric."""

from __future__ import annotations

import os
import shlex
from typing import Any

import click

from vault.cli.frame import options
from vault.cli.frame.asking_models import (
    Money,
    batch_hint,
    exit_code,
    how_it_goes_on,
    require_agreed,
    write_new_file,
)
from vault.cli.frame.conditions import condition_options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.model_runs.judge_text import judge_estimate_lines, judge_lines, judge_question
from vault.errors import InvalidInput
from vault.operations.judging.report import JudgeReport

_LAST = ""


@options.command(
    example="vault judge --new help.toml --kind instructions\n"
    "vault judge help.toml --sample 50 --dry-run\n"
    "vault judge help.toml --where \"round = 'r2'\" --budget 1.50\n"
    "vault judge --resume\n"
    "vault agreement quality judge.instructions.score --positive good --cut 0.5"
)
@click.argument("rubric", metavar="RUBRIC", required=False)
@click.argument("revision", metavar="[REV]", required=False)
@condition_options
@click.option("--budget", type=Money(), metavar="USD", help="Spend no more in all.")
@click.option(
    "--budget-tokens", type=click.IntRange(min=1), metavar="N", help="The same, in tokens."
)
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Judge N of the examples.")
@click.option("--pairwise", is_flag=True, help="Compare two answers: A, B, or a tie.")
@click.option(
    "--in-flight", type=click.IntRange(1, 1024), metavar="N", help="At once, at most [64]."
)
@click.option(
    "--endpoint",
    "endpoints",
    metavar="URL",
    multiple=True,
    help="Agree that examples go to this server of the rubric.",
)
@click.option("--batch", "is_batch", is_flag=True, help="Submit one batch: half price, in a day.")
@click.option("--dry-run", is_flag=True, help="Tell what would be asked and paid; send nothing.")
@click.option("--new-run", is_flag=True, help="Begin anew beside a run that is not finished.")
@click.option("--yes", is_flag=True, help="Do not ask about the price.")
@click.option(
    "--resume",
    is_flag=False,
    flag_value=_LAST,
    metavar="[RUN]",
    help="Go on with a run [the last].",
)
@click.option("--new", "new", metavar="FILE", help="Write a rubric to begin with.")
@click.option(
    "--kind", metavar="KIND", help="With --new: instructions, faithfulness, tools, reasoning."
)
def command(
    invocation: Invocation, /, rubric: str | None, revision: str | None, **given: Any
) -> int:
    """Ask models the yes/no questions of a rubric, and label examples with the verdicts.

    Judged are the staged examples, or those of REV that are staged. Labels are judge.NAME.score (0
    to 1) and judge.NAME.CRITERION; several judges make a panel, whose majority counts. What the
    rubric judged before is skipped. Every request is kept before it is sent and every answer before
    it is used. Check a judge against people before you trust it: `vault agreement`.
    """
    resume, new, kind = (given.pop(name) for name in ("resume", "new", "kind"))
    is_sure, dry_run = given.pop("yes"), given.pop("dry_run")
    if new is not None:
        from vault.repository.entrance import starting_rubric

        text = starting_rubric(kind or "instructions")
        write_new_file(invocation, new, text, "vault judge {} --sample 20 --dry-run")
        return 0
    if kind is not None:
        raise InvalidInput(
            "--kind says what --new writes", code="options-exclude", hint="add --new FILE"
        )
    if (rubric is None) == (resume is None):
        raise InvalidInput(
            "judge needs a rubric, or --resume",
            code="rubric-missing",
            hint="`vault judge --new help.toml` writes a rubric to begin with",
        )
    said = {name: value for name, value in given.items() if value not in (None, False, ())}
    if rubric is None:
        return _resumed(invocation, resume or None, said, dry_run=dry_run)
    if dry_run:
        report = invocation.repository().estimate_judging(rubric, revision, **said)
        emit(invocation, report, judge_estimate_lines)
        return 0
    if not is_sure and not {"budget", "budget_tokens"} & said.keys():
        estimate = invocation.repository().estimate_judging(rubric, revision, **said)
        if estimate.examples and estimate.cost.most != "0":
            has_price = estimate.cost.most is not None
            require_agreed(invocation, judge_question(estimate), has_price=has_price)
    repository = invocation.repository(writing=True)
    judged = repository.judge(rubric, revision, environment=dict(os.environ), **said)
    return _told(invocation, judged, rubric)


def _resumed(
    invocation: Invocation, run: str | None, said: dict[str, Any], *, dry_run: bool
) -> int:
    """Go on with a run. Raises InvalidInput (`resume-options`)."""
    may_be_said = {"budget", "budget_tokens", "in_flight", "is_batch"}
    other = next((name for name in said if name not in may_be_said), None)
    if dry_run or other is not None:
        option = "--dry-run" if dry_run else f"--{(other or '').replace('_', '-')}"
        raise InvalidInput(
            f"{option} is for a new run, and --resume goes on with one as it was begun",
            code="resume-options",
            hint=f"leave out {option}",
        )
    repository = invocation.repository(writing=True)
    report = repository.resume_judging(run, environment=dict(os.environ), **said)
    return _told(invocation, report, report.rubric)


def _told(invocation: Invocation, report: JudgeReport, path: str) -> int:
    emit(invocation, report, judge_lines)
    way_on = how_it_goes_on("judge", report.run or "", report.stopped)
    if way_on is not None:
        hint(invocation, way_on)
    elif report.stopped in ("submitted", "short"):
        hint(invocation, batch_hint("judge", report.run or "", report.stopped))
    elif report.stopped == "rejected":
        hint(invocation, f"`vault runs export {report.run}` shows what the judge answers")
    elif report.run is not None:
        hint(invocation, _next_step(report, path))
    is_in_vain = report.wanted > 0 and report.judged == 0
    return 1 if is_in_vain and report.stopped == "done" else exit_code(report.stopped)


def _next_step(report: JudgeReport, path: str) -> str:
    if report.unjudged:
        again = f"vault judge {shlex.quote(path)}{' --pairwise' if report.pairs else ''}"
        return f"`{again}` asks again about those without a verdict"
    label = next(iter(report.labels))
    cut = " --cut 0.5" if label.endswith(".score") else ""
    return (
        "label some by hand in `vault ui`, then "
        f"`vault agreement LABEL {label}{cut}` tells how far the judge agrees with you"
    )
