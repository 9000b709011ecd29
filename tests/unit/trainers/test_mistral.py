"""Files for Mistral: ids of nine characters, whole tools, and an order that its validator takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import (
    calls,
    export,
    refusal,
    render,
    result,
    said,
    tool,
    user,
)
from vault.formats.trainers.output import Loss

SYSTEM = {"role": "system", "content": "S"}


def test_calls_have_ids_of_nine_characters() -> None:
    messages = [user(), calls("add", "sub", a=1), result("sub", "2"), result("add", "1"), said()]
    again = [calls("add"), result("add", "3"), said()]
    made = render("mistral", {"messages": [*messages, *again]}).record["messages"]
    assert [each["id"] for message in made for each in message.get("tool_calls", [])] == [
        "call00000",
        "call00001",
        "call00002",
    ]
    answered = [each["tool_call_id"] for each in made if each["role"] == "tool"]
    assert answered == ["call00001", "call00000", "call00002"]
    assert made[1]["tool_calls"][0]["function"] == {"name": "add", "arguments": '{"a":1}'}
    assert "content" not in made[1]


def test_tools_have_a_description_and_parameters() -> None:
    record = {"messages": [user(), said()], "tools": [tool("add"), tool("sub", strict=True)]}
    made = render("mistral", record)
    empty = {"type": "object", "properties": {}}
    assert made.losses == set()
    assert made.record["tools"] == [
        tool("add", description="", parameters=empty),
        tool("sub", description="", parameters=empty, strict=True),
    ]
    more = {**record, "tools": [tool("add", returns="int")]}
    assert render("mistral", more).losses == {Loss.MEMBERS}


def test_weights_are_carried() -> None:
    made = render("mistral", {"messages": [SYSTEM, user(), said(weight=0), user(), said()]})
    assert made.losses == set()
    assert [each.get("weight") for each in made.record["messages"]] == [None, None, 0, None, None]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([user(), said(), user()], "does not end with an answer"),
        ([said()], "does not end with an answer"),
        ([SYSTEM, SYSTEM, user(), said()], "more than one system message"),
        ([user(), said(), SYSTEM, user(), said()], '"system" after one by "assistant"'),
        ([user(), said("")], "without text"),
        ([user(), calls("add"), user(), said()], "without an answer"),
        ([user(), calls("add"), result("add", "1"), result("add", "2"), said()], "just before"),
        ([calls("add"), result("add", "1"), said()], "just before"),
        ([user(), calls("my tool"), result("my tool", "1"), said()], "name"),
        ([user(), said(weight=0.5)], "weight"),
    ],
)
def test_what_its_validator_refuses_is_refused(messages: list[dict[str, Any]], reason: str) -> None:
    assert reason in refusal("mistral", {"messages": messages})


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"type": "search"}, "not a function"),
        (tool("my tool"), "name"),
        (tool("add", parameters=[]), "another type"),
    ],
)
def test_tools_that_it_does_not_know_are_refused(wrong: dict[str, Any], reason: str) -> None:
    assert reason in refusal("mistral", {"messages": [user(), said()], "tools": [wrong]})


def test_the_readme_says_how_to_upload(library: Library) -> None:
    export(library, "mistral", chat("a"))
    text = (library.folder / "data/README.md").read_text(encoding="utf-8")
    assert "-F file=@data/train.jsonl" in text
    line = (library.folder / "data/train.jsonl").read_text(encoding="utf-8")
    assert json.loads(line) == chat("a")
