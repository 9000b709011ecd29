"""The model that a recipe or a rubric asks, as its TOML table names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vault.generate.checked_table import CheckedTable, is_json

MOST_TOKENS = 100_000_000
"""Tokens of an answer, at most: no model gives as many."""

_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_DEARER = ("service_tier", "best_of", "prediction", "web_search_options", "modalities", "audio")
_SENT_BY_VAULT = ("messages", "model", "n", "stream", "response_format", "max_completion_tokens")


@dataclass(frozen=True, slots=True)
class Model:
    """The model that is asked, and how. `base_url` None is the address of the openai client.

    `api_key_env` names the variable of the environment that has the key. `is_free` says that the
    server costs nothing. `settings` are further members of every request, such as `temperature`.
    """

    name: str
    max_tokens: int
    base_url: str | None = None
    api_key_env: str | None = None
    is_free: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


def read_model(
    table: CheckedTable, *, name_key: str = "name", max_tokens: int | None = None
) -> Model:
    """Return the model of a table; its faults go to the list of the table.

    `name_key` is the key of its name. Without `max_tokens`, the bound of an answer that sets none,
    the table has to have one.
    """
    name = table.text(name_key, required=True)
    most = table.whole("max_tokens", max_tokens or 1, least=1, required=max_tokens is None)
    if most > MOST_TOKENS:
        table.fault("max_tokens", f"is more than {MOST_TOKENS:,}")
    base_url = table.text("base_url")
    if base_url is not None and not re.match(r"https?://[^\s/]", base_url):
        table.fault("base_url", "has to begin with http:// or https://")
    price = table.word("price", "table", ("table", "none"))
    model = Model(
        name=name or "",
        max_tokens=most,
        base_url=base_url,
        api_key_env=table.text("api_key_env"),
        is_free=price == "none",
        settings=table.rest(),
    )
    for key in model.settings:
        if key in _SENT_BY_VAULT:
            table.fault(key, "is set by vault, and cannot be set here")
        elif key in _DEARER:
            table.fault(key, "may cost more than the prices say, and cannot be set here")
        elif key in ("api_key", "key", "token"):
            table.fault(key, "would put a key into git: name its variable with api_key_env")
        elif not is_json(model.settings[key]):
            table.fault(key, "cannot be sent: dates, nan and inf are no JSON")
    if model.api_key_env is not None and not _ENVIRONMENT.fullmatch(model.api_key_env):
        # Not the value itself: it may be the key.
        table.fault("api_key_env", "has to name a variable of the environment")
    return model
