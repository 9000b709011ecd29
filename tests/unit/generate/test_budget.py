"""Budgets: worst cases are reserved before anything is sent, and settled on usage."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.asking import Texts, asked, endpoint_of, prices, request_body
from tests.support.billing_server import Behaviour, BillingServer
from vault.errors import InvalidInput
from vault.generate.asking import Stopped
from vault.generate.budget import NOTHING_SPENT, Budget, Limits, Short, Spent, WorstCase

BODY = request_body("hello")


def test_what_is_reserved_comes_back_when_it_is_settled() -> None:
    budget = Budget(Limits(cost=Decimal(1)), prices(), NOTHING_SPENT)
    worst = WorstCase(100, Decimal("0.6"))
    assert budget.reserve(worst) is None
    assert budget.reserve(worst) is Short.COST
    budget.settle(worst, WorstCase(10, Decimal("0.1")))
    assert budget.reserve(worst) is None
    assert budget.spent == Spent(Decimal("0.1"), 10, 2)
    budget.release(worst)
    assert budget.spent == Spent(Decimal("0.1"), 10, 1)


def test_a_budget_may_be_used_to_its_last_digit() -> None:
    worst = Budget(Limits(), prices(), NOTHING_SPENT).worst_case(BODY)
    assert worst.cost is not None
    exact = Budget(Limits(cost=worst.cost, tokens=worst.tokens), prices(), NOTHING_SPENT)
    assert exact.reserve(worst) is None and exact.reserve(worst) is not None


def test_money_is_not_limited_without_a_price() -> None:
    with pytest.raises(InvalidInput) as caught:
        Budget(Limits(cost=Decimal(1)), None, NOTHING_SPENT)
    assert caught.value.code == "price-unknown"
    with pytest.raises(InvalidInput):
        Budget(Limits(cost=Decimal(1)), prices(), Spent(cost=None))


def test_an_unknown_price_leaves_the_cost_unknown() -> None:
    with BillingServer() as server:
        source = Texts(["a"])
        end = asked(source, endpoint_of(server, prices=None), limits=Limits(tokens=10_000))
        assert end.spent.cost is None and end.spent.tokens == server.ledger.billed_tokens
    assert source.answers["a"].cost is None


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(cost=Decimal("0.005"), first_in_flight=64), Stopped.BUDGET),
        (Limits(tokens=2000, first_in_flight=64), Stopped.TOKENS),
        (Limits(requests=17, first_in_flight=64), Stopped.REQUESTS),
    ],
)
def test_the_longest_answers_with_64_in_flight_stay_inside(limits: Limits, why: Stopped) -> None:
    source = Texts((f"text {n}" for n in range(200)), max_tokens=50)
    with BillingServer(Behaviour(is_longest=True)) as server:
        end = asked(source, endpoint_of(server), limits=limits)
        assert end.stopped is why and end.spent.cost == server.ledger.billed
        assert 0 < server.ledger.billed <= (limits.cost or 1)
        assert server.ledger.billed_tokens <= (limits.tokens or 10**6)
        assert len(server.ledger.entries) <= (limits.requests or 200)
    assert len(end.unsent) == 1


def test_what_is_settled_makes_room_for_more() -> None:
    # Reserved are the longest answers; those that come are short.
    worst = Budget(Limits(), prices(), NOTHING_SPENT).worst_case(request_body("text 10", 1000))
    source = Texts((f"text {n}" for n in range(10, 40)), max_tokens=1000)
    script = {f"text {n}": ["malformed"] for n in range(10, 40)}
    with BillingServer(Behaviour(script=script, is_longest=False)) as server:
        tariff = prices(server.ledger.tariff)
        assert worst.cost is not None and tariff.cost is not None
        end = asked(source, endpoint_of(server), limits=Limits(cost=worst.cost * 20))
        assert end.spent.cost == server.ledger.billed <= worst.cost * 20
    assert len(source.given) > 20


def test_a_retry_after_a_limit_costs_nothing() -> None:
    worst = Budget(Limits(), prices(), NOTHING_SPENT).worst_case(request_body("a"))
    with BillingServer(Behaviour(script={"a": ["429"] * 5})) as server:
        end = asked(Texts(["a"]), endpoint_of(server), limits=Limits(cost=worst.cost, requests=1))
        assert len(server.ledger.of("a")) == 6 and end.spent.cost == server.ledger.billed
    assert end.stopped is Stopped.DONE


def test_a_server_that_bills_twice_shows_in_its_ledger() -> None:
    with BillingServer(Behaviour(script={"a": ["twice"]})) as server:
        end = asked(Texts(["a"]), endpoint_of(server))
        assert server.ledger.billed == 2 * (end.spent.cost or 0) > 0
