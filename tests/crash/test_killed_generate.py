"""`vault generate`, killed while it asks: no answer that was billed is lost or bought again."""

from __future__ import annotations

import json
import random

import pytest

from tests.crash.killed_runs import assert_accounted, killed_after, started
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import know_prices, pair
from tests.support.library import Library
from tests.support.recipes import recipe

RATES = {"malformed": 0.05, "length": 0.05, "429:0": 0.1, "drop": 0.01}


def _kills(library: Library, *, kills: int, most: int, seed: int) -> None:
    chance = random.Random(seed)
    know_prices(library)
    count = kills * most
    behaviour = Behaviour(content=pair, rates=RATES, delay_seconds=0.005, is_uneven=True)
    with BillingServer(behaviour) as server:
        text = recipe(server.base_url, price='price = "table"')
        (library.folder / "r.toml").write_bytes(text)
        words = ["r.toml", "-n", str(count), "--yes"]
        done = 0
        while done < kills:
            process = started(library, "generate", *words)
            if not killed_after(process, server, chance.randint(1, most)):
                break
            done += 1
            begun = len(library.repository.runs().items) == 1
            words = ["--resume", "-n", str(count), "--yes"] if begun else words
        assert done == kills
        process = started(library, "generate", "--resume")
        assert process.wait() == 0
        billed = [each for each in server.ledger.entries if each.times]
    assert_accounted(library, billed)
    (run,) = library.repository.runs().items
    assert (run.state, run.accepted) == ("finished", count)
    assert len(library.records()) == count
    assert len({json.dumps(each) for each in library.records()}) == count
    assert library.repository.fsck().problems == ()


def test_no_answer_is_lost_or_bought_twice(library: Library) -> None:
    _kills(library, kills=4, most=40, seed=1)


@pytest.mark.slow
def test_no_answer_is_lost_in_two_hundred_kills(library: Library) -> None:
    _kills(library, kills=200, most=20, seed=2)
