"""`generate` after something changed: nothing is sent or bought that nobody wants any more."""

from __future__ import annotations

import json
import random

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import generated, pair
from tests.support.library import Library, chat
from vault.errors import Conflict, InvalidInput
from vault.operations.generating.begin import begun
from vault.operations.generating.options import GenerateOptions

SEEDED = {
    "more": "[seeds]\nwhere = \"source = 's.jsonl'\"\nper_request = 1\n",
    "user": 'user = "{{ tone }} {{ topic }} {{ seeds }}"',
}


def seeds(library: Library, count: int = 3) -> None:
    chats = [chat(f"Seed question {n} about a thing?", f"Answer {n} to it.") for n in range(count)]
    library.write("s.jsonl", chats)
    library.run("s.jsonl")


def test_a_smaller_number_sends_no_more(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        generated(library, server.base_url, count=40, max_requests=10)
        report = library.repository.resume(count=12)
        assert len(server.ledger.entries) == 12
    assert (report.accepted, report.stopped) == (12, "done")


def test_lists_are_not_bought_for_each_example(library: Library) -> None:
    def ten(text: str, chance: random.Random) -> str:
        return json.dumps([json.loads(pair(text, chance)) for _ in range(10)])

    with BillingServer(Behaviour(content=ten)) as server:
        report = generated(library, server.base_url, count=80, format='format = "json-list"')
        assert len(server.ledger.entries) == 8
    assert (report.accepted, report.stopped) == (80, "done")


def test_seeds_that_were_taken_out_are_not_sent(library: Library) -> None:
    seeds(library)
    with BillingServer(Behaviour(content=pair)) as server:
        first = generated(library, server.base_url, count=9, max_requests=3, **SEEDED)
        library.repository.rm([], where="source = 's.jsonl'")
        report = library.repository.resume(max_requests=50)
        assert len(server.ledger.entries) == 3
    assert (report.accepted, report.stopped) == (first.accepted, "seeds-missing")


def test_seeds_that_were_taken_out_stay_secret(library: Library) -> None:
    def echo(text: str, chance: random.Random) -> str:
        answer = {"user": f"So, seed question {chance.randrange(2)} about a thing?"}
        return json.dumps({**answer, "assistant": f"{chance.random()} it is."})

    seeds(library)
    more = "[seeds]\nwhere = 'origin IS NULL'\nper_request = 1\n"
    with BillingServer(Behaviour(content=echo)) as server:
        generated(library, server.base_url, count=9, max_requests=3, **{**SEEDED, "more": more})
        library.repository.rm([], where="source = 's.jsonl'")
        library.write("t.jsonl", [chat("Is this something else?", "Yes, it is something else.")])
        library.run("t.jsonl")
        report = library.repository.resume(max_requests=6)
        texts = [each.text for each in server.ledger.entries]
    assert ["Seed question" in each for each in texts] == [True] * 3 + [False] * 3
    assert (report.accepted, report.rejected) == (0, {"seed-overlap": 6})


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"is_preview": True, "count": 3}, "--preview"),
        ({"new_run": True}, "--new-run"),
        ({"model": "other"}, "--model"),
        ({"base_url": "http://127.0.0.1:1/v1"}, "--base-url"),
    ],
)
def test_options_of_a_new_run_are_refused(
    library: Library, given: dict[str, object], name: str
) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        generated(library, server.base_url, count=9, max_requests=3)
        with pytest.raises(InvalidInput, match=f"{name} is for a new run") as caught:
            library.repository.resume(**given)  # type: ignore[arg-type]
        assert len(server.ledger.entries) == 3
    assert caught.value.code == "resume-options"


def test_a_run_under_way_stands_in_the_way(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        generated(library, server.base_url, count=1)
        path, context = str(library.folder / "r.toml"), library.repository._context()
        running = begun(context, path, GenerateOptions(token="0" * 8))
        with running, pytest.raises(Conflict) as caught:
            library.repository.generate(path, count=1)
        assert len(server.ledger.entries) == 1
    assert caught.value.code == "run-unfinished"


def test_too_long_an_answer_counts_with_its_tokens(library: Library) -> None:
    with BillingServer(Behaviour(content=pair, rates={"huge": 1.0})) as server:
        first = generated(library, server.base_url, count=3, max_requests=2)
        assert (first.failed, first.cost.known) == ({"answer-too-long": 2}, "0")
        again = library.repository.resume(budget_tokens=300, max_requests=9)
        assert len(server.ledger.entries) == 2
    assert again.stopped == "tokens"


def test_a_round_that_is_no_text_is_refused_first(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        with pytest.raises(InvalidInput) as caught:
            generated(library, server.base_url, count=1, round="\udcff")
        assert server.ledger.entries == []
    assert caught.value.code == "goal-invalid"
