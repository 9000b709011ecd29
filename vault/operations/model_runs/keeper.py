"""Keeping requests and answers in the journal of a run, many with one fsync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from vault.generate.answers import Answer, AnswerState
from vault.generate.group_commit import GroupCommit
from vault.generate.prices import money_text
from vault.objects.model_run.request import RequestState
from vault.store.request_lines import answered_line, decided_line, sent_line

_STATES = {
    AnswerState.RECEIVED: RequestState.RECEIVED,
    AnswerState.FAILED: RequestState.FAILED,
    AnswerState.POSSIBLY_BILLED: RequestState.POSSIBLY_BILLED,
}


class LedgerKeeper:
    """The keeper that asking hands requests and answers to: durable when a call returns."""

    def __init__(self, commit: GroupCommit[Mapping[str, Any]]) -> None:
        self._commit = commit

    async def sent(self, number: int, most_cost: Decimal | None) -> None:
        """Keep that a request is about to be sent, and the most that it can cost."""
        await self._commit.add([sent_line(number, _amount(most_cost))])

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
                cost=_amount(answer.cost),
            )
        await self._commit.add([line])


def _amount(cost: Decimal | None) -> str | None:
    return None if cost is None else money_text(cost)
