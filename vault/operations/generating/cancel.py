"""Giving up a run, with its batches at the endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vault.errors import Conflict
from vault.generate.recipe.read_recipe import read_recipe
from vault.generate.rubric.read_rubric import read_rubric
from vault.operations.model_runs.batches import cancel_batches, has_batches
from vault.operations.model_runs.begin_run import Clock, take_up_run
from vault.operations.model_runs.endpoints import endpoint_again
from vault.operations.model_runs.open_runs import RunKind, run_to_resume, unfinished
from vault.operations.model_runs.runs import ShownRun, cancel_run
from vault.session.context import Context
from vault.store.run_ledger import RunLedger


def cancel(
    context: Context, run: str, environment: Mapping[str, str], clock: Clock | None
) -> ShownRun:
    """Give up a run that may go on: its batches are cancelled, and its answers are kept.

    What a batch has done until then is billed, and kept too. Raises NotFound (`run-not-found`),
    Conflict (`run-ended`, `run-locked`, `batch-cancelling`), StorageFailed (`batch-refused`,
    `batch-unreachable`), Corrupt.
    """
    view = context.log.tip().view
    name = run_to_resume(context, view, run)
    kind = next(each.kind for each in unfinished(context, view) if each.run == name)
    with take_up_run(context, name, kind, clock) as ledger:
        if has_batches(ledger):
            _cancel_batches(context, ledger, kind, environment)
    return cancel_run(context, name)


def _cancel_batches(
    context: Context, ledger: RunLedger, kind: RunKind, environment: Mapping[str, str]
) -> None:
    about = ledger.about
    assert about.recipe is not None, "each run keeps its recipe or rubric"
    asked = about.models[0]
    data, file = ledger.folder.file(about.recipe.object), about.recipe.name
    is_judging = kind is RunKind.JUDGE
    model = read_rubric(data, file).judges[0] if is_judging else read_recipe(data, file).model
    model = replace(model, name=asked.model, base_url=asked.endpoint)
    endpoint = endpoint_again(context, model, asked, environment)
    found = cancel_batches(ledger, endpoint)
    if found.going_on is not None:
        raise Conflict(
            f"the endpoint is about to cancel the batch {found.going_on.id}; its answers come then",
            code="batch-cancelling",
            hint=f"`vault runs cancel {about.run}` once more, in some minutes",
        )
