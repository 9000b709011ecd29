"""The endpoint of a recipe, its key and prices, and consent to send seeds and key there."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from vault.config import read_team_section
from vault.errors import Conflict, InvalidInput
from vault.generate.endpoint import (
    MOST_ANSWER_BYTES,
    OPENAI_URL,
    Endpoint,
    check_address,
)
from vault.generate.model import Model
from vault.generate.prices import Prices, money_text, prices_of, read_prices
from vault.objects.model_run.about import AskedModel, PriceList, RunAbout
from vault.session.context import Context

_ANSWER_BYTES, _TOKEN_BYTES = 1 << 20, 1 << 12
"""Bytes of an answer, at most, and more for each token: with 20 alternatives it has 2,500."""

OPENAI_KEY = "OPENAI_API_KEY"
_AMOUNTS = ("prompt", "cached", "completion", "reasoning", "batch")


def endpoint_of(
    folder: Path | None, model: Model, environment: Mapping[str, str] | None, *, day: str
) -> Endpoint:
    """Return the endpoint of a recipe, with its key and prices.

    `day` is that of the prices of a free server. Without an environment no key is looked for.

    The key of openai goes to openai's own address only; another address gets the one of the
    variable that `api_key_env` names, else none. Raises InvalidInput (`endpoint-invalid`,
    `key-missing`, `prices-invalid`, `config-invalid`).
    """
    endpoint = Endpoint(model.base_url, model.name)
    check_address(endpoint.url)
    return Endpoint(
        model.base_url,
        model.name,
        api_key=None if environment is None else _key(endpoint.url, model, environment),
        prices=_prices(folder, model, endpoint.url, day),
        most_answer_bytes=min(_ANSWER_BYTES + _TOKEN_BYTES * model.max_tokens, MOST_ANSWER_BYTES),
    )


def endpoint_again(
    context: Context, model: Model, asked: AskedModel, environment: Mapping[str, str] | None
) -> Endpoint:
    """Return the endpoint of a run that goes on, with the prices that it was begun with.

    Raises what `endpoint_of` raises.
    """
    day = context.intent.time[:10]
    endpoint = endpoint_of(context.folder, model, environment, day=day)
    if asked.prices is None:
        return endpoint
    # Sums of two price lists, perhaps in two currencies, would be no sums.
    return replace(endpoint, prices=prices_in(asked.prices))


def _key(url: str, model: Model, environment: Mapping[str, str]) -> str | None:
    is_openai = url == OPENAI_URL
    name = model.api_key_env or (OPENAI_KEY if is_openai else None)
    if name is None:
        return None
    if name == OPENAI_KEY and not is_openai:
        raise InvalidInput(
            f"{OPENAI_KEY} is for {OPENAI_URL} alone, and the recipe asks {url}",
            code="key-elsewhere",
            hint="put the key of this endpoint into another variable, and name it: api_key_env",
        )
    key = environment.get(name, "").strip()
    if not key:
        raise InvalidInput(
            f"the variable {name} has no key",
            code="key-missing",
            hint=f"export {name}=…, or set base_url under [model] for a server of your own",
        )
    return key


def _prices(folder: Path | None, model: Model, url: str, day: str) -> Prices | None:
    if model.is_free:
        return Prices("USD", day, 1, prompt=Decimal(0), completion=Decimal(0))
    table: Mapping[str, Prices] = {}
    if folder is not None:
        name = read_team_section(folder, "generate").text("generate.prices")
        if name is not None:
            try:
                text = (folder / name).read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise InvalidInput(
                    f"{name}, which [generate] prices names, cannot be read: {error}",
                    code="prices-unreadable",
                    hint="correct the path in vault.toml: it is relative to the repository",
                ) from None
            table = read_prices(text, name=name)
    # The table that comes with vault is of the makers' own addresses.
    return prices_of(model.name, table) if url == OPENAI_URL else table.get(model.name)


def price_list(prices: Prices | None) -> PriceList | None:
    """Return prices as a run keeps them."""
    if prices is None:
        return None
    found = {name: getattr(prices, name) for name in _AMOUNTS}
    amounts = {name: None if each is None else money_text(each) for name, each in found.items()}
    return PriceList(currency=prices.currency, date=prices.date, per=prices.per, **amounts)


def prices_in(listed: PriceList) -> Prices:
    """Return the prices that `price_list` kept."""
    texts = {name: getattr(listed, name) for name in _AMOUNTS}
    amounts = {name: None if each is None else Decimal(each) for name, each in texts.items()}
    return Prices(listed.currency, listed.date, listed.per, **amounts)


def require_confirmed(
    ended: Mapping[str, RunAbout], endpoint: Endpoint, *, confirmed: bool, flag: str = "--base-url"
) -> None:
    """Refuse an address beyond this machine that nobody has agreed to: examples and a key go there.

    `flag` is the option of the command that names an address.

    Whoever types the address or says yes agrees, for this repository and as long as one of the runs
    that have `ended` was there. Raises Conflict (`endpoint-unconfirmed`).
    """
    url = endpoint.url
    if confirmed or url == OPENAI_URL or _is_here(url):
        return
    if any(url == model.endpoint for about in ended.values() for model in about.models):
        return
    raise Conflict(
        f"prompts, examples and the key would go to {url}, which this repository never used",
        code="endpoint-unconfirmed",
        hint=f"if that is right: {flag} {shlex.quote(url)}",
    )


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
