"""`[each]` answers prompts that are there, as often as they are to be, and keeps them whole."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import said
from tests.support.library import Library, chat
from vault.errors import InvalidInput, InvalidText
from vault.operations.generating.report import GenerateReport

RECIPE = """
[model]
name = "m"
base_url = "{url}"
max_tokens = 60
price = "none"

[each]
{each}

{more}
"""
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
CALL = {"id": "c9", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def words(text: str, chance: random.Random) -> str:
    """Return an answer that nobody else gives."""
    return said(14, chance)


def answered(
    library: Library, url: str, each: str = "", more: str = "", **options: Any
) -> GenerateReport:
    """Run a recipe with `[each]`."""
    path = library.folder / "e.toml"
    path.write_text(RECIPE.format(url=url, each=each, more=more), encoding="utf-8")
    return library.repository.generate(str(path), **options)


def prompts(library: Library, count: int = 3, **fields: Any) -> None:
    """Import prompts that are nearly the same, with a field each."""
    told = "Please read all of this with great care before you say anything about it at all"
    records = [{"prompt": f"{told}: what is {n} plus {n}?", "n": n, **fields} for n in range(count)]
    library.write("p.jsonl", records)
    library.run("p.jsonl")


def test_each_prompt_gets_its_samples(library: Library) -> None:
    prompts(library)
    with BillingServer(Behaviour(content=words)) as server:
        report = answered(library, server.base_url, "samples = 2")
        texts = Counter(each.text for each in server.ledger.entries)
    assert (report.stopped, report.accepted, report.wanted) == ("done", 6, 6)
    assert sorted(texts.values()) == [2, 2, 2]
    made = library.records()[3:]
    assert [each["n"] for each in made] == [0, 0, 1, 1, 2, 2]
    assert {tuple(m["role"] for m in each["messages"]) for each in made} == {("user", "assistant")}
    rows = library.repository.sql("SELECT kind, count(*) FROM examples GROUP BY kind").rows
    assert dict(rows) == {"prompt": 3, "chat": 6}


def test_answers_keep_the_prompt_that_they_lead_back_to(library: Library) -> None:
    prompts(library, 1, tools=[WEATHER], system="Be brief.")
    with BillingServer(Behaviour(content=words)) as server:
        report = answered(library, server.base_url)
        body = json.loads(server.ledger.entries[0].body)
    assert body["tools"] == [WEATHER]
    assert [each["role"] for each in body["messages"]] == ["system", "user"]
    asked, made = library.ids()
    shown = library.repository.show(made)
    assert shown.prompt_id == library.repository.show(asked).prompt_id  # type: ignore[union-attr]
    assert shown.origin is not None and shown.origin.answers == asked  # type: ignore[union-attr]
    assert library.repository.request(report.run, 1).answers == asked


def test_two_models_answer_the_same_prompts(library: Library) -> None:
    prompts(library)
    with BillingServer(Behaviour(content=words)) as server:
        for model in ("one", "two"):
            report = answered(library, server.base_url, model=model)
            assert (report.stopped, report.accepted) == ("done", 3)
    rows = library.repository.query(["origin IS NOT NULL"]).items
    by_prompt = Counter(library.repository.show(each.id).prompt_id for each in rows)  # type: ignore[union-attr]
    assert sorted(by_prompt.values()) == [2, 2, 2]
    assert library.repository.query(["origin.model = 'two'"]).examples == 3


def test_the_same_answer_again_is_a_duplicate(library: Library) -> None:
    prompts(library, 2)
    told = iter(["The answer is four, since two and two are four, as everybody knows."] * 2)
    with BillingServer(Behaviour(content=lambda *a: next(told, None) or words(*a))) as server:
        report = answered(library, server.base_url, "samples = 2", in_flight=1)
    assert (report.stopped, report.accepted) == ("done", 4)
    assert report.rejected == {"duplicate": 1}


def test_a_tool_call_is_taken_whole(library: Library) -> None:
    history = [
        {"role": "user", "content": "Is it warm?"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c9", "content": "20 degrees"},
    ]
    library.write("p.jsonl", [{"prompt": history, "tools": [WEATHER]}])
    library.run("p.jsonl")
    call = {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None}
    behaviour = Behaviour(message=lambda text: {**call, "reasoning_content": "Ask again."})
    with BillingServer(behaviour) as server:
        report = answered(library, server.base_url)
        (sent,) = server.ledger.entries
    assert report.accepted == 1
    messages = json.loads(sent.body)["messages"]
    assert messages[1]["tool_calls"][0]["id"] == messages[2]["tool_call_id"]
    made = library.records()[-1]
    assert made["tools"] == [WEATHER]
    assert made["messages"][-1] == {
        "role": "assistant",
        "reasoning_content": "Ask again.",
        "tool_calls": [CALL],
    }


VERIFIED = """
[answer]
format = "json"
[example]
messages = "{{ each.messages + [{'role': 'assistant', 'content': answer.why}] }}"
final = "{{ answer.final }}"
[accept]
where = "data.final = data.truth"
"""


def test_a_chain_of_thought_is_verified(library: Library) -> None:
    prompts(library, 4, truth=4, tools=[WEATHER])

    def content(text: str, chance: random.Random) -> str:
        is_right = "what is 0" not in text
        return json.dumps({"why": words(text, chance), "final": 4 if is_right else 5})

    with BillingServer(Behaviour(content=content)) as server:
        report = answered(library, server.base_url, more=VERIFIED)
        tried = Counter("is 0" in each.text for each in server.ledger.entries)
    assert (report.stopped, report.accepted, report.wanted) == ("done", 3, 4)
    assert report.rejected == {"where": 3}
    assert tried == {True: 3, False: 3}
    assert [each["n"] for each in library.records()[4:]] == [1, 2, 3]
    kept = [library.repository.show(each) for each in library.ids()]
    asked, made = ([each.prompt_id for each in kept[at : at + 3]] for at in (1, 4))  # type: ignore[union-attr]
    assert asked == made
    assert library.repository.status().unfinished == ()
    again = library.repository.reparse(report.run)
    assert (again.accepted, again.rejected, again.staged) == (3, report.rejected, 0)


def test_answers_go_on_where_they_stopped(library: Library) -> None:
    prompts(library, 6)
    with BillingServer(Behaviour(content=words)) as server:
        first = answered(library, server.base_url, max_requests=2)
        assert (first.stopped, first.accepted) == ("requests", 2)
        library.repository.rm([], where="data.n = 5")
        last = library.repository.resume(max_requests=50)
        texts = [each.text for each in server.ledger.entries]
    assert (last.run, last.stopped, last.accepted) == (first.run, "done", 5)
    assert len(texts) == len(set(texts)) == 5


def test_answers_are_no_prompts_of_their_own_run(library: Library) -> None:
    library.write("p.jsonl", [chat("What is it?", "A thing.")])
    library.run("p.jsonl")
    with BillingServer(Behaviour(content=words)) as server:
        each = "where = \"kind = 'chat'\"\nsamples = 3"
        answered(library, server.base_url, each, max_requests=2)
        report = library.repository.resume(max_requests=9)
        assert len(server.ledger.entries) == 3
    assert (report.stopped, report.accepted) == ("done", 3)


def test_prompts_may_come_from_a_file(library: Library) -> None:
    library.write("in.jsonl", [{"q": "Who is there?", "level": 3}])
    with BillingServer(Behaviour(content=words)) as server:
        each = "file = 'in.jsonl'\nmap = { user = 'q' }"
        report = answered(library, server.base_url, each)
        assert [each.text for each in server.ledger.entries] == ["Who is there?"]
    assert report.accepted == 1
    (made,) = library.records()
    assert made.keys() == {"messages", "level"}


def test_prompts_of_the_other_side_are_not_asked(library: Library) -> None:
    prompts(library, 40)
    library.repository.split({"train": 0.5, "test": 0.5})
    with BillingServer(Behaviour(content=words)) as server:
        report = answered(library, server.base_url)
    train = library.repository.query(["split = 'train' AND kind = 'prompt'"]).examples
    assert 0 < report.accepted == train < 40


def test_a_preview_shows_answers_and_stages_none(library: Library) -> None:
    prompts(library, 3)
    with BillingServer(Behaviour(content=words)) as server:
        report = answered(library, server.base_url, count=2, is_preview=True)
        assert len(server.ledger.entries) == 2
    assert [each["n"] for each in report.preview] == [0, 1]
    assert library.repository.status().examples == 3


def test_prompts_may_be_answered_by_a_batch(library: Library) -> None:
    prompts(library, 3)
    with BillingServer(Behaviour(content=words)) as server:
        first = answered(library, server.base_url, "samples = 2", is_batch=True)
        assert (first.stopped, first.waiting) == ("submitted", 6)
        assert library.repository.resume().stopped == "done"
    assert [each["n"] for each in library.records()[3:]] == [0, 0, 1, 1, 2, 2]


def test_a_dry_run_tells_of_prompts(library: Library) -> None:
    prompts(library, 3)
    path = library.folder / "e.toml"
    path.write_text(RECIPE.format(url="http://127.0.0.1:9/v1", each="samples = 2", more=""))
    report = library.repository.estimate(str(path))
    assert (report.prompts, report.wanted, report.requests.most) == (3, 6, 68)
    assert report.messages[0]["content"].endswith("what is 0 plus 0?")


def test_no_prompt_is_told_before_anything_is_begun(library: Library) -> None:
    with pytest.raises(InvalidInput) as caught:
        answered(library, "http://127.0.0.1:9/v1")
    assert caught.value.code == "prompts-missing"
    assert library.repository.runs().items == ()


@pytest.mark.parametrize(
    ("each", "more", "fault"),
    [
        ("", "[prompt]\nuser = 'x'\n", "prompt does not go with [each]"),
        ("", "[vary]\na = [1]\n", "vary does not go with [each]"),
        ("", "[seeds]\n", "seeds does not go with [each]"),
        ("samples = 0", "", "each.samples has to be a whole number of at least 1, not 0"),
        ("sample = 2", "", "each.sample is unknown: did you mean samples?"),
        ("file = 'a'\nwhere = 'b'", "", "each.where chooses from the stage"),
        ("map = { user = 'q' }", "", "each.map says what the fields of a file hold"),
        ("file = 'a'\nmap = { usr = 'q' }", "", "each.map has to name the field of system"),
        ("", "[answer]\nformat = 'json'\n", "example has no messages: of a JSON answer"),
        ("", "[answer]\nformat = 'json-list'\n", "answer.format does not go with [each]"),
        ("", "[example]\nx = '{{ ech.y }}'\n", "example.x uses {{ ech }}"),
    ],
)
def test_what_does_not_go_with_each_is_a_fault(
    library: Library, each: str, more: str, fault: str
) -> None:
    with pytest.raises(InvalidText) as caught:
        answered(library, "http://127.0.0.1:9/v1", each, more)
    assert any(told.startswith(fault) for told in caught.value.excerpt)


def test_answers_to_prompts_that_are_gone_are_staged(library: Library) -> None:
    prompts(library)
    with BillingServer(Behaviour(content=words)) as server:
        run = answered(library, server.base_url, is_batch=True).run
        library.repository.rm(library.ids())
        last = library.repository.resume()
    assert (last.run, last.stopped, last.accepted, last.staged) == (run, "done", 3, 3)
