"""Keeping requests and answers in the journal of a run, many with one fsync."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from vault.generate.answers import Answer, AnswerState
from vault.generate.group_commit import GroupCommit
from vault.generate.prices import Prices, money_text
from vault.objects.model_run.request import RequestState
from vault.store.request_lines import answered_line, decided_line, sent_line
from vault.store.run_ledger import RunLedger

_STATES = {
    AnswerState.RECEIVED: RequestState.RECEIVED,
    AnswerState.FAILED: RequestState.FAILED,
    AnswerState.POSSIBLY_BILLED: RequestState.POSSIBLY_BILLED,
}


class LedgerKeeper:
    """The keeper that asking hands requests and answers to: durable when a call returns."""

    def __init__(
        self, ledger: RunLedger, commit: GroupCommit[Mapping[str, Any]], prices: Prices | None
    ) -> None:
        self._ledger = ledger
        self._commit = commit
        self._prices = prices

    async def sent(self, numbers: Sequence[int]) -> None:
        """Keep that requests are about to be sent, with the most that each can cost."""
        await self._commit.add([sent_line(each, self._most_cost(each)) for each in numbers])

    async def answered(self, number: int, answer: Answer) -> None:
        """Keep what a request came to."""
        if answer.state is AnswerState.PLANNED:
            line = decided_line(number, RequestState.PLANNED)
            line["cost"] = None
        else:
            line = answered_line(
                number,
                _STATES[answer.state],
                answer.body,
                reason=answer.reason,
                usage=None if answer.usage is None else asdict(answer.usage),
                cost=None if answer.cost is None else money_text(answer.cost),
            )
        await self._commit.add([line])

    def _most_cost(self, number: int) -> str | None:
        if self._prices is None:
            return None
        cost = self._prices.worst_cost(self._ledger.body(number))
        return None if cost is None else money_text(cost)
