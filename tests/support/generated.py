"""Answers of the billing server in tests of `generate`, and a repository that asks it."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

from tests.support.library import Library
from tests.support.recipes import recipe
from vault.operations.generating.report import GenerateReport

PRICES = """\
currency = "USD"
per = 1_000_000
[models.m]
date = 2026-01-01
prompt = 2.50
completion = 10.00
"""
"""Prices of the model of the recipes, by which the server bills."""

_WORDS = [f"{a}{b}" for a in ("ba", "ke", "li", "mo", "nu", "ra") for b in ("ton", "rit", "lem")]


def know_prices(library: Library) -> None:
    """Give a repository the prices of PRICES."""
    (library.folder / "prices.toml").write_text(PRICES, encoding="utf-8")
    (library.folder / "vault.toml").write_text('[generate]\nprices = "prices.toml"\n')


def said(count: int, chance: random.Random) -> str:
    """Return so many words that nobody else says."""
    return " ".join(f"{chance.choice(_WORDS)}{chance.randrange(10_000)}" for _ in range(count))


def pair(text: str, chance: random.Random) -> str:
    """Return a question and an answer as JSON: others each time."""
    return json.dumps({"user": f"{said(12, chance)}?", "assistant": f"{said(14, chance)}."})


def pair_of(text: str, chance: random.Random) -> str:
    """Return a question and an answer as JSON: the same for the same prompt."""
    return pair(text, random.Random(hashlib.sha256(text.encode()).hexdigest()))


def generated(library: Library, url: str, *, more: str = "", **options: Any) -> GenerateReport:
    """Run a recipe against a server; `options` without names of `generate` replace its lines."""
    known = (
        "count",
        "plan",
        "budget",
        "budget_tokens",
        "max_requests",
        "new_run",
        "is_preview",
        "review",
        "in_flight",
        "round",
        "is_batch",
    )
    given = {name: options.pop(name) for name in known if name in options}
    (library.folder / "r.toml").write_bytes(recipe(url, more=more, **options))
    return library.repository.generate(str(library.folder / "r.toml"), **given)
