"""The description of a model run: metadata of its object, and first line of its journal.

Needs only the standard library. Normative: docs/format/runs.md, sections 2 and 4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vault.errors import InvalidInput
from vault.objects.digest import Digest, read_digest

VERSION = 1
"""Version of the description, and of the journal that begins with one."""

_RUN_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_AMOUNTS = ("prompt", "cached", "completion", "reasoning", "batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """Prices of a model on a day, each for `per` tokens; amounts are decimal texts.

    An amount is None where the model has none of its own. `batch` is the factor for batches.
    """

    currency: str
    date: str
    per: int
    prompt: str | None = None
    cached: str | None = None
    completion: str | None = None
    reasoning: str | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class AskedModel:
    """A model as it was requested, the address of its endpoint, and its prices if known."""

    model: str
    endpoint: str
    prices: PriceList | None = None


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """The name of a recipe or rubric, and the object that holds its bytes."""

    name: str
    object: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAbout:
    """The description of a run.

    `models` has one model, or several different ones: a panel. `inputs` maps the name of a file
    that was read to the object with its bytes; `settings` holds those of `vault.toml`. `manifest`
    is of the dataset that answers were compared with. `started` is None before the first request.
    """

    run: str
    kind: str
    program: str
    models: tuple[AskedModel, ...]
    started: str | None = None
    recipe: RecipeFile | None = None
    inputs: Mapping[str, Digest] = field(default_factory=dict)
    manifest: Digest | None = None
    settings: Digest | None = None

    def files(self) -> tuple[Digest, ...]:
        """Return the digests of recipe, inputs and settings: what the run's folder holds."""
        recipe = None if self.recipe is None else self.recipe.object
        found = (recipe, *self.inputs.values(), self.settings)
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def names(self) -> tuple[Digest, ...]:
        """Return every digest of the description: the least that the view keeps for the run."""
        manifest = () if self.manifest is None else (self.manifest,)
        return tuple(dict.fromkeys((*self.files(), *manifest)))


def is_run_name(text: str) -> bool:
    """Return whether a text can be the name of a run, and so become a part of a path."""
    return _RUN_NAME.fullmatch(text) is not None


def check_run_name(text: str) -> str:
    """Return the name of a run. Raises InvalidInput (`run-name-invalid`)."""
    if not is_run_name(text):
        raise InvalidInput(
            f'"{text}" cannot be the name of a model run',
            code="run-name-invalid",
            hint="use 1 to 64 of a-z, 0-9 and -, with no - first, such as 20261129-5f3a90c1",
        )
    return text


def is_amount(value: object) -> bool:
    """Return whether a value is a decimal text, as costs and prices are written."""
    return isinstance(value, str) and _AMOUNT.fullmatch(value) is not None


def read_time(value: object) -> str:
    """Return a time as the format writes it. Raises ValueError if it is none."""
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        raise ValueError(f"{value!r} is not a time such as 2026-01-02T03:04:05Z")
    return value


def about_to_json(about: RunAbout) -> dict[str, Any]:
    """Return a description as JSON values. Raises ValueError where it is not as specified."""
    asked = [_asked_json(each) for each in about.models]
    is_panel = len(asked) > 1
    recipe = about.recipe
    value = {
        "version": VERSION,
        "run": about.run,
        "kind": about.kind,
        "program": about.program,
        "started": about.started,
        "recipe": None if recipe is None else {"name": recipe.name, "object": recipe.object},
        "inputs": {name: {"object": each} for name, each in about.inputs.items()},
        **(dict.fromkeys(("model", "endpoint", "prices")) if is_panel or not asked else asked[0]),
        "panel": asked if is_panel else None,
        "manifest": about.manifest,
        "settings": about.settings,
    }
    about_from_json(value)
    return value


def about_from_json(value: Any) -> RunAbout:
    """Return the description in JSON values. Raises one of `MALFORMED` if they are none."""
    if value["version"] != VERSION or type(value["version"]) is not int:
        raise ValueError(f"version {value['version']!r} of a run is not known")
    run = _text(value["run"])
    if not is_run_name(run):
        raise ValueError(f"{run!r} cannot be the name of a run")
    recipe, started = value["recipe"], value["started"]
    return RunAbout(
        run=run,
        kind=_text(value["kind"]),
        program=_text(value["program"]),
        models=_models(value),
        started=None if started is None else read_time(started),
        recipe=None
        if recipe is None
        else RecipeFile(_text(recipe["name"]), read_digest(recipe["object"])),
        inputs={_text(name): read_digest(each["object"]) for name, each in value["inputs"].items()},
        manifest=_digest_or_none(value["manifest"]),
        settings=_digest_or_none(value["settings"]),
    )


def _models(value: Mapping[str, Any]) -> tuple[AskedModel, ...]:
    panel = value["panel"]
    if panel is None:
        return (_asked(value),)
    if any(value[name] is not None for name in ("model", "endpoint", "prices")):
        raise ValueError("it has a panel, and a model beside it")
    models = tuple(map(_asked, panel))
    if not models or len({each.model for each in models}) < len(models):
        raise ValueError("its panel is empty, or has a model twice")
    return models


def _asked(value: Mapping[str, Any]) -> AskedModel:
    endpoint, prices = _text(value["endpoint"]), value["prices"]
    parts = urlsplit(endpoint)
    if parts.username is not None or parts.password is not None or "?" in endpoint:
        # Without the address: it would show the password.
        raise ValueError("the address of an endpoint has a user, a password or a query")
    return AskedModel(_text(value["model"]), endpoint, None if prices is None else _prices(prices))


def _asked_json(asked: AskedModel) -> dict[str, Any]:
    prices = asked.prices
    written = None
    if prices is not None:
        written = {name: getattr(prices, name) for name in ("currency", "date", "per", *_AMOUNTS)}
    return {"model": asked.model, "endpoint": asked.endpoint, "prices": written}


def _prices(value: Mapping[str, Any]) -> PriceList:
    amounts = {name: value[name] for name in _AMOUNTS}
    currency, date, per = _text(value["currency"]), _text(value["date"]), value["per"]
    if _CURRENCY.fullmatch(currency) is None or _DAY.fullmatch(date) is None:
        raise ValueError(f"{currency!r} is no currency, or {date!r} no day")
    if type(per) is not int or per < 1:
        raise ValueError(f"prices are for {per!r} tokens")
    for name, amount in amounts.items():
        if amount is not None and not is_amount(amount):
            raise ValueError(f"the price {name} is {amount!r}, and no decimal text")
    return PriceList(currency=currency, date=date, per=per, **amounts)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _digest_or_none(value: object) -> Digest | None:
    return None if value is None else read_digest(value)
