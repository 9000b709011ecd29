"""`vault generate`, killed while it asks: no answer that was billed is lost or bought again."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal

import pytest

from tests.support.billing_server import Behaviour, BillingServer, Entry
from tests.support.generated import know_prices, pair
from tests.support.library import Library, chat
from tests.support.recipes import recipe

RATES = {"malformed": 0.05, "length": 0.05, "429:0": 0.1, "drop": 0.01}


def _started(library: Library, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "vault", "generate", *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=library.folder, **quiet)  # type: ignore[call-overload, no-any-return]


def _killed_after(process: subprocess.Popen[bytes], server: BillingServer, more: int) -> bool:
    """Kill a process once the server has so many more requests; return whether it still ran."""
    wanted = len(server.ledger.entries) + more
    while len(server.ledger.entries) < wanted:
        if process.poll() is not None:
            return False
        time.sleep(0.001)
    process.kill()
    process.wait()
    return True


def _accounted(library: Library, billed: list[Entry]) -> None:
    """Assert that every bill has its request in the run, and no request has two."""
    (run,) = library.repository.runs().items
    requests = list(library.repository.requests_of(run.run))
    known = Counter(each.body for each in requests if each.state != "planned")
    bills = Counter(each.body for each in billed)
    assert bills.keys() <= known.keys()
    for body, count in bills.items():
        assert count <= known[body], "an answer was bought twice"
    answered = [each for each in requests if each.answer is not None]
    lost = [each for each in requests if each.state == "possibly-billed"]
    assert len(answered) <= len(billed) <= len(answered) + len(lost)
    cost = sum((Decimal(each.cost or 0) for each in answered), Decimal(0))
    most = cost + sum((Decimal(each.cost or 0) for each in lost), Decimal(0))
    total = sum((each.cost for each in billed), Decimal(0))
    assert cost <= total <= most


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
            process = _started(library, *words)
            if not _killed_after(process, server, chance.randint(1, most)):
                break
            done += 1
            begun = len(library.repository.runs().items) == 1
            words = ["--resume", "-n", str(count), "--yes"] if begun else words
        assert done == kills
        process = _started(library, "--resume")
        assert process.wait() == 0
        billed = [each for each in server.ledger.entries if each.times]
    _accounted(library, billed)
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
        while _killed_after(_started(library, *words), server, kill_every):
            kills += 1
            words = ["--resume"]
        assert kills >= count // kill_every
        _accounted(library, [each for each in server.ledger.entries if each.times])
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
