"""Budgets: what a run may spend, with the worst case of every request in flight reserved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from vault.errors import InvalidInput
from vault.generate.prices import Prices
from vault.generate.usage import most_tokens


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a run. None is no bound.

    `cost`, `tokens` and `requests` are totals of the run, with what was spent before. Requests in
    flight are at first `first_in_flight` and at most `in_flight`. A request is tried `attempts`
    times, and an endpoint that asks for a pause beyond `longest_pause_seconds` ends the run.
    """

    cost: Decimal | None = None
    tokens: int | None = None
    requests: int | None = None
    in_flight: int = 64
    first_in_flight: int = 4
    attempts: int = 8
    longest_pause_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Spent:
    """The spending of a run: `cost` is None where a price is unknown.

    Requests that may have been billed count with the most that they can cost.
    """

    cost: Decimal | None = Decimal(0)
    tokens: int = 0
    requests: int = 0


NOTHING_SPENT = Spent()


class Short(StrEnum):
    """The limit that has no room for another request."""

    COST = "budget"
    TOKENS = "tokens"
    REQUESTS = "requests"


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The most that one request can use: `cost` is None where a price is unknown."""

    tokens: int
    cost: Decimal | None


class Budget:
    """Spending and reservations, which together never pass the limits."""

    def __init__(
        self, limits: Limits, prices: Prices | None, spent: Spent, *, is_batch: bool = False
    ) -> None:
        """Raises InvalidInput (`price-unknown`) if money is limited and costs are unknown."""
        is_known = prices is not None and prices.most_cost(1, 1) is not None
        if limits.cost is not None and (not is_known or spent.cost is None):
            raise InvalidInput(
                "a budget in money needs the price of the model, which is unknown",
                code="price-unknown",
                hint="add the model to the file that `[generate] prices` in vault.toml names, "
                "or limit tokens: `--budget-tokens 1000000`",
            )
        self._limits = limits
        self._prices = prices
        self._is_batch = is_batch
        self._cost = spent.cost if is_known else None
        self._tokens = spent.tokens
        self._requests = spent.requests
        self._reserved_cost = Decimal(0)
        self._reserved_tokens = 0

    @property
    def spent(self) -> Spent:
        """The spending, without reservations."""
        return Spent(self._cost, self._tokens, self._requests)

    def worst_case(self, body: str) -> WorstCase:
        """Return the most that a request can use. Raises InvalidInput as `most_tokens` does."""
        prompt, completion = most_tokens(body)
        cost = None
        if self._prices is not None:
            cost = self._prices.most_cost(prompt, completion, is_batch=self._is_batch)
        return WorstCase(prompt + completion, cost)

    def reserve(self, worst: WorstCase) -> Short | None:
        """Reserve the worst case of a request; return the limit that has no room for it."""
        limits = self._limits
        if limits.requests is not None and self._requests >= limits.requests:
            return Short.REQUESTS
        if limits.cost is not None:
            assert self._cost is not None and worst.cost is not None
            if self._cost + self._reserved_cost + worst.cost > limits.cost:
                return Short.COST
        tokens = self._tokens + self._reserved_tokens + worst.tokens
        if limits.tokens is not None and tokens > limits.tokens:
            return Short.TOKENS
        self._requests += 1
        self._reserved_cost += worst.cost or Decimal(0)
        self._reserved_tokens += worst.tokens
        return None

    def settle(self, worst: WorstCase, used: WorstCase) -> None:
        """Replace the reservation of a request by its use."""
        self._unreserve(worst)
        self._tokens += used.tokens
        if self._cost is not None:
            self._cost = None if used.cost is None else self._cost + used.cost

    def release(self, worst: WorstCase) -> None:
        """Give back the reservation of a request that will not be sent in this run."""
        self._unreserve(worst)
        self._requests -= 1

    def _unreserve(self, worst: WorstCase) -> None:
        self._reserved_cost -= worst.cost or Decimal(0)
        self._reserved_tokens -= worst.tokens
