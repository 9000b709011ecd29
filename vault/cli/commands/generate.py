"""`vault generate`: ask a model for examples, by a recipe."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

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
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.model_runs.generate_text import estimate_lines, generate_lines, question_of
from vault.errors import InvalidInput

if TYPE_CHECKING:
    from vault.operations.generating.estimate import EstimateReport
    from vault.operations.generating.report import GenerateReport

_LAST = ""


@options.command(
    example="vault generate --new support.toml --kind support\n"
    "vault generate support.toml -n 500 --dry-run\n"
    "vault generate support.toml -n 500 --budget 2.50\n"
    "vault generate support.toml --plan plan.toml --budget 2.50\n"
    "vault generate --resume"
)
@click.argument("recipe", metavar="RECIPE", required=False)
@click.option(
    "-n",
    "count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Examples to accept [100, or an answer to each prompt].",
)
@click.option(
    "--plan", metavar="FILE", help="Accept as many of each value as this plan says, instead of N."
)
@click.option("--budget", type=Money(), metavar="USD", help="Spend no more in all.")
@click.option(
    "--budget-tokens", type=click.IntRange(min=1), metavar="N", help="The same, in tokens."
)
@click.option(
    "--max-requests", type=click.IntRange(min=1), metavar="N", help="Send no more [3 N + 50]."
)
@click.option("--model", metavar="NAME", help="Ask this model instead of the recipe's.")
@click.option("--base-url", metavar="URL", help="Ask this server instead of the recipe's.")
@click.option("--round", metavar="TEXT", help="The round of the examples [the run].")
@click.option(
    "--in-flight", type=click.IntRange(1, 1024), metavar="N", help="At once, at most [64]."
)
@click.option(
    "--preview",
    type=click.IntRange(1, 50),
    metavar="N",
    help="Send N requests and show the answers.",
)
@click.option("--batch", "is_batch", is_flag=True, help="Submit one batch: half price, in a day.")
@click.option("--review", is_flag=True, help="Let examples wait for a person: `vault ui`.")
@click.option("--dry-run", is_flag=True, help="Tell what would be sent and paid; send nothing.")
@click.option("--new-run", is_flag=True, help="Begin anew beside a run that is not finished.")
@click.option("--yes", is_flag=True, help="Do not ask about the price.")
@click.option(
    "--resume",
    is_flag=False,
    flag_value=_LAST,
    metavar="[RUN]",
    help="Go on with a run [the last].",
)
@click.option(
    "--reparse", metavar="RUN", help="Make the examples of RUN again, by RECIPE if it is given."
)
@click.option("--new", "new", metavar="FILE", help="Write a recipe to begin with.")
@click.option(
    "--kind", metavar="KIND", help="With --new: support, classification, reasoning, tools."
)
def command(invocation: Invocation, /, recipe: str | None, **given: Any) -> int:
    """Ask a model until N examples are accepted, and stage them.

    Every request is kept before it is sent and every answer before it is used: what was paid for is
    never lost, and never bought again by --resume. Answers pass the rules of validate and the
    comparison of dedupe, and give no text of a seed away. Ctrl-C stops sending and waits for what
    is in flight.
    """
    resume, new, reparse = (given.pop(name) for name in ("resume", "new", "reparse"))
    kind, is_sure = given.pop("kind"), given.pop("yes")
    if new is not None:
        from vault.repository.entrance import starting_recipe

        text = starting_recipe(kind or "support")
        write_new_file(invocation, new, text, "vault generate {} -n 5 --dry-run")
        return 0
    if kind is not None:
        raise InvalidInput(
            "--kind says what --new writes", code="options-exclude", hint="add --new FILE"
        )
    if reparse is not None:
        return _reparsed(invocation, reparse, recipe, resume, given)
    if (recipe is None) == (resume is None):
        raise InvalidInput(
            "generate needs a recipe, or --resume",
            code="recipe-missing",
            hint="`vault generate --new support.toml` writes a recipe to begin with",
        )
    preview, dry_run = given.pop("preview"), given.pop("dry_run")
    if preview is not None:
        given.update(count=preview, is_preview=True)
    said = {name: value for name, value in given.items() if value not in (None, False)}
    if dry_run:
        if recipe is None:
            raise InvalidInput(
                "--dry-run is for a recipe", code="options-exclude", hint="leave out --resume"
            )
        report = invocation.repository().estimate(recipe, **said)
        emit(invocation, report, estimate_lines)
        hint(invocation, "`--preview 3` sends three requests and shows the answers")
        return 0
    if recipe is not None:
        _require_agreed(invocation, recipe, said, is_sure=is_sure)
    repository = invocation.repository(writing=True)
    environment = dict(os.environ)
    if recipe is None:
        found = repository.resume(resume or None, environment=environment, **said)
    else:
        found = repository.generate(recipe, environment=environment, **said)
    return _told(invocation, found, is_preview=preview is not None)


def _reparsed(
    invocation: Invocation, run: str, recipe: str | None, resume: str | None, given: dict[str, Any]
) -> int:
    said = [name for name, value in given.items() if value not in (None, False)]
    if resume is not None or said:
        raise InvalidInput(
            "--reparse sends nothing, so that other options mean nothing beside it",
            code="options-exclude",
            hint=f"vault generate {recipe or '[RECIPE]'} --reparse {run}",
        )
    report = invocation.repository(writing=True).reparse(run, recipe)
    emit(invocation, report, generate_lines)
    hint(invocation, "`vault diff` shows what changed, `vault undo` takes it back")
    return 0


def _told(invocation: Invocation, report: GenerateReport, *, is_preview: bool) -> int:
    emit(invocation, report, generate_lines)
    if is_preview or report.preview:
        hint(invocation, f"nothing is staged; `vault runs show {report.run}` has all of it")
    elif report.stopped in ("submitted", "short"):
        hint(invocation, batch_hint("generate", report.run, report.stopped))
    elif (way_on := how_it_goes_on("generate", report.run, report.stopped)) is not None:
        hint(invocation, way_on)
    elif report.stopped in ("rejected", "novelty"):
        hint(
            invocation,
            f"`vault runs export {report.run}` shows the answers; correct the recipe, then "
            "`vault generate RECIPE --new-run`",
        )
    elif report.staged:
        hint(invocation, '`vault diff` shows what is staged, `vault commit -m "..."` records it')
    return 0 if report.preview else exit_code(report.stopped)


def _require_agreed(
    invocation: Invocation, recipe: str, said: dict[str, Any], *, is_sure: bool
) -> None:
    """Ask about the price, unless there is a budget, none, or nobody to ask."""
    has_budget = {"budget", "budget_tokens", "is_preview"} & said.keys()
    if is_sure or has_budget:
        return
    report: EstimateReport = invocation.repository().estimate(recipe, **said)
    if report.cost.most == "0":
        return
    require_agreed(invocation, question_of(report), has_price=report.cost.most is not None)
