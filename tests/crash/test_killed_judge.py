"""`vault judge`, killed while it asks: no verdict that was billed is lost or bought again."""

from __future__ import annotations

import json
import random

import pytest

from tests.crash.killed_runs import assert_accounted, killed_after, started
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import know_prices
from tests.support.judged import asked, judged, rubric, says, verdicts_asked
from tests.support.library import Library

RATES = {"malformed": 0.05, "length": 0.05, "429:0": 0.1, "drop": 0.01}


def _good_or_bad(text: str, chance: random.Random) -> str:
    if "cannot be used" in text:
        # The request that shows the judge its mistake has the example further up.
        return json.dumps({each: {"verdict": "yes"} for each in ("answers", "polite")})
    return says(lambda answer: answer.startswith("good"))(text, chance)


def _kills(library: Library, *, kills: int, most: int, seed: int) -> None:
    chance = random.Random(seed)
    know_prices(library)
    asked(library, kills * most)
    behaviour = Behaviour(
        content=_good_or_bad, rates=RATES, delay_seconds=0.005, is_uneven=True, seed=seed
    )
    with BillingServer(behaviour) as server:
        data = rubric(server.base_url, more="repeat = 0.2").replace(b'price = "none"\n', b"")
        (library.folder / "help.toml").write_bytes(data)
        words = ["help.toml", "--yes"]
        for _ in range(kills):
            assert killed_after(started(library, "judge", *words), server, chance.randint(1, most))
            begun = len(library.repository.runs().items) == 1
            words = ["--resume"] if begun else words
        assert started(library, "judge", "--resume").wait() == 0
        billed = [each for each in verdicts_asked(server) if each.times]
        assert_accounted(library, billed)
        (run,) = library.repository.runs().items
        assert run.state == "finished"
        before = library.labels()
        for question, labels in before.items():
            number = int(question[1:-1])
            assert labels["judge.help.score"] in (1.0, float(number % 4 != 0))
        # What has no label is what the judge gave no verdict on, and nothing else is asked again.
        again = judged(library, data)
        assert again.wanted == kills * most - len(before)
        assert again.skipped_for.get("judged-before") == len(before)
    assert library.repository.fsck().problems == ()


def test_no_verdict_is_lost_or_bought_twice(library: Library) -> None:
    _kills(library, kills=4, most=40, seed=1)


@pytest.mark.slow
def test_no_verdict_is_lost_in_two_hundred_kills(library: Library) -> None:
    _kills(library, kills=200, most=20, seed=2)
