"""Answers: what one request came to, with its tokens and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from vault.generate.endpoint import Exchange
from vault.generate.usage import Usage


class AnswerState(StrEnum):
    """States that asking gives to a request, named as in docs/format/runs.md, section 3."""

    PLANNED = "planned"
    """Not sent, or sent and turned away without cost: it may be sent again."""
    RECEIVED = "received"
    FAILED = "failed"
    POSSIBLY_BILLED = "possibly-billed"


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request.

    `reason` is a word for `failed` and None for the other states. `body` are the bytes that came
    back, of an error too; None where none came or they were too many. `cost` is None where it is
    unknown; of `possibly-billed`, and of a failure that may have been billed, it is the most that
    the request can cost.
    """

    state: AnswerState
    reason: str | None = None
    body: bytes | None = None
    usage: Usage | None = None
    cost: Decimal | None = None


TOO_LONG = "answer-too-long"
"""The reason of a failure whose answer had more bytes than are read: it may have been billed."""

PLANNED = Answer(AnswerState.PLANNED)
"""A request that was turned away without cost, or never left."""


def failed(exchange: Exchange) -> Answer:
    """Return the answer to a request that the endpoint refused: nothing is billed for it."""
    reason = f"http-{exchange.status}"
    return Answer(AnswerState.FAILED, reason, body=exchange.body, cost=Decimal(0))


def possibly_billed(worst_cost: Decimal | None) -> Answer:
    """Return the answer to a request whose fate is unknown: it may have been billed."""
    return Answer(AnswerState.POSSIBLY_BILLED, cost=worst_cost)
