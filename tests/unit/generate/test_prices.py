"""Prices: the table that comes with vault, those of a user, and costs to the last digit."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.support.asking import request_body
from vault.errors import InvalidInput
from vault.generate.prices import Prices, known_prices, money_text, prices_of, read_prices
from vault.generate.usage import Usage, most_tokens

MINI = Prices(
    *("USD", "2025-04-14", 1_000_000, Decimal("0.15"), Decimal("0.60"), Decimal("0.075")),
    batch=Decimal("0.5"),
)


def test_cached_and_reasoning_tokens_are_billed_once() -> None:
    usage = Usage(prompt=1000, cached=400, reasoning=50, completion=200)
    # 600 at 0.15, 400 at 0.075, 200 at 0.60, for a million each.
    assert MINI.cost(usage) == Decimal("0.00024")
    assert MINI.cost(usage, is_batch=True) == Decimal("0.00012")
    reasoning = Prices("USD", "2025-01-01", 1000, Decimal(1), Decimal(2), reasoning=Decimal(8))
    assert reasoning.cost(usage) == Decimal("1.7")


def test_a_cost_without_a_price_or_a_number_is_unknown() -> None:
    assert MINI.cost(Usage(None, None, None, 10)) is None
    assert MINI.cost(Usage(10, None, None, None)) is None
    assert Prices("USD", "2025-01-01", 1, None, Decimal(1)).cost(Usage(1, 0, 0, 1)) is None
    assert prices_of("a-model-nobody-knows") is None


def test_more_cached_tokens_than_tokens_make_no_discount() -> None:
    assert MINI.cost(Usage(10, 1_000_000, 1_000_000, 0)) == Decimal("0.00000075")


def test_the_worst_cost_takes_the_dearest_kind_of_token() -> None:
    prompt, completion = most_tokens(request_body("hello", max_tokens=100))
    dear = Prices("USD", "2025-01-01", 1, Decimal(1), Decimal(2), Decimal(3), Decimal(5))
    assert dear.most_cost(prompt, completion) == prompt * 3 + completion * 5
    cost = (prompt * MINI.prompt + completion * MINI.completion) / 10**6  # type: ignore[operator]
    assert MINI.most_cost(prompt, completion) == cost


def test_a_division_that_does_not_end_is_rounded_up() -> None:
    thirds = Prices("USD", "2025-01-01", 3, Decimal(1), Decimal(1))
    cost = thirds.cost(Usage(1, 0, 0, 0))
    assert cost is not None and Fraction(cost) * 3 > 1 and cost < Decimal("0.34")


def test_the_table_of_vault_has_a_date_and_prices_for_each_model() -> None:
    for name, prices in known_prices().items():
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", prices.date), name
        assert prices.currency == "USD" and prices.per == 1_000_000
        assert prices.prompt is not None and prices.completion is not None
        assert 0 < (prices.cached or prices.prompt) <= prices.prompt < prices.completion
    mini = prices_of("gpt-4o-mini")
    assert mini is not None and mini.cost(Usage(10**6, 0, 0, 10**6)) == Decimal("0.75")


def test_the_prices_of_a_user_come_first() -> None:
    table = read_prices(
        'currency = "EUR"\nper = 1000\n[models.gpt-4o]\ndate = 2026-01-01\n'
        'prompt = 0.1\ncompletion = "0.30"\n[models.own]\ndate = "2026-01-02"\n'
        "prompt = 0\ncompletion = 0\n",
        name="prices.toml",
    )
    gpt, own = prices_of("gpt-4o", table), prices_of("own", table)
    assert gpt is not None and (gpt.currency, gpt.per, gpt.prompt) == ("EUR", 1000, Decimal("0.1"))
    assert own is not None and own.cost(Usage(9, 0, 0, 9)) == 0 and own.date == "2026-01-02"
    assert prices_of("gpt-4o-mini", table) == known_prices()["gpt-4o-mini"]


ENTRY = "[models.a]\ndate = 2026-01-01\nprompt = 1\ncompletion = 1\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[models.a", "declaration"),
        (ENTRY.replace("prompt = 1", "prompt = -1"), "prompt"),
        (ENTRY.replace("prompt = 1", "prompt = nan"), "prompt"),
        (ENTRY.replace("prompt = 1", "prompt = true"), "prompt"),
        (ENTRY.replace("prompt = 1", 'prompt = "cheap"'), "prompt"),
        (ENTRY.replace("prompt = 1\n", ""), "lacks prompt"),
        (ENTRY.replace("2026-01-01", '"soon"'), "soon"),
        (ENTRY + "output = 1\n", "output"),
        ("per = 0\n" + ENTRY, "per"),
        ('currency = "dollars"\n' + ENTRY, "currency"),
        ("[model.a]\n", "model"),
        ("models = 1\n", "models"),
    ],
)
def test_a_fault_of_a_table_is_named_with_its_place(text: str, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_prices(text, name="mine.toml")
    assert caught.value.code == "prices-invalid"
    assert "mine.toml" in caught.value.message and place in caught.value.message


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1E+2", "100"), ("0.500", "0.5"), ("0", "0"), ("1E-9", "0.000000001"), ("10", "10")],
)
def test_money_is_written_without_an_exponent(amount: str, text: str) -> None:
    assert money_text(Decimal(amount)) == text
