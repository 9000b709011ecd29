"""Prices of models, and what tokens cost by them. All money is Decimal; unknown is None, never 0.

The table is a TOML file: `currency`, `per` (for how many tokens prices are), and a table for each
model with `date`, `prompt`, `completion` and, where they have prices of their own, `cached`,
`reasoning` and `batch` (a factor).
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Context, Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from vault.errors import InvalidInput
from vault.generate.usage import Usage

_EXACT = Context(prec=28, rounding=ROUND_UP)
"""Costs have far fewer digits; a division that does not end is rounded up."""

_DIGITS = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_PRICES = ("prompt", "cached", "completion", "reasoning", "batch")
_REQUIRED = {"date", "prompt", "completion"}


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one model for `per` tokens; members as in docs/format/runs.md, section 4.

    `cached` None costs as `prompt`, and `reasoning` None as `completion`. `batch` is the factor for
    requests in a batch. Without `prompt` or `completion` a cost is unknown.
    """

    currency: str
    date: str
    per: int
    prompt: Decimal | None
    completion: Decimal | None
    cached: Decimal | None = None
    reasoning: Decimal | None = None
    batch: Decimal | None = None

    def cost(self, usage: Usage, *, is_batch: bool = False) -> Decimal | None:
        """Return the cost of tokens that were used; None if a number or a price is unknown."""
        prompt, completion = usage.prompt, usage.completion
        if prompt is None or completion is None:
            return None
        # More tokens of a kind than there are of all would make the others negative.
        cached = min(usage.cached or 0, prompt)
        reasoning = min(usage.reasoning or 0, completion)
        parts = (
            (prompt - cached, self.prompt),
            (cached, self.prompt if self.cached is None else self.cached),
            (completion - reasoning, self.completion),
            (reasoning, self.completion if self.reasoning is None else self.reasoning),
        )
        return self._total(parts, is_batch=is_batch)

    def most_cost(self, prompt: int, completion: int, *, is_batch: bool = False) -> Decimal | None:
        """Return the cost of these many tokens, all of the dearest kind."""
        if self.prompt is None or self.completion is None:
            return None
        parts = (
            (prompt, max(self.prompt, self.cached or self.prompt)),
            (completion, max(self.completion, self.reasoning or self.completion)),
        )
        return self._total(parts, is_batch=is_batch)

    def _total(
        self, parts: tuple[tuple[int, Decimal | None], ...], *, is_batch: bool
    ) -> Decimal | None:
        total = Decimal(0)
        for tokens, price in parts:
            if price is None:
                return None
            total = _EXACT.add(total, _EXACT.multiply(Decimal(tokens), price))
        if is_batch and self.batch is not None:
            total = _EXACT.multiply(total, self.batch)
        return _EXACT.divide(total, Decimal(self.per))


def prices_of(model: str, table: Mapping[str, Prices] | None = None) -> Prices | None:
    """Return the prices of a model: from `table` if it has them, else from vault's own table.

    None if they are unknown. vault's table is true at the address of the model's maker only.
    """
    if table is not None and model in table:
        return table[model]
    return known_prices().get(model)


@cache
def known_prices() -> Mapping[str, Prices]:
    """Return the table that comes with vault."""
    name = "prices.toml"
    return read_prices(files("vault.generate").joinpath(name).read_text("utf-8"), name=name)


def read_prices(text: str, *, name: str) -> dict[str, Prices]:
    """Return the prices of a table in TOML, by model. Raises InvalidInput (`prices-invalid`).

    `name` is that of the file, for messages.
    """
    try:
        root = tomllib.loads(text, parse_float=Decimal)
        currency, per = root.get("currency", "USD"), root.get("per", 1_000_000)
        if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
            raise ValueError(f"currency is {currency!r}, not three capital letters")
        if not isinstance(per, int) or isinstance(per, bool) or per < 1:
            raise ValueError(f"per is {per!r}, not a number of tokens")
        unknown = root.keys() - {"currency", "per", "models"}
        if unknown:
            raise ValueError(f"{min(unknown)} is not a member of a price table")
        models = root.get("models", {})
        if not isinstance(models, dict):
            raise ValueError("models is not a table")
        return {
            model: _model_prices(model, entry, currency=currency, per=per)
            for model, entry in models.items()
        }
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"{name}: {error}",
            code="prices-invalid",
            hint='write `[models."NAME"]` with `date`, `prompt` and `completion`',
        ) from None


def money_text(amount: Decimal) -> str:
    """Return an amount as it is stored: digits, and a point where there is a fraction."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _model_prices(model: str, entry: Any, *, currency: str, per: int) -> Prices:
    where = f'models."{model}"'
    if not isinstance(entry, dict):
        raise ValueError(f"{where} is not a table")
    unknown = entry.keys() - {"date", *_PRICES}
    if unknown:
        raise ValueError(f"{where} has no member {min(unknown)}")
    missing = _REQUIRED - entry.keys()
    if missing:
        raise ValueError(f"{where} lacks {min(missing)}")
    prices = {each: _price(f"{where} {each}", entry[each]) for each in _PRICES if each in entry}
    return Prices(currency=currency, date=_date(where, entry["date"]), per=per, **prices)


def _price(where: str, value: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = format(value, "f") if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not _DIGITS.fullmatch(text):
        raise ValueError(f"{where} is {value}, not a price")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{where} is {value}, not a price") from None


def _date(where: str, value: Any) -> str:
    if isinstance(value, str):
        return datetime.date.fromisoformat(value).isoformat()
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    raise ValueError(f"{where} date is {value}, not a day")
