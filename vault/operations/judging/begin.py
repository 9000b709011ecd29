"""Beginning a run of judging, or taking up one that was begun: all that it needs, opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from vault.errors import Conflict, Corrupt, InvalidInput, NotFound
from vault.generate.budget import Limits
from vault.generate.endpoint import Endpoint
from vault.generate.ladder import Step
from vault.generate.rubric.read_rubric import read_rubric
from vault.generate.rubric.rubric import Rubric
from vault.objects.digest import digest_of
from vault.objects.model_run.about import AskedModel, RecipeFile, RunAbout
from vault.operations.judging.batches import require_one_judge
from vault.operations.judging.goal import JudgeGoal, judge_goal_of
from vault.operations.judging.options import JudgeOptions
from vault.operations.judging.requests import JudgeRequests
from vault.operations.judging.selection import Selection, select_examples
from vault.operations.judging.shown import shown_examples
from vault.operations.model_runs.begin_run import (
    begin_run,
    new_run_name,
    refuse_beside,
    settings_of,
    take_up_run,
)
from vault.operations.model_runs.endpoints import (
    endpoint_again,
    endpoint_of,
    price_list,
    require_confirmed,
)
from vault.operations.model_runs.open_runs import RunKind, ended_runs, runs_of_recipe
from vault.operations.model_runs.probe import probe
from vault.session.context import Context
from vault.store.request_lines import PlannedRequest
from vault.store.run_ledger import RunLedger
from vault.version import __version__

_AT_ONCE = 256
"""Requests that are planned with one fsync."""


@dataclass(frozen=True, slots=True)
class OpenJudging:
    """A run of judging that this process owns, until its folder is closed."""

    ledger: RunLedger
    rubric: Rubric
    goal: JudgeGoal
    endpoints: Sequence[Endpoint]

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.ledger.folder.run


def rubric_of(path: str) -> tuple[Rubric, bytes]:
    """Return the rubric in a file, and its bytes.

    Raises NotFound (`rubric-not-found`), InvalidInput (`rubric-invalid`, `rubric-unreadable`).
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}",
            code="rubric-not-found",
            hint="`vault judge --new FILE` writes a rubric to begin with",
        ) from None
    return read_rubric(data, Path(path).name), data


def endpoints_of(context: Context, rubric: Rubric, options: JudgeOptions | None) -> list[Endpoint]:
    """Return the endpoint of each judge; without options no key is looked for.

    Raises what `endpoint_of` raises, and InvalidInput (`currencies-mixed`).
    """
    day = context.intent.time[:10]
    environment = None if options is None else options.environment
    found = [
        endpoint_of(
            context.folder,
            each if options is not None else replace(each, api_key_env=None),
            environment,
            day=day,
        )
        for each in rubric.judges
    ]
    currencies = {each.prices.currency for each in found if each.prices is not None}
    if len(currencies) > 1:
        raise InvalidInput(
            f"the judges of {rubric.file} have prices in {', '.join(sorted(currencies))}",
            code="currencies-mixed",
            hint="give their prices in one currency: [generate] prices in vault.toml",
        )
    return found


@contextmanager
def begun(
    context: Context,
    path: str,
    options: JudgeOptions,
    *,
    revision: str | None,
    expressions: Sequence[str],
) -> Iterator[OpenJudging | Selection]:
    """Begin a run of a rubric; yields the selection alone where there is nothing to ask.

    Every request is planned before the first is sent. Raises what `rubric_of`, `endpoints_of`,
    `select_examples` and `shown_examples` raise, Conflict (`run-unfinished`,
    `endpoint-unconfirmed`), and InvalidInput (`goal-invalid`, `price-unknown`).
    """
    rubric, data = rubric_of(path)
    endpoints = endpoints_of(context, rubric, options)
    view = context.log.tip().view
    ended = ended_runs(context, view)
    for each in endpoints:
        is_agreed = each.url in {url.rstrip("/") for url in options.endpoints}
        require_confirmed(ended, each, confirmed=is_agreed, flag="--endpoint")
    if not options.new_run:
        earlier = runs_of_recipe(context, ended, rubric.file)
        refuse_beside(context, view, earlier, rubric.file, RunKind.JUDGE)
    chosen = select_examples(context, rubric, options, revision=revision, expressions=expressions)
    goal = JudgeGoal(chosen.branch, 0, pairwise=options.pairwise).with_limits(options)
    goal.require_prices(endpoints)
    if options.is_batch:
        require_one_judge(endpoints)
    attempt = JudgeRequests(rubric, skipped=dict(chosen.skipped))
    if next(planned_requests(attempt, chosen, pairwise=options.pairwise), None) is None:
        yield replace(chosen, skipped=attempt.skipped)
        return
    with _begun_run(context, options, rubric, data, endpoints, chosen) as ledger:
        steps = _steps(context, ledger, rubric, endpoints, goal)
        requests = JudgeRequests(
            rubric, skipped=dict(chosen.skipped), steps=steps, before=len(ledger)
        )
        _plan(ledger, planned_requests(requests, chosen, pairwise=options.pairwise))
        goal = replace(
            goal,
            examples=len(requests.judged),
            skipped=requests.skipped,
            same_family=chosen.same_family,
        )
        # Written last: a run without it was not planned to its end.
        ledger.append([goal.to_line()])
        yield OpenJudging(ledger, rubric, goal, endpoints)


def _begun_run(
    context: Context,
    options: JudgeOptions,
    rubric: Rubric,
    data: bytes,
    endpoints: Sequence[Endpoint],
    chosen: Selection,
) -> AbstractContextManager[RunLedger]:
    settings = settings_of(context)
    about = RunAbout(
        run=new_run_name(context, options.token),
        kind=RunKind.JUDGE,
        program=f"vault {__version__}",
        models=tuple(AskedModel(e.model, e.url, price_list(e.prices)) for e in endpoints),
        recipe=RecipeFile(rubric.file, digest_of(data)),
        manifest=chosen.manifest,
        settings=digest_of(settings) if settings else None,
    )
    return begin_run(context, about, [data, *([settings] if settings else [])], options.clock)


def _steps(
    context: Context,
    ledger: RunLedger,
    rubric: Rubric,
    endpoints: Sequence[Endpoint],
    goal: JudgeGoal,
) -> dict[str, Step]:
    """Return the step by which each judge is asked for JSON, which a probe finds out."""
    limits = Limits(goal.cost, goal.tokens)
    return {
        model.name: probe(context, ledger, model, endpoint, limits, wanted=Step.SCHEMA).step
        for model, endpoint in zip(rubric.judges, endpoints, strict=True)
    }


def _plan(ledger: RunLedger, planned: Iterator[PlannedRequest]) -> None:
    while batch := list(islice(planned, _AT_ONCE)):
        ledger.plan(batch)


def planned_requests(
    requests: JudgeRequests, chosen: Selection, *, pairwise: bool
) -> Iterator[PlannedRequest]:
    """Yield the requests for a selection, in order."""
    examples = shown_examples(chosen.stage, chosen.keys, requests.rubric)
    return requests.pairwise(examples) if pairwise else requests.pointwise(examples)


@contextmanager
def taken_up(context: Context, run: str | None, options: JudgeOptions) -> Iterator[OpenJudging]:
    """Take up a run of judging that is not finished, with the rubric that it was begun with.

    Raises NotFound (`run-not-found`), Conflict (`run-ended`, `run-locked`, `run-of-another-kind`,
    `run-unplanned`), InvalidInput (`goal-invalid`, `price-unknown`), Corrupt.
    """
    with take_up_run(context, run, RunKind.JUDGE, options.clock) as ledger:
        about, kept = ledger.about, judge_goal_of(ledger.folder)
        if about.recipe is None:
            raise Corrupt(
                f"the run {about.run} has no rubric",
                code="run-damaged",
                hint="`vault fsck` tells what is damaged; `vault runs show` what was answered",
            )
        if kept is None:
            raise Conflict(
                f"the run {about.run} ended before it had planned what to ask; nothing was sent",
                code="run-unplanned",
                hint=f"`vault runs cancel {about.run}`, then `vault judge {about.recipe.name}`",
            )
        rubric = read_rubric(ledger.folder.file(about.recipe.object), about.recipe.name)
        endpoints = [
            endpoint_again(context, model, asked, options.environment)
            for model, asked in zip(rubric.judges, about.models, strict=True)
        ]
        goal = kept.with_limits(options)
        goal.require_prices(endpoints)
        if goal != kept:
            ledger.append([goal.to_line()])
        yield OpenJudging(ledger, rubric, goal, endpoints)
