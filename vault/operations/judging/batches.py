"""Judging by a batch: all requests go out together, and are answered within a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vault.errors import InvalidInput
from vault.generate.asking import Stopped
from vault.generate.budget import Limits, Short
from vault.generate.endpoint import Endpoint
from vault.generate.requests import Request
from vault.operations.judging.asking import Read, plan_again, to_send, unread
from vault.operations.model_runs.batches import fetch_batches, require_batches, submit_batch
from vault.store.run_ledger import SUBMITTED, RunLedger

SHORT = "short"
"""Why a run stops whose batch came back with fewer verdicts than it asked for."""


@dataclass(frozen=True, slots=True)
class JudgeOutcome:
    """Why a run of judging stops, and what is at the endpoint: the id of a batch, and requests.

    `told` is why the endpoint refused a batch.
    """

    stopped: str
    batch: str | None = None
    waiting: int = 0
    told: str | None = None


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
) -> JudgeOutcome:
    """Take in what batches have answered; submit what is to be asked where `submits`.

    Raises what `fetch_batches` and `submit_batch` raise.
    """
    found = fetch_batches(ledger, endpoint)
    if found.going_on is not None:
        waiting = len(ledger.batches[found.going_on.id].requests) - found.going_on.done
        return JudgeOutcome(SUBMITTED, found.going_on.id, waiting)
    if found.told is not None:
        return JudgeOutcome(Stopped.REFUSED.value, told=found.told)
    plan_again(ledger, unread(ledger), read)
    requests = [
        Request(each.request, each.sample, ledger.body(each.request)) for each in to_send(ledger)
    ]
    if not requests:
        return JudgeOutcome(Stopped.DONE.value)
    if not submits:
        return JudgeOutcome(SHORT)
    batch = submit_batch(ledger, endpoint, requests, limits)
    if isinstance(batch, Short):
        return JudgeOutcome(batch.value)
    return JudgeOutcome(SUBMITTED, batch, len(ledger.batches[batch].requests))
