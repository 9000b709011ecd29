"""`vault generate`, killed while it asks: no answer that was billed is lost or bought again."""

from __future__ import annotations

import json
import random

import pytest

from tests.crash.killed_runs import assert_accounted, killed_after, started
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import know_prices, pair
from tests.support.library import Library, chat
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


SCRIPT = """
[model]
name = "m"
base_url = "{url}"
temperature = 0.9
max_tokens = 60
[seeds]
where = "origin IS NULL"
[vary]
topic = ["a late order", "a refund", "a lost card", "a new address"]
[prompt]
user = '''Example style reference:
{{{{ seeds }}}}
Write a new, unique customer message about {{{{ topic }}}}, and the answer of a helpful agent.
Answer as JSON: {{"user": "...", "assistant": "..."}}'''
[answer]
format = "json"
[example]
messages = [
  {{ role = "system", content = "You are a helpful support agent." }},
  {{ role = "user", content = "{{{{ answer.user }}}}" }},
  {{ role = "assistant", content = "{{{{ answer.assistant }}}}" }},
]
"""
"""The script that many begin with, as a recipe: ask, parse JSON, append a chat to a file."""


def _as_the_script(library: Library, *, count: int, kill_every: int) -> None:
    know_prices(library)
    seeds = [chat(f"Where is order {n}?", f"It arrives on day {n}.") for n in range(50)]
    library.write("seeds.jsonl", seeds)
    library.run("seeds.jsonl")
    behaviour = Behaviour(content=pair, rates=RATES | {"drop": 0.0}, delay_seconds=0.005)
    with BillingServer(behaviour) as server:
        text = SCRIPT.format(url=server.base_url)
        assert len(text.strip().splitlines()) <= 25
        (library.folder / "r.toml").write_text(text)
        words = ["r.toml", "-n", str(count), "--yes"]
        kills = 0
        while killed_after(started(library, "generate", *words), server, kill_every):
            kills += 1
            words = ["--resume"]
        assert kills >= count // kill_every
        assert_accounted(library, [each for each in server.ledger.entries if each.times])
        known = len([each for each in server.ledger.entries if each.times])
    (run,) = library.repository.runs().items
    assert (run.state, run.accepted) == ("finished", count)
    shown = library.repository.run(run.run)
    lost = len(shown.possibly_billed)
    assert run.answers == run.accepted + sum(shown.rejected.values())
    assert run.requests == run.answers + sum(shown.failed.values()) + lost
    assert run.answers <= known <= run.answers + lost
    target = library.folder / "train.jsonl"
    library.repository.export("STAGE", output=str(target), where="origin IS NOT NULL")
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert len(lines) == count
    roles = {tuple(each["role"] for each in line["messages"]) for line in lines}
    assert roles == {("system", "user", "assistant")}


def test_the_script_as_a_recipe_survives_kills(library: Library) -> None:
    _as_the_script(library, count=240, kill_every=100)


@pytest.mark.slow
def test_the_script_as_a_recipe_survives_many_kills(library: Library) -> None:
    _as_the_script(library, count=5_000, kill_every=200)


def test_no_answer_is_lost_or_bought_twice(library: Library) -> None:
    _kills(library, kills=4, most=40, seed=1)


@pytest.mark.slow
def test_no_answer_is_lost_in_two_hundred_kills(library: Library) -> None:
    _kills(library, kills=200, most=20, seed=2)
