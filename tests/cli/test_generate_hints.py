"""`vault generate`: what it says to do next where a run stops or does not begin."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import pair
from tests.support.recipes import recipe

Run = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a recipe for a server, which the process is in."""
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        with BillingServer(Behaviour(content=pair)) as server:
            (tmp_path / "r.toml").write_bytes(recipe(server.base_url))
            yield tmp_path
    finally:
        os.chdir(before)


def test_a_spent_limit_is_named_with_its_option(run: Run, folder: Path) -> None:
    run("init")
    stopped = run("generate", "r.toml", "-n", "9", "--max-requests", "2")
    assert stopped.code == 1
    assert "2 of 9 accepted" in stopped.out
    assert "--max-requests N` goes on" in stopped.err
    done = run("generate", "--resume", "--max-requests", "40")
    assert done.code == 0
    assert "9 of 9 accepted" in done.out


def test_without_a_price_a_budget_in_money_is_no_advice(run: Run, folder: Path) -> None:
    run("init")
    (folder / "r.toml").write_bytes(recipe(price='price = "table"'))
    refused = run("generate", "r.toml")
    assert refused.code == 4
    assert "cost-unconfirmed" in refused.err
    assert "--budget-tokens" in refused.err and "--budget " not in refused.err


def test_with_a_price_both_limits_are_named(run: Run, folder: Path) -> None:
    run("init")
    (folder / "r.toml").write_bytes(recipe(price='price = "table"'))
    (folder / "vault.toml").write_text('[generate]\nprices = "p.toml"\n')
    (folder / "p.toml").write_text("[models.m]\ndate = 2026-11-01\nprompt = 1\ncompletion = 2\n")
    refused = run("generate", "r.toml")
    assert refused.code == 4
    assert "--budget or --budget-tokens" in refused.err
