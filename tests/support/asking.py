"""Parts for tests of asking: a source of texts, a keeper that remembers, a sleep without a wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from tests.support.billing_server import BillingServer, Tariff
from vault.generate.answers import Answer
from vault.generate.asking import Asked, Stopping, ask
from vault.generate.budget import NOTHING_SPENT, Limits, Spent
from vault.generate.endpoint import Endpoint
from vault.generate.prices import Prices
from vault.generate.requests import Request

KEY = "sk-canary-of-the-endpoint"


def request_body(text: str, max_tokens: int = 20, **members: Any) -> str:
    """Return the body of a request with one message."""
    messages = [{"role": "user", "content": text}]
    body = {"max_tokens": max_tokens, "messages": messages, "model": "tiny", **members}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def prices(tariff: Tariff | None = None) -> Prices:
    """Return the prices of a server."""
    of = tariff or Tariff()
    return Prices("USD", "2026-01-01", 1_000_000, of.prompt, of.completion)


def endpoint_of(server: BillingServer, **members: Any) -> Endpoint:
    """Return the endpoint of a server, with its prices."""
    known = {"api_key": KEY, "prices": prices(server.ledger.tariff), "timeout_seconds": 10.0}
    return Endpoint(server.base_url, "tiny", **{**known, **members})


class Texts:
    """A source that sends each text once, and keeps the answers in the order of their arrival."""

    def __init__(self, texts: Iterable[str], max_tokens: int = 20) -> None:
        self._texts = list(texts)
        self._max_tokens = max_tokens
        self._taken = 0
        self.given: list[tuple[int, Answer]] = []
        self.at_give: Callable[[int], None] = lambda number: None

    def take(self, in_flight: int) -> Request | None:
        """Return the next text as a request."""
        if self._taken == len(self._texts):
            return None
        self._taken += 1
        return Request(self._taken, 0, request_body(self._texts[self._taken - 1], self._max_tokens))

    def give(self, number: int, answer: Answer) -> None:
        """Keep an answer."""
        self.given.append((number, answer))
        self.at_give(number)

    @property
    def answers(self) -> dict[str, Answer]:
        """The answers by text."""
        return {self._texts[number - 1]: answer for number, answer in self.given}


class Diary:
    """A keeper that remembers what it was given, and fails where it is told to."""

    def __init__(self) -> None:
        self.sent_numbers: list[int] = []
        self.answers: dict[int, Answer] = {}
        self.answered_numbers: list[int] = []
        self.at_sent: Callable[[int], None] = lambda number: None
        self.at_answered: Callable[[int], None] = lambda number: None

    async def sent(self, number: int, most_cost: Decimal | None) -> None:
        """Remember a number, when other tasks have had a turn."""
        await asyncio.sleep(0)
        self.at_sent(number)
        self.sent_numbers.append(number)

    async def answered(self, number: int, answer: Answer) -> None:
        """Remember an answer; those of odd numbers take longer."""
        self.answered_numbers.append(number)
        for _ in range(3 * (number % 2)):
            await asyncio.sleep(0)
        self.at_answered(number)
        self.answers[number] = answer


class Naps:
    """A sleep that remembers how long it was to be, and only lets others have a turn."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Return at once."""
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def asked(
    source: Texts,
    endpoint: Endpoint,
    *,
    keeper: Diary | None = None,
    limits: Limits | None = None,
    spent: Spent = NOTHING_SPENT,
    stopping: Stopping | None = None,
    naps: Naps | None = None,
) -> Asked:
    """Ask in an event loop of its own, without waiting and without jitter."""
    return asyncio.run(
        ask(
            source,
            endpoint,
            keeper or Diary(),
            limits or Limits(),
            spent=spent,
            stopping=stopping,
            sleep=naps or Naps(),
            jitter=lambda: 0.0,
        )
    )
