"""Judging by a batch: all requests go out together, and are answered within a day."""

from __future__ import annotations

from collections.abc import Sequence

from vault.errors import InvalidInput
from vault.generate.asking import Stopped
from vault.generate.budget import Limits
from vault.generate.endpoint import Endpoint
from vault.generate.requests import Request
from vault.operations.judging.asking import Read, plan_again, to_send, unread
from vault.operations.model_runs.batches import (
    SHORT,
    BatchOutcome,
    fetch_batches,
    outcome_of_fetching,
    outcome_of_submitting,
    require_batches,
    submit_batch,
)
from vault.store.run_ledger import RunLedger


def require_one_judge(endpoints: Sequence[Endpoint]) -> None:
    """Raise InvalidInput (`batch-options`, `batches-missing`) where a batch cannot be asked for."""
    if len(endpoints) > 1:
        raise InvalidInput(
            "a batch is for one judge, and the rubric has a panel",
            code="batch-options",
            hint="leave out --batch, or write a rubric for each judge",
        )
    require_batches(endpoints[0])


def judged_by_batch(
    ledger: RunLedger, endpoint: Endpoint, limits: Limits, read: Read, *, submits: bool
) -> BatchOutcome:
    """Take in what batches have answered; submit what is to be asked where `submits`.

    Raises what `fetch_batches` and `submit_batch` raise.
    """
    found = fetch_batches(ledger, endpoint)
    outcome = outcome_of_fetching(ledger, found)
    if outcome is not None:
        return outcome
    plan_again(ledger, unread(ledger), read)
    requests = [
        Request(each.request, each.sample, ledger.body(each.request)) for each in to_send(ledger)
    ]
    if not requests:
        return BatchOutcome(Stopped.DONE.value)
    if not submits:
        return BatchOutcome(SHORT)
    return outcome_of_submitting(ledger, submit_batch(ledger, endpoint, requests, limits))
