"""A server never bills more than the budget, whatever it does and however it is asked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.asking import Texts, asked, endpoint_of, prices, request_body
from tests.support.billing_server import Behaviour, BillingServer, Tariff
from tests.support.laws import share_of_examples
from vault.generate.asking import Asked, Stopped
from vault.generate.budget import NOTHING_SPENT, Budget, Limits

FAULTS = ("429", "500", "drop", "truncate", "refuse", "html", "malformed", "length", "bare", "400")

PRICE = st.decimals("0", "100", places=3)
SHARE = st.decimals("0", "1.2", places=2)
"""A budget, as a share of the most that all requests can use: then it often is the limit."""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def shared(
    shares: tuple[Decimal | None, Decimal | None], tariff: Tariff, texts: list[str], most: int
) -> dict[str, Any]:
    """Return budgets of money and tokens that are shares of what all requests can use."""
    budget = Budget(Limits(), prices(tariff), NOTHING_SPENT)
    worst = [budget.worst_case(request_body(text, most)) for text in texts]
    cost = sum((each.cost or Decimal(0) for each in worst), Decimal(0))
    tokens = sum(each.tokens for each in worst)
    return {
        "cost": None if shares[0] is None else shares[0] * cost,
        "tokens": None if shares[1] is None else int(shares[1] * tokens),
    }


def check(end: Asked, limits: Limits, server: BillingServer, source: Texts) -> None:
    """Compare what a run says with what was billed."""
    ledger = server.ledger
    assert end.spent.cost is not None
    assert ledger.billed <= end.spent.cost
    assert limits.cost is None or end.spent.cost <= limits.cost
    assert limits.tokens is None or ledger.billed_tokens <= end.spent.tokens <= limits.tokens
    assert limits.requests is None or end.spent.requests <= limits.requests
    billed = [entry.text for entry in ledger.entries if entry.times]
    assert len(billed) == len(set(billed)), "one text was billed twice"
    assert len(source.given) == end.spent.requests


@share_of_examples(0.3)
@given(
    tariff=st.builds(Tariff, PRICE, PRICE),
    rates=st.lists(st.sampled_from(FAULTS), max_size=4, unique=True),
    seed=st.integers(0, 1000),
    texts=st.lists(TEXT, min_size=1, max_size=25, unique=True),
    max_tokens=st.integers(0, 800),
    is_longest=st.booleans(),
    limits=st.builds(
        Limits,
        requests=st.none() | st.integers(0, 20),
        first_in_flight=st.integers(1, 32),
        attempts=st.integers(1, 4),
    ),
    shares=st.tuples(st.none() | SHARE, st.none() | SHARE),
)
def test_what_is_billed_never_passes_the_budget(
    tariff: Tariff,
    rates: list[str],
    seed: int,
    texts: list[str],
    max_tokens: int,
    is_longest: bool,
    limits: Limits,
    shares: tuple[Decimal | None, Decimal | None],
) -> None:
    behaviour = Behaviour(rates=dict.fromkeys(rates, 0.15), seed=seed, is_longest=is_longest)
    limits = replace(limits, **shared(shares, tariff, texts, max_tokens))
    with BillingServer(behaviour, tariff) as server:
        source = Texts(texts, max_tokens)
        end = asked(source, endpoint_of(server), limits=limits)
        check(end, limits, server, source)
        if end.stopped is Stopped.DONE:
            assert end.unsent == () and len(source.given) == len(texts)


@share_of_examples(0.05)
@given(seed=st.integers(0, 1000), cost=st.decimals("0", "0.01", places=5))
def test_a_run_that_goes_on_has_the_same_budget(seed: int, cost: Decimal) -> None:
    behaviour = Behaviour(rates={"drop": 0.1, "500": 0.1}, seed=seed)
    with BillingServer(behaviour) as server:
        spent = NOTHING_SPENT
        for part in range(4):
            limits = Limits(cost=cost, requests=spent.requests + 8)
            source = Texts(f"part {part}, text {n}" for n in range(20))
            spent = asked(source, endpoint_of(server), limits=limits, spent=spent).spent
        assert spent.cost is not None
        assert server.ledger.billed <= spent.cost <= cost
