"""A run by batches: what came back is taken in, and as many requests as may be needed go out."""

from __future__ import annotations

from collections.abc import Iterator

from vault.errors import Corrupt
from vault.generate.batch_lines import MOST_REQUESTS
from vault.generate.budget import Limits
from vault.objects.model_run.request import RequestState, RequestStatus
from vault.objects.model_run.run_object import decode_about, decode_statuses
from vault.operations.generating.begin import OpenRun
from vault.operations.generating.options import GenerateOptions
from vault.operations.generating.rounds import Rounds
from vault.operations.model_runs.batches import (
    SHORT,
    BatchOutcome,
    Fetched,
    fetch_batches,
    has_batches,
    outcome_of_fetching,
    outcome_of_submitting,
    require_batches,
    submit_batch,
)
from vault.operations.model_runs.probe import is_probe
from vault.session.context import Context

_LAST = 200
_LEAST_SHARE = 0.1
_DECIDED = frozenset({RequestState.ACCEPTED, RequestState.REJECTED})


def is_by_batch(run: OpenRun, options: GenerateOptions) -> bool:
    """Return whether a run goes on by batches: it has had one, or is to have one.

    Raises InvalidInput (`batches-missing`) where it is to have one and the endpoint takes none.
    """
    if options.is_batch:
        require_batches(run.endpoint)
    return options.is_batch or has_batches(run.ledger)


def fetched(run: OpenRun) -> Fetched:
    """Take in what batches have answered. Raises what `fetch_batches` raises."""
    return fetch_batches(run.ledger, run.endpoint)


def next_batch(
    context: Context,
    run: OpenRun,
    rounds: Rounds,
    options: GenerateOptions,
    limits: Limits,
    found: Fetched,
) -> BatchOutcome:
    """Decide what came back, and submit the next batch where that was asked for.

    Raises what `submit_batch` raises.
    """
    rounds.decide()
    if found.going_on is None and rounds.stopped is not None:
        return BatchOutcome(rounds.stopped)
    fetched = outcome_of_fetching(run.ledger, found)
    if fetched is not None:
        return fetched
    if not options.is_batch:
        return BatchOutcome(SHORT)
    share = acceptance_of(context, run)
    needed = min(-(-rounds.missing // share), MOST_REQUESTS)
    requests = rounds.take_many(int(needed))
    if not requests:
        return BatchOutcome(rounds.stopped or rounds.planner.at_end)
    submitted = submit_batch(run.ledger, run.endpoint, requests, limits)
    return outcome_of_submitting(run.ledger, submitted)


def acceptance_of(context: Context, run: OpenRun) -> float:
    """Return the examples that a recipe makes of an answer, by its last 200 answers.

    1 where there are none, and at least a tenth: what never works is not asked thousands of times.
    Costs reading the runs of the recipe, the newest first, until there are as many.
    """
    accepted = answers = 0
    for statuses in _newest_first(context, run):
        for each in reversed(statuses):
            if each.state not in _DECIDED or is_probe(each):
                continue
            accepted += len(each.examples or ()) if each.state == RequestState.ACCEPTED else 0
            answers += 1
            if answers == _LAST:
                return max(accepted / answers, _LEAST_SHARE)
    return max(accepted / answers, _LEAST_SHARE) if answers else 1.0


def _newest_first(context: Context, run: OpenRun) -> Iterator[list[RequestStatus]]:
    yield run.ledger.statuses()
    earlier: list[tuple[str, bytes]] = []
    for name, each in context.log.tip().view.runs.items():
        if each.object is None or name == run.name:
            continue
        try:
            data = context.store.get(each.object)
            about = decode_about(data)
        except Corrupt:
            continue  # of no help, and no reason not to go on
        if about.recipe is not None and about.recipe.name == run.recipe.name:
            earlier.append((about.started or "", data))
    for _, data in sorted(earlier, reverse=True):
        yield decode_statuses(data)
