"""Batches of a run: submitted, found again after a crash, fetched and cancelled.

The order of what is made durable is that of docs/format/runs.md, section 5, step 7: requests as
`sent`, then the batch at the endpoint, then its id, before anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from vault.errors import StorageFailed
from vault.generate.batch_lines import (
    MOST_BYTES,
    MOST_REQUESTS,
    BatchedAnswer,
    input_line,
    read_output,
)
from vault.generate.budget import Budget, Limits, Short
from vault.generate.endpoint import Endpoint
from vault.generate.prices import money_text
from vault.generate.requests import Request
from vault.generate.usage import usage_of
from vault.objects.model_run.request import RequestState
from vault.operations.model_runs.send import run_to_end, spent_before
from vault.store.request_lines import answered_line, batch_line, decided_line, sent_line
from vault.store.run_ledger import SUBMITTED, RunLedger

if TYPE_CHECKING:
    from vault.generate.batch_client import BatchClient, BatchState

SUBMITTING = "submitting"
"""The type of the line before a batch is submitted; readers pass over types they do not know."""

GONE = "batch-gone"
"""The code of the error about a batch that the endpoint does not have any more."""

SHORT = "short"
"""The reason why a run stops whose batch came back with less than the run is to have."""

_AT_ONCE = 256
_WAITING = frozenset({RequestState.SENT, RequestState.POSSIBLY_BILLED})
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The batches of a run after a look at them.

    `going_on` is one that is not answered yet. `told` is why an endpoint refused one.
    """

    going_on: BatchState | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """The end of a step of a run by batches, and the batch that is at the endpoint then.

    `waiting` requests of it have no answer yet. `told` is why the endpoint refused a batch.
    """

    stopped: str
    batch: str | None = None
    waiting: int = 0
    told: str | None = None


def outcome_of_fetching(ledger: RunLedger, found: Fetched) -> BatchOutcome | None:
    """Return the outcome where a batch goes on or was refused; None where a run may go on."""
    if found.going_on is not None:
        state = found.going_on
        waiting = len(ledger.batches[state.id].requests) - state.done
        return BatchOutcome(SUBMITTED, state.id, waiting)
    return None if found.told is None else BatchOutcome("refused", told=found.told)


def outcome_of_submitting(ledger: RunLedger, submitted: str | Short) -> BatchOutcome:
    """Return the outcome of `submit_batch`: a batch at the endpoint, or a limit without room."""
    if isinstance(submitted, Short):
        return BatchOutcome(submitted.value)
    return BatchOutcome(SUBMITTED, submitted, len(ledger.batches[submitted].requests))


def require_batches(endpoint: Endpoint) -> None:
    """Raise InvalidInput (`batches-missing`) unless an endpoint takes batches."""

    async def ask() -> None:
        async with _client(endpoint) as client:
            await client.require()

    run_to_end(ask())


def submit_batch(
    ledger: RunLedger, endpoint: Endpoint, requests: Sequence[Request], limits: Limits
) -> str | Short:
    """Submit as many requests as limits and a batch have room for; return the id of the batch.

    Or the limit that has no room for any. The most that each can cost is reserved. Raises
    InvalidInput (`batches-missing`), StorageFailed (`batch-refused`, `batch-unreachable`); what was
    submitted all the same is found by `fetch_batches`.
    """
    lines, chosen, short = _chosen(ledger, endpoint, requests, limits)
    if not chosen:
        return short or Short.REQUESTS
    numbers = [each["request"] for each in chosen]

    async def submit() -> str:
        async with _client(endpoint) as client:
            file = await client.upload(b"".join(lines))
            begun = {"type": SUBMITTING, "file": file, "requests": numbers}
            ledger.append([*chosen, begun])
            batch = await client.submit(file, ledger.folder.run)
            ledger.append([batch_line(batch.id, SUBMITTED, numbers)])
            return batch.id

    return run_to_end(submit())


def _chosen(
    ledger: RunLedger, endpoint: Endpoint, requests: Sequence[Request], limits: Limits
) -> tuple[list[bytes], list[Line], Short | None]:
    """Return the lines of the file of a batch and those of the journal, as far as there is room.

    And the limit that had no room for more, if it was one.
    """
    budget = Budget(limits, endpoint.prices, spent_before(ledger), is_batch=True)
    lines: list[bytes] = []
    chosen: list[Line] = []
    left = MOST_BYTES
    for each in requests[:MOST_REQUESTS]:
        line = input_line(each.number, each.body)
        left -= len(line)
        if left < 0:
            break
        worst = budget.worst_case(each.body)
        short = budget.reserve(worst)
        if short is not None:
            return lines, chosen, short
        lines.append(line)
        cost = None if worst.cost is None else money_text(worst.cost)
        chosen.append(sent_line(each.number, cost))
    return lines, chosen, None


def fetch_batches(ledger: RunLedger, endpoint: Endpoint) -> Fetched:
    """Take in what the batches of a run have answered; return how they stand.

    A batch whose id a crash has lost is looked for first. Answers are durable before the line that
    says that the batch has ended. What it did not do is planned again: nothing is billed for it.
    Raises StorageFailed (`batch-refused`, `batch-unreachable`, `batch-gone`).
    """
    if not has_batches(ledger):
        return Fetched()

    async def fetch() -> Fetched:
        found = Fetched()
        async with _client(endpoint) as client:
            await _find_lost(ledger, client)
            for name, batch in ledger.batches.items():
                if batch.state != SUBMITTED:
                    continue
                state = await client.state(name)
                ended = await _take_in(ledger, endpoint, client, state, batch.requests)
                found = Fetched(
                    found.going_on if ended else state,
                    found.told or state.told or None,
                )
        return found

    return run_to_end(fetch())


def cancel_batches(ledger: RunLedger, endpoint: Endpoint) -> Fetched:
    """Cancel the batches of a run at the endpoint, and take in what they have done.

    What the endpoint does not have any more is possibly billed. Raises what `fetch_batches` raises.
    """
    try:
        fetched = fetch_batches(ledger, endpoint)
    except StorageFailed as error:
        if error.code != GONE:
            raise
        _give_up(ledger)
        return Fetched()
    if fetched.going_on is None:
        return fetched

    async def cancel() -> None:
        async with _client(endpoint) as client:
            for name, batch in ledger.batches.items():
                if batch.state == SUBMITTED:
                    await client.cancel(name)

    refused = None
    try:
        run_to_end(cancel())
    except StorageFailed as error:
        refused = error  # perhaps of a batch that has ended meanwhile
    fetched = fetch_batches(ledger, endpoint)
    if refused is not None and fetched.going_on is not None:
        raise refused
    return fetched


def _give_up(ledger: RunLedger) -> None:
    """Keep that nobody will ever answer what is in the batches of a run."""
    for name, batch in ledger.batches.items():
        if batch.state == SUBMITTED:
            waiting = (each for each in batch.requests if _waits(ledger, each))
            lost = [decided_line(each, RequestState.POSSIBLY_BILLED) for each in waiting]
            ledger.append([*lost, batch_line(name, "cancelled", batch.requests)])


def has_batches(ledger: RunLedger) -> bool:
    """Return whether a run has submitted a batch, or was about to."""
    return bool(ledger.batches) or any(
        line.value.get("type") == SUBMITTING for line in ledger.folder.lines()
    )


def _client(endpoint: Endpoint) -> BatchClient:
    from vault.generate.batch_client import BatchClient

    return BatchClient(endpoint)


def _lost(ledger: RunLedger) -> tuple[str, list[int]] | None:
    """Return the file and the requests of a batch whose id was never written, if there is one."""
    last = None
    for line in ledger.folder.lines():
        kind = line.value.get("type")
        if kind == SUBMITTING:
            file, numbers = line.value["file"], line.value["requests"]
            last = None if file is None else (file, numbers)
        elif kind == "batch":
            last = None
    return last


async def _find_lost(ledger: RunLedger, client: BatchClient) -> None:
    """Look for a batch that was submitted, perhaps, before a crash; if there is none, plan anew."""
    lost = _lost(ledger)
    if lost is None:
        return
    file, numbers = lost
    batch = await client.find(file, ledger.folder.run)
    if batch is not None:
        ledger.append([batch_line(batch.id, SUBMITTED, numbers)])
        return
    again = [_planned_again(each) for each in numbers if _waits(ledger, each)]
    ledger.append([*again, {"type": SUBMITTING, "file": None, "requests": []}])


async def _take_in(
    ledger: RunLedger,
    endpoint: Endpoint,
    client: BatchClient,
    state: BatchState,
    numbers: Sequence[int],
) -> bool:
    """Keep the answers of a batch that has ended; return whether it has."""
    from vault.generate.batch_client import BatchPhase

    if state.phase is BatchPhase.GOING_ON:
        return False
    open_ = {each for each in numbers if _waits(ledger, each)}
    undone: set[int] = set()
    lines: list[Line] = []
    for file in state.files:
        async for line in client.lines(file):
            answer = read_output(line)
            if answer is None or answer.number not in open_:
                continue
            if not answer.status:
                undone.add(answer.number)  # unless another line has its answer
                continue
            open_.discard(answer.number)
            lines.append(_answered(ledger, endpoint, answer))
            if len(lines) >= _AT_ONCE:
                ledger.append(lines)
                lines = []
    if state.phase is not BatchPhase.FINISHED:
        undone = open_
    lines += _unanswered(sorted(open_), undone)
    if lines:
        ledger.append(lines)
    is_refused = state.phase is BatchPhase.REFUSED
    word = str(BatchPhase.CANCELLED.value if is_refused else state.phase.value)
    ledger.append([batch_line(state.id, word, numbers)])
    return True


def _waits(ledger: RunLedger, number: int) -> bool:
    return ledger.status(number).state in _WAITING


def _answered(ledger: RunLedger, endpoint: Endpoint, answer: BatchedAnswer) -> Line:
    """Return the line of a request that has an answer."""
    if not 200 <= answer.status < 300:
        reason = f"http-{answer.status}"
        return answered_line(
            answer.number, RequestState.FAILED, answer.body, reason=reason, cost="0"
        )
    usage = usage_of(answer.body, ledger.body(answer.number))
    prices = endpoint.prices
    cost = None if prices is None else prices.cost(usage, is_batch=True)
    return answered_line(
        answer.number,
        RequestState.RECEIVED,
        answer.body,
        usage=asdict(usage),
        cost=None if cost is None else money_text(cost),
    )


def _unanswered(numbers: Sequence[int], undone: Collection[int]) -> Iterator[Line]:
    """Yield the lines of requests without an answer; those that are `undone` were not sent."""
    for each in numbers:
        yield (
            _planned_again(each)
            if each in undone
            else decided_line(each, RequestState.POSSIBLY_BILLED)
        )


def _planned_again(number: int) -> Line:
    return {**decided_line(number, RequestState.PLANNED), "cost": None}
