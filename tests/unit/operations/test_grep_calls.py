"""`grep` finds what is said in calls, reasoning and refusals, however the record writes them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.library import Library

ASK = {"role": "user", "content": "How warm is it?"}


def found(library: Library, text: str, **options: Any) -> list[tuple[str, str]]:
    report = library.repository.grep(text, None, **options)
    return [(each.where, each.found) for item in report.items for each in item.places]


@pytest.mark.parametrize(
    "answer",
    [
        {"tool_calls": [{"function": {"name": "weather", "arguments": '{"city":"Graz"}'}}]},
        {"tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Graz"}}}]},
        {"function_call": {"name": "weather", "arguments": '{ "city": "Graz" }'}},
        {"content": [{"type": "tool_use", "name": "weather", "input": {"city": "Graz"}}]},
        {"content": [{"toolUse": {"name": "weather", "input": {"city": "Graz"}}}]},
    ],
)
@pytest.mark.parametrize("text", ["weather(", "Graz", '"city": "Graz"', '{"city": "Graz"})'])
def test_a_call_is_found_as_it_is_shown(library: Library, answer: Any, text: str) -> None:
    library.write("a.jsonl", [{"messages": [ASK, {"role": "assistant", **answer}]}])
    library.run("a.jsonl")
    assert found(library, text) == [("assistant", text)]
    assert found(library, text, role="user") == []


def test_reasoning_and_refusals_are_found_under_their_own_words(library: Library) -> None:
    thinking = {"role": "assistant", "content": "18.", "reasoning_content": "The thermometer."}
    refusing = {"role": "assistant", "content": None, "refusal": "No thermometer."}
    library.write("a.jsonl", [{"messages": [ASK, thinking]}, {"messages": [ASK, refusing]}])
    library.run("a.jsonl")
    assert found(library, "thermometer") == [
        ("assistant reasoning", "thermometer"),
        ("assistant refusal", "thermometer"),
    ]


def test_a_role_has_its_reasoning_and_calls(library: Library) -> None:
    thinking = {"role": "assistant", "content": "18.", "reasoning_content": "The thermometer."}
    library.write("a.jsonl", [{"messages": [ASK, thinking]}])
    library.run("a.jsonl")
    assert found(library, "thermometer", role="assistant") == [
        ("assistant reasoning", "thermometer")
    ]
