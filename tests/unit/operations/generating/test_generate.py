"""`generate` gives exactly what was asked for, and accounts for every request and every cent."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import PRICES, generated, know_prices, pair, pair_of
from tests.support.library import Library, chat
from vault.errors import Conflict, InvalidInput, VaultError

PRICED = {"price": 'price = "table"'}
SEEDED = {
    "more": "[seeds]\nwhere = \"source = 's.jsonl'\"\nper_request = 2\n",
    "user": 'user = "{{ tone }} {{ topic }} {{ seeds }}"',
}


@pytest.fixture
def priced(library: Library) -> Library:
    """A repository that knows the prices that the server bills by."""
    know_prices(library)
    return library


def seeds(library: Library, records: Sequence[Any]) -> None:
    library.write("s.jsonl", records)
    library.run("s.jsonl")


def test_exactly_as_many_are_accepted_as_were_asked_for(library: Library) -> None:
    rates = {"malformed": 0.05, "length": 0.05, "429:0": 0.1, "refusal": 0.02}
    with BillingServer(Behaviour(content=pair, rates=rates)) as server:
        report = generated(library, server.base_url, count=120)
        sent = server.ledger.entries
    assert (report.accepted, report.staged, report.stopped) == (120, 120, "done")
    billed = [each for each in sent if each.times]
    assert report.requests == report.answers == len(billed)
    assert report.retries == len(sent) - len(billed) > 0
    assert set(report.rejected) == {"malformed", "cut", "refused"}
    assert report.accepted + sum(report.rejected.values()) == report.answers
    topics = Counter(each["topic"] for each in library.records())
    assert topics == {"cards": 40, "loans": 40, "fees": 40}
    tones = Counter("polite" in each.text for each in billed)
    assert tones[True] > 2 * tones[False]
    assert library.repository.validate(None).errors == 0
    assert library.repository.dedupe(dry_run=True).removed == 0


def test_every_cent_that_was_billed_is_told(priced: Library) -> None:
    rates = {"malformed": 0.1, "drop": 0.1, "500": 0.05, "bare": 0.2}
    with BillingServer(Behaviour(content=pair, rates=rates)) as server:
        report = generated(priced, server.base_url, count=40, **PRICED)
        ledger = server.ledger
    dropped = [each.cost for each in ledger.entries if each.fault == "drop"]
    assert report.cost.known is not None and report.cost.possibly is not None
    assert Decimal(report.cost.known) == ledger.billed - sum(dropped)
    assert Decimal(report.cost.possibly) >= sum(dropped) > 0
    assert len(report.possibly_billed) == len(dropped)
    shown = priced.repository.run(report.run)
    assert (shown.run.cost, shown.rejected) == (report.cost, report.rejected)
    assert [each.state for each in priced.repository.runs().items] == ["finished"]


def test_a_budget_is_never_passed_and_may_be_raised(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        budget = Decimal("0.01")
        first = generated(priced, server.base_url, count=60, budget=budget, **PRICED)
        assert first.stopped == "budget"
        assert 0 < first.accepted == first.staged < 60
        assert server.ledger.billed <= budget
        second = priced.repository.resume(budget=Decimal(1))
        assert (second.run, second.stopped, second.accepted) == (first.run, "done", 60)
        assert second.staged == 60 - first.accepted
        assert Decimal(second.cost.amount or "nan") == server.ledger.billed
    assert len(priced.records()) == 60


def test_the_order_of_arrival_decides_nothing(tmp_path: Path) -> None:
    prints = []
    for number, delay in enumerate((0.0, 0.01)):
        folder = tmp_path / str(number)
        folder.mkdir()
        library = Library(folder)
        seeds(library, [chat(f"Seed question {n} about it?", f"Answer {n}.") for n in range(9)])
        rates = {"malformed": 0.2}
        behaviour = Behaviour(content=pair_of, rates=rates, delay_seconds=delay, is_uneven=True)
        with BillingServer(behaviour) as server:
            in_flight = 1 + 15 * number
            generated(library, server.base_url, count=70, in_flight=in_flight, **SEEDED)
        prints.append(library.repository.commit("generated").fingerprint)
    assert prints[0] == prints[1]


def test_what_is_not_accepted_has_its_reason(library: Library) -> None:
    known = "How do I order a new card for my account today?"
    seeds(library, [chat(known, "Online.", topic="cards"), chat("Was this taken out?", "Yes, it.")])
    library.repository.rm([], where="response = 'Yes, it.'")
    answers: list[dict[str, str]] = [
        {"user": known, "assistant": "Online."},
        {"user": f"{known}?", "assistant": "Online."},
        {"user": "Is a key in this text?", "assistant": "sk-proj-" + "a1B2c3D4" * 6},
        {"user": "Is something missing here?"},
        {"user": "Is the answer long enough for that?", "assistant": "No."},
    ]
    told = iter(json.dumps(each) for each in answers)

    def content(text: str, chance: random.Random) -> str:
        return next(told, None) or pair(text, chance)

    with BillingServer(Behaviour(content=content)) as server:
        more = "[accept]\nwhere = \"response <> 'No.'\"\n"
        one = {"topic": 'topic = ["cards"]', "tone": "tone = [1]", "more": more}
        report = generated(library, server.base_url, count=9, in_flight=1, **one)
    assert report.accepted == 9
    wanted = {"duplicate": 1, "near-duplicate": 1, "rule": 1, "field-missing": 1, "where": 1}
    assert report.rejected == wanted
    assert report.reasons["rule"].startswith("SAFE")
    assert report.reasons["field-missing"].endswith("has no attribute 'assistant'")


def test_what_was_taken_out_does_not_come_back(library: Library) -> None:
    seeds(library, [chat("Was this taken out?", "Yes, it was.", topic="cards")])
    library.repository.rm([], where="response = 'Yes, it was.'")
    told = iter([json.dumps({"user": "Was this taken out?", "assistant": "Yes, it was."})])
    with BillingServer(Behaviour(content=lambda *a: next(told, None) or pair(*a))) as server:
        one = {"topic": 'topic = ["cards"]', "tone": "tone = [1]"}
        report = generated(library, server.base_url, count=2, in_flight=1, **one)
    assert (report.rejected, report.accepted) == ({"removed-before": 1}, 2)


def test_no_text_of_a_seed_is_in_an_accepted_example(library: Library) -> None:
    secret = "My grandmother left the blue kettle on the stove of her flat in the old harbour"
    short = "PAYPAL FLOWERS 4711 HAMBURG"
    seeds(library, [chat(secret, "Call somebody."), chat(short, "Account 90817263")])
    told = iter(
        [
            f"So {secret.lower()}!",
            "x the blue, kettle; ON the stove of her flat in the old harbour y",
            f"I bought something: {short}, yes",
            "Is 9081-7263 yours?",
            "Is 817263 yours?",
            "Is the kettle on the stove of somebody?",
        ]
    )

    def content(text: str, chance: random.Random) -> str:
        value = json.loads(pair(text, chance))
        return json.dumps({**value, "user": next(told, value["user"])})

    with BillingServer(Behaviour(content=content)) as server:
        report = generated(library, server.base_url, count=6, in_flight=1, **SEEDED)
    assert report.rejected == {"seed-overlap": 5}
    assert report.accepted == 6
    assert [each for each in library.records() if "of somebody?" in str(each)]


def test_seeds_come_from_the_side_for_training(library: Library) -> None:
    seeds(library, [chat(f"Question {n} of a seed?", f"The answer {n}.") for n in range(40)])
    library.repository.split({"train": 0.5, "test": 0.5})
    with BillingServer(Behaviour(content=pair)) as server:
        generated(library, server.base_url, count=12, **SEEDED)
        sent = "".join(each.text for each in server.ledger.entries)
    sides = library.repository.sql("SELECT split, response FROM examples").rows
    shown = {str(side) for side, response in sides if f'"{response}"' in sent}
    assert shown == {"train"}


def test_personal_data_of_seeds_stays_here(library: Library) -> None:
    mail, card = "jane.roe@posteo.de", "4539 1488 0343 6467"
    seeds(library, [chat(f"Write to {mail} please.", f"Paid with {card}.") for _ in range(1)] * 1)
    with BillingServer(Behaviour(content=pair)) as server:
        more = "[seeds]\nper_request = 1\n"
        generated(library, server.base_url, count=2, more=more, user=SEEDED["user"])
        sent = [each.text for each in server.ledger.entries]
    assert all("Write to [EMAIL] please." in each and "[CARD]" in each for each in sent)


def test_fifty_answers_in_vain_end_a_run(library: Library) -> None:
    with BillingServer(Behaviour(content=lambda *_: "no JSON")) as server:
        report = generated(library, server.base_url, count=500)
        assert len(server.ledger.entries) == 50
    assert (report.stopped, report.accepted) == ("rejected", 0)
    assert report.rejected == {"malformed": 50}


def test_too_little_that_is_new_ends_a_run(library: Library) -> None:
    texts = [pair("", random.Random(n)) for n in range(60)]
    more = "[accept]\nstop_when_novelty_below = 0.5\n"

    def content(text: str, chance: random.Random) -> str:
        return chance.choice(texts)

    with BillingServer(Behaviour(content=content)) as server:
        report = generated(library, server.base_url, count=300, more=more)
        assert 200 <= len(server.ledger.entries) < 400
    assert report.stopped == "novelty"
    assert 0 < report.accepted <= 200


def test_requests_have_a_most(library: Library) -> None:
    with BillingServer(Behaviour(content=pair, rates={"malformed": 0.5})) as server:
        report = generated(library, server.base_url, count=40, max_requests=30)
        assert len(server.ledger.entries) == 30
    assert (report.stopped, report.requests) == ("requests", 30)
    assert report.accepted + report.rejected["malformed"] == 30


def test_runs_outlive_what_becomes_of_the_stage(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        report = generated(library, server.base_url, count=3)
    library.repository.discard()
    library.repository.gc(undo_days=0)
    assert library.repository.fsck().problems == ()
    (listed,) = library.repository.runs().items
    assert (listed.run, listed.accepted, listed.recipe) == (report.run, 3, "r.toml")
    found = list(library.repository.requests_of(report.run))
    assert [each.request for each in found] == [1, 2, 3]
    for each in found:
        shown = library.repository.request(report.run, each.request)
        assert shown == each
        assert json.loads(shown.answer or "")["choices"]
        assert json.loads(shown.body)["max_tokens"] == 60


def test_examples_say_who_made_them(library: Library) -> None:
    seeds(library, [chat("What is a seed?", "A thing."), chat("And what is that?", "Another one.")])
    with BillingServer(Behaviour(content=pair)) as server:
        report = generated(library, server.base_url, count=4, **SEEDED)

    def count(where: str) -> int:
        return library.repository.query([where]).examples

    assert count("origin IS NULL") == 2
    assert count(f"origin = '{report.run}' AND origin.model = 'm'") == 4
    assert count("len(origin.seeds) = 2") == 4
    assert count(f"round = '{report.run}' AND source = 'generate/r.toml'") == 4
    with pytest.raises(InvalidInput, match="origin has run, model, seeds"):
        count("origin.price = 1")


def test_another_run_asks_for_something_else(library: Library) -> None:
    seeds(library, [chat(f"Seed {n} of many?", f"Yes, the {n}th.") for n in range(30)])
    with BillingServer(Behaviour(content=pair_of)) as server:
        for _ in range(2):
            report = generated(library, server.base_url, count=10, **SEEDED)
            assert (report.stopped, report.staged) == ("done", 10)
        texts = [each.text for each in server.ledger.entries]
    assert len(texts) == len(set(texts))


def test_a_preview_stages_nothing(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        report = generated(library, server.base_url, count=3, is_preview=True)
        assert len(server.ledger.entries) == 3
    assert len(report.preview) == 3
    assert library.repository.status().examples == 0
    assert [each.kind for each in library.repository.runs().items] == ["preview"]


def test_an_unfinished_run_comes_first(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        first = generated(library, server.base_url, count=5, max_requests=2)
        assert first.stopped == "requests"
        with pytest.raises(Conflict, match="is not finished") as caught:
            generated(library, server.base_url, count=5)
        assert caught.value.code == "run-unfinished"
        other = generated(library, server.base_url, count=2, new_run=True)
        assert other.stopped == "done"
        again = library.repository.resume(first.run, max_requests=5)
        assert (again.stopped, again.accepted, again.requests) == ("done", 5, 5)
    with pytest.raises(Conflict, match=f"the run {first.run} is finished"):
        library.repository.resume(first.run)
    with pytest.raises(VaultError, match="no run is unfinished"):
        library.repository.resume()


def test_an_endpoint_that_is_gone_loses_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.generate.asking.backoff_seconds", lambda *_: 0.0)
    with BillingServer(Behaviour(content=pair)) as server:
        port = server.port
        first = generated(library, server.base_url, count=5, max_requests=2)
    gone = library.repository.resume(max_requests=50)
    assert (gone.stopped, gone.accepted, gone.requests) == ("unreachable", 2, 2)
    with BillingServer(Behaviour(content=pair), port=port) as server:
        done = library.repository.resume()
        assert (done.run, done.stopped, done.accepted) == (first.run, "done", 5)
        assert len(server.ledger.entries) == 3


def test_a_run_that_never_asked_stands_in_nobodys_way(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        with pytest.raises(InvalidInput) as caught:
            generated(library, server.base_url, count=2, **SEEDED)
        assert caught.value.code == "seeds-missing"
        assert library.repository.runs().items == ()
        seeds(library, [chat(f"Seed {n} of many?", f"The {n}th.") for n in range(3)])
        assert generated(library, server.base_url, count=2, **SEEDED).stopped == "done"


@pytest.mark.parametrize("is_typed", [False, True])
def test_examples_wait_for_a_person_where_that_was_said(library: Library, is_typed: bool) -> None:
    more = "" if is_typed else "[accept]\nreview = true\n"
    with BillingServer(Behaviour(content=pair)) as server:
        generated(library, server.base_url, count=2, max_requests=1, review=is_typed, more=more)
        library.repository.resume(max_requests=9)
    assert library.repository.query(["labels.review = 'pending'"]).examples == 2


def test_answers_give_the_same_examples_again(library: Library) -> None:
    seeds(library, [chat(f"Seed {n} of many?", f"Yes, the {n}th.") for n in range(9)])
    with BillingServer(Behaviour(content=pair, rates={"malformed": 0.2})) as server:
        report = generated(library, server.base_url, count=60, **SEEDED)
        sent = len(server.ledger.entries)
        library.repository.label({"quality": "gold"}, where="origin IS NOT NULL")
        before = library.repository.commit("generated").fingerprint
        for _ in range(2):
            again = library.repository.reparse(report.run)
            assert (again.accepted, again.staged) == (60, 0)
            assert again.rejected == report.rejected
            assert not library.repository.status().has_stage
        assert len(server.ledger.entries) == sent
    assert library.repository.log(limit=1).commits[0].fingerprint == before


def test_another_recipe_makes_others_in_their_place(library: Library) -> None:
    seeds(library, [chat("A first one?", "It stays the first.")])
    with BillingServer(Behaviour(content=pair, rates={"malformed": 0.1})) as server:
        report = generated(library, server.base_url, count=12)
    library.write("last.jsonl", [chat("A last one?", "It stays the last.")])
    library.run("last.jsonl")
    library.repository.label({"quality": "gold"}, where="origin IS NOT NULL")
    (gone, *_) = library.repository.query(["origin IS NOT NULL"]).items
    library.repository.rm([gone.id])
    path = library.folder / "r.toml"
    text = path.read_text().replace('topic = "{{ topic }}"', 'about = "{{ topic }}"')
    path.write_text(text)
    again = library.repository.reparse(report.run, str(path))
    assert (again.accepted, again.rejected["removed-before"]) == (11, 1)
    records = library.records()
    assert [each["messages"][0]["content"] for each in (records[0], records[-1])] == [
        "A first one?",
        "A last one?",
    ]
    assert sum("about" in each for each in records) == 11
    assert library.repository.query(["labels.quality = 'gold'"]).examples == 11
    shown = library.repository.run(report.run)
    assert (shown.run.accepted, shown.run.cost) == (11, report.cost)
    third = library.repository.reparse(report.run)
    assert (third.accepted, third.rejected, third.staged) == (11, again.rejected, 0)
    assert library.repository.fsck().problems == ()


def test_what_is_stricter_takes_examples_away(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        report = generated(library, server.base_url, count=12)
    path = library.folder / "r.toml"
    path.write_text(path.read_text() + "[accept]\nwhere = \"data.topic <> 'cards'\"\n")
    again = library.repository.reparse(report.run, str(path))
    assert (again.accepted, again.rejected) == (8, {"where": 4})
    assert len(library.records()) == 8
    library.repository.undo()
    assert len(library.records()) == 12


def test_a_run_is_given_up_with_its_answers_kept(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        first = generated(library, server.base_url, count=5, max_requests=2)
        with pytest.raises(Conflict, match="may go on"):
            library.repository.reparse(first.run)
        shown = library.repository.cancel_run(first.run)
        assert (shown.run.state, shown.run.answers) == ("cancelled", 2)
        assert library.repository.status().unfinished == ()
        assert generated(library, server.base_url, count=5).stopped == "done"
    with pytest.raises(Conflict, match="is cancelled"):
        library.repository.resume(first.run)
    assert library.repository.reparse(first.run).accepted == 2


def test_a_notebook_may_generate(library: Library) -> None:
    async def cell(url: str) -> int:
        return generated(library, url, count=2).accepted

    with BillingServer(Behaviour(content=pair)) as server:
        assert asyncio.run(cell(server.base_url)) == 2


def test_examples_go_to_the_branch_of_their_run(library: Library) -> None:
    seeds(library, [chat("What is a branch?", "A name for a commit.")])
    library.repository.commit("seeds")
    with BillingServer(Behaviour(content=pair)) as server:
        first = generated(library, server.base_url, count=5, max_requests=2)
        library.repository.switch("other", create=True)
        report = library.repository.resume(max_requests=9)
    assert (report.stopped, report.branch) == ("done", "main")
    assert library.repository.status().examples == 1
    library.repository.switch("main")
    assert library.repository.status().examples == 6
    assert library.repository.query([f"origin = '{first.run}'"]).examples == 5


def test_a_recipe_shows_no_file_of_somewhere_else(library: Library) -> None:
    outside = library.folder.parent / "x.jsonl"
    outside.write_text(json.dumps(chat("A secret?", "Of somebody else.")))
    with BillingServer(Behaviour(content=pair)) as server:
        user = SEEDED["user"]
        for name in ("../x.jsonl", str(outside)):
            more = f"[seeds]\nfile = '{name}'\nper_request = 1\n"
            with pytest.raises(InvalidInput) as caught:
                generated(library, server.base_url, count=1, more=more, user=user)
            assert caught.value.code == "seeds-outside"
        library.write("in.jsonl", [chat("A seed?", "Of a file.")])
        more = "[seeds]\nfile = 'in.jsonl'\nper_request = 1\n"
        assert generated(library, server.base_url, count=1, more=more, user=user).accepted == 1
        (entry,) = server.ledger.entries
    assert "Of a file." in entry.text


def test_a_run_goes_on_by_the_prices_it_began_with(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        generated(priced, server.base_url, count=5, max_requests=2, **PRICED)
        text = PRICES.replace("2.50", "250").replace("USD", "EUR")
        (priced.folder / "prices.toml").write_text(text, encoding="utf-8")
        report = priced.repository.resume(max_requests=9)
        assert Decimal(report.cost.amount or "nan") == server.ledger.billed
    assert report.cost.currency == "USD"


def test_statistics_count_models_and_runs(library: Library) -> None:
    library.write("a.jsonl", [chat("By hand?", "Yes.")])
    library.run("a.jsonl")
    with BillingServer(Behaviour(content=pair)) as server:
        report = generated(library, server.base_url, count=3)
    found = library.repository.stats(by="origin.model")
    assert found.models == {"m": 3, "(none)": 1}
    assert found.runs == {report.run: 3, "(none)": 1}
    assert {name: each.examples for name, each in found.by.items()} == {"m": 3, "(none)": 1}
