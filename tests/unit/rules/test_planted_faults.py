"""Faults planted into clean real examples: each rule finds at least 99 in 100 of its own."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from vault.formats.layouts.registry import recognise
from vault.objects.json.text import compact_bytes
from vault.rules.codes import RULES
from vault.rules.families.sample_records import WEATHER, call, calling, result
from vault.rules.kernel.any_rule import rules_of_examples
from vault.rules.kernel.examine import Examination
from vault.rules.selection import RuleSelection, selected_rules

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
COUNT = 200
Record = dict[str, Any]
Plant = Callable[[Record, random.Random], None]


def clean_chats() -> Iterator[Record]:
    """Yield chats made of real instructions and answers in which no default rule finds a fault."""
    path = DATA / "llama-factory" / "alpaca_en_demo.json"
    if not path.exists():
        pytest.skip("the real data are not beside this checkout")
    records = [
        {
            "messages": [
                {"role": "system", "content": "You are a helpful and careful assistant to all."},
                {"role": "user", "content": f"{each['instruction']}\n{each['input']}".strip()},
                {"role": "assistant", "content": each["output"]},
            ]
        }
        for each in json.loads(path.read_text(encoding="utf-8"))
    ]
    faulty = {at for at, _ in findings(records, ())}
    yield from (record for at, record in enumerate(records) if at not in faulty)


def findings(records: list[Record], select: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return the position and code of every finding of some rules (those by default)."""
    kinds = [str(recognise(record)) for record in records]
    texts = pa.array(list(map(compact_bytes, records)), pa.binary()).view(pa.string())
    rules = rules_of_examples(selected_rules(RuleSelection(select)))
    return [(at, rule.code) for at, rule, _ in Examination(rules).examine(kinds, records, texts)]


def in_answer(insert: Callable[[str, random.Random], str]) -> Plant:
    def plant(record: Record, rng: random.Random) -> None:
        answer = record["messages"][-1]
        answer["content"] = insert(answer["content"], rng)

    return plant


def amid(*pieces: str) -> Plant:
    """Plant one of some texts between two words of the answer, or at one of its ends."""

    def insert(answer: str, rng: random.Random) -> str:
        words = answer.split(" ")
        words.insert(rng.randint(0, len(words)), rng.choice(pieces))
        return " ".join(words)

    return in_answer(insert)


def before(*pieces: str) -> Plant:
    return in_answer(lambda answer, rng: f"{rng.choice(pieces)} {answer}")


def change(at: int, **values: Any) -> Plant:
    def plant(record: Record, rng: random.Random) -> None:
        record["messages"][at].update(copy.deepcopy(values))

    return plant


def without(at: int, *names: str) -> Plant:
    def plant(record: Record, rng: random.Random) -> None:
        if names:
            for name in names:
                del record["messages"][at][name]
        else:
            del record["messages"][at]

    return plant


def with_tool(*calls: Any, results: tuple[Any, ...] = (result(),), **others: Any) -> Plant:
    """Plant the use of a tool between question and answer."""

    def plant(record: Record, rng: random.Random) -> None:
        called = [calling(*calls)] if calls else []
        record["messages"][2:2] = copy.deepcopy([*called, *results])
        record.update(copy.deepcopy({"tools": [WEATHER], **others}))

    return plant


def as_pair(chosen: Any, rejected: Any) -> Plant:
    """Plant a pair of which sides are taken from the chat: `None` is its answer."""

    def plant(record: Record, rng: random.Random) -> None:
        messages = record.pop("messages")
        sides = [messages[-1:] if each is None else each for each in (chosen, rejected)]
        record.update(prompt=messages[:-1], chosen=sides[0], rejected=copy.deepcopy(sides[1]))

    return plant


def loop(answer: str, rng: random.Random) -> str:
    words = answer.split()
    unit = " ".join(words[: rng.randint(3, 12)] or ["so"])
    return f"{answer} " + f"{unit} " * max(10, 3 * len(answer) // max(1, len(unit)))


TAG = {"role": "assistant", "content": "An answer."}
WORSE = [{"role": "assistant", "content": "I do not know."}]
PLANTS: dict[str, Plant] = {
    "FORM001": lambda record, rng: record.update(messages=rng.choice(["hello", [], {}, None])),
    "FORM002": lambda record, rng: record["messages"].insert(rng.randint(0, 3), "Hi"),
    "FORM003": without(1, "role"),
    "FORM004": change(1, role="customer"),
    "FORM005": change(2, content=None),
    "FORM006": change(2, content={"text": "Hi"}),
    "FORM007": change(1, content=[{"type": "txt", "text": "Hi"}]),
    "FORM008": change(2, content="  \n"),
    "FORM009": change(1, content=""),
    "FORM014": lambda record, rng: record.update(text="Once upon a time."),
    "FORM015": change(1, name="Ada Lovelace"),
    "FORM021": lambda record, rng: record.update(ticket=rng.choice([2**64, -(2**70), 10**40])),
    "TURN001": without(2),
    "TURN002": without(1),
    "TURN003": lambda record, rng: record["messages"].append(record["messages"].pop(0)),
    "TURN004": lambda record, rng: record["messages"].insert(0, record["messages"][0]),
    "TURN005": lambda record, rng: record["messages"].append({"role": "user", "content": "Ok?"}),
    "TURN006": lambda record, rng: record["messages"].insert(1, {"role": "user", "content": "?"}),
    "TURN008": lambda record, rng: record["messages"].insert(1, TAG),
    "TURN009": change(2, weight=0.5),
    "TURN010": change(1, weight=1),
    "TURN011": change(2, weight=0),
    "TOOL001": with_tool(call(), tools="weather"),
    "TOOL002": with_tool(call(), tools=[WEATHER, {"type": "function", "function": {}}]),
    "TOOL004": with_tool(call(), tools=[WEATHER, WEATHER]),
    "TOOL005": with_tool(call(), tools=[{"name": "weather", "parameters": {"type": "dict"}}]),
    "TOOL006": with_tool({"id": "call_1", "type": "function"}),
    "TOOL007": with_tool(call(name="get_weather")),
    "TOOL008": with_tool(call(), tools=None),
    "TOOL009": with_tool(call("{'city': 'Graz'}")),
    "TOOL010": with_tool(call('"Graz"')),
    "TOOL011": with_tool(call('{"city": 8010}')),
    "TOOL013": with_tool(call(), call(), results=(result(), result())),
    "TOOL014": with_tool(call(), results=(result(), result("call_2"))),
    "TOOL015": with_tool(call(), results=()),
    "TOOL017": with_tool(
        call(), call(call_id="b"), results=(result(), result("b")), parallel_tool_calls=False
    ),
    "TOOL019": with_tool(call('{"city": "Graz", "query": null}')),
    "FORM022": lambda record, rng: record.update(messages=json.dumps(record["messages"])),
    "FORM024": lambda record, rng: record["messages"][1].update(
        content="<image>" + record["messages"][1]["content"]
    ),
    "PREF001": as_pair(None, None),
    "PREF002": as_pair(None, []),
    "PREF003": as_pair(None, [{"role": "user", "content": "No."}]),
    "PREF005": lambda record, rng: record.update(
        prompt=record["messages"] + [TAG],
        chosen=record.pop("messages")[-1:],
        rejected=WORSE,
    ),
    "PREF010": lambda record, rng: record.update(kto_tag=rng.choice(["good", 1, "true"])),
    "TEXT001": in_answer(
        lambda answer, rng: f"{answer} Whether you like it or not, of course, the"
    ),
    "TEXT002": lambda record, rng: record.update(meta={"finish_reason": "length"}),
    "TEXT003": in_answer(lambda answer, rng: "I'm sorry, but I can't assist with that request."),
    "TEXT004": amid("as an AI language model,", "I am ChatGPT and", "I was trained by OpenAI."),
    "TEXT005": amid("as of my last update", "my knowledge cutoff is 2021"),
    "TEXT006": amid("[Your Name]", "[Insert Date]", "<your name>", "[COMPANY NAME]"),
    "TEXT007": change(1, content="Write a letter to {{ customer_name }} about the weather."),
    "TEXT008": amid("<|im_end|>", "[INST]", "<|eot_id|>", "<start_of_turn>", "<</SYS>>"),
    "TEXT009": amid("<think>", "</think>"),
    "TEXT010": amid("donâ€™t", "18 Â°C", "cafÃ©", "na\ufffdve"),
    "TEXT011": amid("a\x00b", "\x1b[0m", "\u202eabc"),
    "TEXT012": in_answer(loop),
    "TEXT013": in_answer(lambda answer, rng: f"{answer}\n```python\nprint(1)"),
    "TEXT014": in_answer(lambda answer, rng: f"{answer}\n```json\n{{'a': 1}}\n```\n"),
    "TEXT015": lambda record, rng: record["messages"].extend(copy.deepcopy(record["messages"][1:])),
    "TEXT016": lambda record, rng: record["messages"][2].update(
        content=record["messages"][1]["content"]
    ),
    "TEXT020": in_answer(lambda answer, rng: rng.choice("\ufeff\u200b\u2060") + answer),
    "TEXT017": lambda record, rng: record["messages"][2].update(
        content=f"{record['messages'][2]['content']} {record['messages'][0]['content']}"
    ),
    "TEXT018": in_answer(lambda answer, rng: f"{answer}\nCopy code\n"),
    "TEXT024": before(
        "Sure! Here is the answer:", "Here is the requested JSON:\n", "Certainly! Below is"
    ),
    "TEXT025": in_answer(lambda answer, rng: json.dumps({rng.choice(["answer", "text"]): answer})),
    "TEXT026": amid("as in the reference example,", "(see the system prompt)", "\n### Response:\n"),
    "TEXT028": in_answer(
        lambda answer, rng: rng.choice(["N/A", "nan", "null", "...", "undefined"])
    ),
    "TEXT029": in_answer(
        lambda answer, rng: rng.choice(
            ["502 Bad Gateway", "Rate limit reached for it.", "Internal Server Error"]
        )
    ),
    "TEXT021": in_answer(lambda answer, rng: "1. Call us.\n1. Call us.\n2. " + answer),
    "SAFE001": amid("maria.huber@gmx.at", "j.doe+x@uni-graz.at"),
    "SAFE002": amid("+43 664 8273915", "(415) 682-9173"),
    "SAFE003": amid("4539 5787 6362 1486", "5425-2334-3010-9903", "4539578763621486"),
    "SAFE004": amid("AT61 1904 3002 3457 3201", "DE89370400440532013000"),
    "SAFE005": amid("93.184.216.34"),
    "SAFE007": amid("AKIA" + "QWERTZUIOPASDFGH", "glpat-" + "aB3dE6gH9jK2mN5pQ8sT"),
    "SAFE009": amid("postgres://admin:hT7" + "kq9Lz@db.acme.io/shop"),
    "SAFE010": amid("536-22-8714"),
}
"""How a fault of each rule is planted; rules of one target and of a few layouts have only their
own examples (test_rules.py)."""


@pytest.fixture(scope="module")
def chats() -> list[Record]:
    """Clean real chats, always the same."""
    return random.Random(7).sample(list(clean_chats()), COUNT)


@pytest.mark.parametrize("code", PLANTS)
def test_a_rule_finds_nearly_all_faults_that_were_planted(code: str, chats: list[Record]) -> None:
    rng = random.Random(code)
    planted = copy.deepcopy(chats)
    for record in planted:
        PLANTS[code](record, rng)
    found = {at for at, _ in findings(planted, (code,))}
    # An echo is one from 24 characters on.
    meant = [
        at
        for at, record in enumerate(chats)
        if code not in ("TEXT015", "TEXT016") or len(record["messages"][1]["content"]) >= 24
    ]
    assert len(found.intersection(meant)) >= 0.99 * len(meant)
    assert len(meant) > COUNT // 2


def test_nearly_every_rule_for_all_targets_has_a_plant() -> None:
    general = {code for code, rule in RULES.items() if rule.is_default and not rule.targets}
    own = {"FORM013", "FORM016", "FORM017", "FORM018", "FORM019", "FORM020", "TURN014"}
    own |= {"FORM023", "PREF011", "TEXT027"}
    own |= {"TOOL003", "TOOL018", "TOOL020", "PREF004", "PREF006", "PREF007", "SAFE006", "SAFE008"}
    assert general - set(PLANTS) == own
