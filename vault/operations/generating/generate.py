"""`generate`: ask a model by a recipe until enough examples are accepted, and stage them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from vault.config import read_team_section
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset, store_pages
from vault.dataset.reading.spoken_texts import read_spoken
from vault.generate.asking import Asked, Stopping, ask
from vault.generate.budget import Limits, Spent
from vault.generate.group_commit import GroupCommit
from vault.generate.recipe.parse_answer import error_message
from vault.generate.usage import most_tokens
from vault.objects.chunk_rows import Made
from vault.objects.json.text import compact_bytes
from vault.objects.log.view import Run, View
from vault.objects.model_run.request import RequestState
from vault.objects.model_run.run_object import encode_run
from vault.objects.runs import Runs
from vault.operations.duplicates.plan.reference import open_reference
from vault.operations.duplicates.settings import comparing_of
from vault.operations.generating.acceptance import Acceptance, Checks
from vault.operations.generating.begin import OpenRun, begun, taken_up
from vault.operations.generating.keeper import LedgerKeeper
from vault.operations.generating.open_runs import FINISHED, STOPPED
from vault.operations.generating.options import GenerateOptions
from vault.operations.generating.planner import Planner
from vault.operations.generating.report import GenerateReport, totals_of
from vault.operations.generating.rounds import DONE, Rounds
from vault.operations.generating.seed_overlap import SeedOverlap
from vault.operations.generating.seeds import Seed, read_seeds
from vault.operations.generating.stage_examples import (
    MadeExample,
    StagedExamples,
    stage_examples,
)
from vault.operations.validation.validate import ValidateOptions, rules_to_run
from vault.session.context import Context, draft_of
from vault.session.recording import writing
from vault.session.trial import trial_of


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
    draft = draft_of(context, context.log.tip().view)
    stage = open_dataset(context.store, draft.manifest)
    recipe = run.recipe
    seeds = [] if recipe.seeds is None else read_seeds(context, stage, recipe.seeds)
    with trial_of(context) as trial:
        stage = open_dataset(trial.store, draft.manifest)
        base = _without(stage, _examples_of(run))
        checks = Checks(
            recipe.accept,
            rules_to_run(context.folder, ValidateOptions()).rules,
            comparing_of(context.folder, {}),
            _overlap(context, recipe.accept.seed_overlap_words, seeds),
        )
        rounds = Rounds(
            recipe,
            run.ledger,
            Planner(recipe, seeds, run.goal.count, run.goal.ordinal),
            Acceptance(trial, base, checks, _source(run)),
            context.progress,
            run.goal.count,
        )
        context.progress.start("accepted", run.goal.count)
        rounds.resume()
        asked = asyncio.run(_ask(run, rounds, options))
        if rounds.stopped is None:
            rounds.decide()
        context.progress.finish()
    # What came back counts more than why no more was sent.
    stopped = rounds.stopped or asked.stopped.value
    return _ended(context, run, rounds, stopped, asked.retries)


async def _ask(run: OpenRun, rounds: Rounds, options: GenerateOptions) -> Asked:
    goal, prices = run.goal, run.endpoint.prices
    limits = Limits(goal.cost, goal.tokens, goal.requests, in_flight=options.in_flight)
    stopping = Stopping()
    with _interrupted_by(stopping):
        async with GroupCommit[Mapping[str, Any]](run.ledger.append) as commit:
            keeper = LedgerKeeper(run.ledger, commit, prices)
            spent = _spent(run)
            return await ask(rounds, run.endpoint, keeper, limits, spent=spent, stopping=stopping)


@contextlib.contextmanager
def _interrupted_by(stopping: Stopping) -> Iterator[None]:
    """Let Ctrl-C stop sending, and wait for what is in flight; the second one does not wait."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stopping.stop)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _spent(run: OpenRun) -> Spent:
    """Return what the run spent before; what may have been billed counts with the most."""
    statuses = run.ledger.statuses()
    totals = totals_of(statuses, None)
    tokens = totals.tokens["prompt"] + totals.tokens["completion"]
    for each in statuses:
        if each.state == RequestState.POSSIBLY_BILLED:
            tokens += sum(most_tokens(run.ledger.body(each.request)))
    cost = totals.cost.amount
    return Spent(None if cost is None else Decimal(cost), tokens, totals.requests)


def _source(run: OpenRun) -> str:
    return f"generate/{run.recipe.name}"


def _examples_of(run: OpenRun) -> set[str]:
    """Return the ids of the examples that the run has accepted so far."""
    return {example for each in run.ledger.statuses() for example in each.examples or ()}


def _without(dataset: Dataset, examples: Collection[str]) -> Dataset:
    """Return a dataset without some examples: a run is not compared with what it made itself."""
    keys = dataset.keys()
    if not examples or not len(keys):
        return dataset
    ids = ids_of(dataset.columns(keys, ["id"]))
    stays = np.array([each.tobytes().hex() not in examples for each in ids], np.bool_)
    runs = Runs.from_keys(dataset.numbers, keys[stays])
    manifest = replace(dataset.manifest, pages=store_pages(dataset.store, runs))
    return Dataset(dataset.store, manifest, numbers=dataset.numbers)


def _overlap(context: Context, words: int, seeds: Sequence[Seed]) -> SeedOverlap | None:
    """Return what must not be given away: the seeds, and the files that vault.toml protects."""
    if not words:
        return None
    texts = [text for each in seeds for text in (each.prompt, each.response)]
    files: Sequence[str] = ()
    if context.folder is not None:
        files = read_team_section(context.folder, "protect").texts("protect.files") or ()
        files = [str(context.folder / each) for each in files]
    for file in files:
        reference = open_reference(context, file)
        keys = reference.dataset.keys()
        for spoken in read_spoken(reference.dataset, keys, reference.understood):
            texts += spoken.texts.to_pylist()
    return SeedOverlap(texts, words) if texts else None


def _ended(
    context: Context, run: OpenRun, rounds: Rounds, stopped: str, retries: int
) -> GenerateReport:
    """Stage what was accepted and store the run's object, as one operation; return the report."""
    is_done = stopped == DONE or run.goal.is_preview
    ledger = run.ledger
    ledger.set_state(FINISHED if is_done else STOPPED)
    about = ledger.about
    made = [] if run.goal.is_preview else list(_made(run, rounds))
    with writing(context):
        answers = context.store.put(encode_run(about, ledger.rows()))
        found = Run(answers, FINISHED if is_done else STOPPED, about.names())

        def with_run(view: View) -> View:
            return replace(view, runs={**view.runs, run.name: found})

        staged = stage_examples(
            context, made, source=_source(run), round=run.goal.round, with_run=with_run
        )
    report = _report(run, rounds, stopped, retries, staged)
    if is_done:
        ledger.folder.remove()
    return report


def _made(run: OpenRun, rounds: Rounds) -> Iterator[MadeExample]:
    for each in sorted(rounds.decided, key=lambda each: each.number):
        seeds = list(each.drawn.seeds)
        origin = compact_bytes({"seeds": seeds}).decode() if seeds else None
        made = Made(run.name, run.endpoint.model, each.number, origin)
        for record in each.records:
            yield MadeExample(record, made)


def _report(
    run: OpenRun, rounds: Rounds, stopped: str, retries: int, staged: StagedExamples
) -> GenerateReport:
    prices = run.endpoint.prices
    totals = totals_of(run.ledger.statuses(), None if prices is None else prices.currency)
    reasons: dict[str, str] = {}
    for each in rounds.decided:
        for rejection in each.rejections:
            reasons.setdefault(rejection.reason, rejection.told)
    for status in run.ledger.statuses():
        if status.state == RequestState.FAILED and status.reason not in reasons:
            answer = run.ledger.answer(status.request) or b""
            reasons[status.reason or ""] = error_message(answer)
    records = [record for each in rounds.decided for record in each.records]
    return GenerateReport(
        run=run.name,
        recipe=run.recipe.name,
        requests=totals.requests,
        answers=totals.answers,
        accepted=totals.accepted,
        rejected=totals.rejected,
        failed=totals.failed,
        tokens=totals.tokens,
        cost=totals.cost,
        stopped=stopped,
        wanted=run.goal.count,
        staged=staged.staged,
        retries=retries,
        estimated=totals.estimated,
        possibly_billed=totals.possibly_billed,
        stage=staged.stage,
        reasons=reasons,
        preview=tuple(records) if run.goal.is_preview else (),
    )
