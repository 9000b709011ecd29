"""`generate`: ask a model by a recipe until enough examples are accepted, and stage them."""

from __future__ import annotations

from dataclasses import replace

from vault.dataset.reading.dataset import open_dataset
from vault.errors import Corrupt, InvalidInput, NotFound
from vault.generate.asking import Stopped
from vault.generate.budget import Limits
from vault.generate.completion import error_message
from vault.generate.ladder import PROBED
from vault.objects.digest import Digest
from vault.objects.log.view import Run
from vault.objects.model_run.request import RequestState
from vault.objects.model_run.run_object import encode_run
from vault.operations.generating.batch_runs import (
    fetched,
    is_by_batch,
    next_batch,
)
from vault.operations.generating.begin import OpenRun, begun, taken_up
from vault.operations.generating.open_acceptance import open_acceptance, source_of
from vault.operations.generating.options import GenerateOptions
from vault.operations.generating.prompts import planner_of
from vault.operations.generating.report import (
    DONE,
    GenerateReport,
    accepted_of,
    report_of,
)
from vault.operations.generating.rounds import Rounds
from vault.operations.generating.seeds import Seed, read_seeds, require_seeds
from vault.operations.generating.stage_examples import StagedExamples, made_by, stage_examples
from vault.operations.model_runs.batches import BatchOutcome, Fetched
from vault.operations.model_runs.open_runs import FINISHED, STOPPED, draft_of_run
from vault.operations.model_runs.probe import is_probe, probe
from vault.operations.model_runs.send import send
from vault.session.context import Context, workspace_of
from vault.session.recording import writing
from vault.session.trial import trial_of
from vault.store.run_ledger import SUBMITTED


def generate(context: Context, path: str, options: GenerateOptions) -> GenerateReport:
    """Ask a model by the recipe in a file until enough examples are accepted, and stage them.

    Every request is kept in the run's folder before it is sent, every answer before it is used.
    Examples are staged once, when the run stops, with the run's object in the same operation.
    Raises what `begun`, `read_seeds` and `ask` raise; what was answered until then is kept.
    """
    with begun(context, path, options) as run:
        return _driven(context, run, options)


def resume(context: Context, run: str | None, options: GenerateOptions) -> GenerateReport:
    """Go on with a run that is not finished (the last one): no answer is bought twice.

    Raises what `taken_up`, `read_seeds` and `ask` raise.
    """
    with taken_up(context, run, options) as found:
        return _driven(context, found, options)


def _driven(context: Context, run: OpenRun, options: GenerateOptions) -> GenerateReport:
    is_batch = is_by_batch(run, options)
    found = fetched(run) if is_batch else Fetched()
    draft = draft_of_run(context, context.log.tip().view, run.goal.branch)
    stage = open_dataset(context.store, draft.manifest)
    seeds = read_seeds(context, stage, run.recipe.seeds)
    if run.recipe.seeds is not None and not len(run.ledger):
        require_seeds(seeds, run.recipe.seeds)
    run, cannot = _probed(context, run, options)
    recipe = run.recipe
    known = {each.id for each in seeds}
    before = _shown_before(context, run, draft.manifest)
    shown = [*seeds, *(each for each in before if each.id not in known)]
    with trial_of(context) as trial:
        own = accepted_of(run.ledger.statuses())
        rounds = Rounds(
            recipe,
            run.ledger,
            planner_of(context, stage, recipe, run.goal, seeds, plan=run.plan, own=own),
            open_acceptance(trial, draft.manifest, recipe, shown, own),
            context.progress,
            run.goal.count,
            is_batch,
        )
        context.progress.start("accepted", run.goal.count)
        rounds.resume()
        retries, outcome = 0, None
        if cannot is None and is_batch:
            limits = _limits(run, options)
            outcome = next_batch(context, run, rounds, options, limits, found)
        elif cannot is None:
            asked = send(run.ledger, rounds, run.endpoint, _limits(run, options))
            cannot, retries = asked.stopped, asked.retries
        if rounds.stopped is None and outcome is None:
            rounds.decide()
        context.progress.finish()
    if outcome is None:
        # What came back counts more than why no more was sent.
        outcome = BatchOutcome(rounds.stopped or (cannot or Stopped.DONE).value)
    return _ended(context, run, rounds, outcome, retries)


def _limits(run: OpenRun, options: GenerateOptions) -> Limits:
    """Return the limits of a run; a preview shows as many answers as it was asked for."""
    goal = run.goal
    probes = sum(map(is_probe, run.ledger.statuses())) if goal.is_preview else 0
    return Limits(goal.cost, goal.tokens, goal.requests + probes, in_flight=options.in_flight)


def _probed(
    context: Context, run: OpenRun, options: GenerateOptions
) -> tuple[OpenRun, Stopped | None]:
    """Return a run with the step by which its endpoint is asked for JSON.

    And why nothing can be asked, where a probe found that.
    """
    recipe = run.recipe
    limits = _limits(run, options)
    if run.goal.is_preview:
        limits = replace(limits, requests=run.goal.requests + len(PROBED))
    probed = probe(
        context, run.ledger, recipe.model, run.endpoint, limits, wanted=recipe.wanted_step
    )
    return replace(run, recipe=replace(recipe, step=probed.step)), probed.stopped


def _shown_before(context: Context, run: OpenRun, manifest: Digest | None) -> list[Seed]:
    """Return the seeds that the run began with: its answers give away none of them either."""
    seeds, begun_with = run.recipe.seeds, run.ledger.about.manifest
    if seeds is None or seeds.file is not None or begun_with in (None, manifest):
        return []
    try:
        return read_seeds(context, open_dataset(context.store, begun_with), seeds)
    except (Corrupt, NotFound, InvalidInput):
        return []  # parts of it may be gone: nothing keeps them


def _ended(
    context: Context, run: OpenRun, rounds: Rounds, outcome: BatchOutcome, retries: int
) -> GenerateReport:
    """Stage what was accepted and store the run's object, as one operation; return the report."""
    is_done = outcome.stopped == DONE or run.goal.is_preview
    is_submitted = outcome.stopped == SUBMITTED
    state = FINISHED if is_done else SUBMITTED if is_submitted else STOPPED
    ledger = run.ledger
    about = ledger.about
    model = run.endpoint.model
    made = [] if run.goal.is_preview else list(made_by(run.name, model, rounds.decided))
    with writing(context):
        rows = encode_run(about, ledger.rows(), is_submitted=is_submitted)
        found = Run(context.store.put(rows), state, about.names())
        staged = stage_examples(
            context,
            made,
            source=source_of(run.recipe),
            round=run.goal.round,
            branch=run.goal.branch,
            review=run.goal.review or run.recipe.accept.review,
            with_run=lambda view: view.with_run(run.name, found),
        )
    report = _report(context, run, rounds, outcome, retries, staged)
    if is_done:
        ledger.folder.remove()
    else:
        ledger.set_state(state)
    return report


def _report(
    context: Context,
    run: OpenRun,
    rounds: Rounds,
    outcome: BatchOutcome,
    retries: int,
    staged: StagedExamples,
) -> GenerateReport:
    prices = run.endpoint.prices
    statuses = run.ledger.statuses()
    report = report_of(
        run.name,
        run.recipe.name,
        statuses,
        rounds.decided,
        currency=None if prices is None else prices.currency,
        wanted=run.goal.count,
        stopped=outcome.stopped,
        staged=staged,
    )
    reasons = dict(report.reasons)
    for each in statuses:
        if each.state == RequestState.FAILED and each.reason not in reasons:
            answer = run.ledger.answer(each.request) or b""
            reasons[each.reason or ""] = error_message(answer)
    if outcome.told:
        reasons["batch"] = outcome.told
    records = [record for each in rounds.decided for record in each.records]
    preview = tuple(records) if run.goal.is_preview else ()
    here = workspace_of(context.log.tip().view).branch
    branch = run.goal.branch if staged.staged and run.goal.branch != here else None
    return replace(
        report,
        reasons=reasons,
        retries=retries,
        preview=preview,
        branch=branch,
        batch=outcome.batch,
        waiting=outcome.waiting,
    )
