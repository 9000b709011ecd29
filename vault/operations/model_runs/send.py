"""Sending the requests of a run from a plain call: the event loop, Ctrl-C, and what was spent."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, TypeVar

from vault.generate.asking import Asked, Stopping, ask
from vault.generate.budget import Limits, Spent
from vault.generate.endpoint import Endpoint
from vault.generate.group_commit import GroupCommit
from vault.generate.requests import Source
from vault.generate.usage import most_tokens
from vault.objects.model_run.request import RequestState
from vault.operations.model_runs.keeper import LedgerKeeper
from vault.operations.model_runs.totals import totals_of
from vault.store.run_ledger import RunLedger

T = TypeVar("T")


def send(
    ledger: RunLedger,
    source: Source,
    endpoint: Endpoint,
    limits: Limits,
    *,
    spent: Spent | None = None,
) -> Asked:
    """Send the requests of a source; each is kept before it leaves, and its answer after.

    The limits are those of the whole run, with what it `spent` before: by default what the ledger
    says, which costs looking at every request. Raises what `ask` raises.
    """
    before = spent_before(ledger) if spent is None else spent
    return run_to_end(_ask(ledger, source, endpoint, limits, before))


def run_to_end(asking: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; in a thread where a loop runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(asking)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asking).result()


async def _ask(
    ledger: RunLedger, source: Source, endpoint: Endpoint, limits: Limits, spent: Spent
) -> Asked:
    stopping = Stopping()
    with _interrupted_by(stopping):
        async with GroupCommit[Mapping[str, Any]](ledger.append) as commit:
            keeper = LedgerKeeper(commit)
            return await ask(source, endpoint, keeper, limits, spent=spent, stopping=stopping)


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


def spent_before(ledger: RunLedger) -> Spent:
    """Return what a run has spent; what may have been billed counts with the most."""
    statuses = ledger.statuses()
    totals = totals_of(statuses, None)
    tokens = totals.tokens["prompt"] + totals.tokens["completion"]
    for each in statuses:
        is_failed = each.state == RequestState.FAILED
        if each.state in (RequestState.POSSIBLY_BILLED, RequestState.SENT) or (
            # Too long an answer was billed and not kept.
            is_failed and ledger.answer(each.request) is None
        ):
            tokens += sum(most_tokens(ledger.body(each.request)))
    cost = totals.cost.amount
    return Spent(None if cost is None else Decimal(cost), tokens, totals.requests)
