"""Requests, and who takes part in asking: their source, and the keeper of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from vault.generate.answers import Answer


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a run: its number, its number among those of the same body, and the body."""

    number: int
    sample: int
    body: str


class Source(Protocol):
    """A source of requests that takes their answers."""

    def take(self, in_flight: int) -> Request | None:
        """Return the next request; None if there is none now.

        It is asked again after each answer. None with nothing in flight ends the run.
        """

    def give(self, number: int, answer: Answer) -> None:
        """Take an answer, which is durable. Answers come in the order of their arrival."""


class Keeper(Protocol):
    """The journal of a run: what it was given is durable when it returns."""

    async def sent(self, number: int, most_cost: Decimal | None) -> None:
        """Keep that a request is about to be sent, and the most that it can cost if it is known."""

    async def answered(self, number: int, answer: Answer) -> None:
        """Keep what a request came to.

        In the state `planned` it was turned away or never left: it may be sent in a later run.
        """
