"""Which call a tool answers, however the layout says it."""

from __future__ import annotations

from typing import Any

import pytest

from vault.formats.layouts.messages import canonical_messages
from vault.formats.layouts.registry import derive


def called(*calls: tuple[str | None, str]) -> dict[str, Any]:
    listed = [{"id": call_id, "function": {"name": name}} for call_id, name in calls]
    return {"role": "assistant", "tool_calls": listed}


def answer(**said: Any) -> dict[str, Any]:
    return {"role": "tool", "content": "x", **said}


ANSWERS = [
    ("by id", [called(("a", "f"), ("b", "g")), answer(tool_call_id="b")], [1]),
    (
        "an id used again means the later call",
        [
            called(("a", "f")),
            answer(tool_call_id="a"),
            called(("a", "f")),
            answer(tool_call_id="a"),
        ],
        [0, 1],
    ),
    (
        "an id answered twice means the same call",
        [called(("a", "f")), answer(tool_call_id="a"), answer(tool_call_id="a")],
        [0, 0],
    ),
    ("an id that no call has means none", [called(("a", "f")), answer(tool_call_id="z")], [None]),
    ("in order without ids", [called((None, "f"), (None, "g")), answer(), answer()], [0, 1]),
    ("by name without ids", [called((None, "f"), (None, "g")), answer(name="g")], [1]),
    ("more answers than calls", [called((None, "f")), answer(), answer()], [0, None]),
    (
        "the legacy role means the last call of its name",
        [
            called((None, "f"), (None, "f")),
            {"role": "function", "name": "f", "content": "x"},
        ],
        [1],
    ),
]


@pytest.mark.parametrize(
    ("messages", "expected"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS]
)
def test_an_answer_names_the_call_it_belongs_to(
    messages: list[dict[str, Any]], expected: list[int | None]
) -> None:
    answers = [m for m in canonical_messages(messages) if m["role"] == "tool"]
    assert [message.get("call") for message in answers] == expected


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ('{"a": 1.0}', {"a": 1.0}),
        (' {"a":18446744073709551616} ', {"a": 18446744073709551616}),
        ({"a": 1}, {"a": 1}),
        ("[1]", "[1]"),
        ("", ""),
        ('{"a":1', '{"a":1'),
        ('{"a":1,"a":2}', '{"a":1,"a":2}'),
        (r'{"a":"\ud800"}', r'{"a":"\ud800"}'),
        ("{\ud800", "{\ud800"),
        ('{"a":' * 200 + "1" + "}" * 200, '{"a":' * 200 + "1" + "}" * 200),
    ],
)
def test_arguments_become_an_object_only_if_they_are_exactly_one(arguments: Any, kept: Any) -> None:
    call = {"name": "f", "arguments": arguments}
    (message,) = canonical_messages([{"role": "assistant", "tool_calls": [call]}])
    assert message["tool_calls"] == [{"id": 0, "name": "f", "arguments": kept}]


def test_whatever_else_a_call_says_is_kept() -> None:
    call = {"id": "a", "type": "custom", "index": 2, "function": {"name": "f", "strict": True}}
    (message,) = canonical_messages([{"role": "assistant", "tool_calls": [call]}])
    kept = {"id": 0, "type": "custom", "index": 2, "name": "f", "function": {"strict": True}}
    assert message["tool_calls"] == [kept]


def test_a_member_called_call_is_not_taken_for_the_call_that_is_answered() -> None:
    asked, answered = canonical_messages([called(("a", "f")), answer(tool_call_id="a", call=7)])
    assert asked["tool_calls"][0]["id"] == 0
    assert answered["call"] == [7, 0]


def test_tools_padded_with_nulls_are_the_same_tools() -> None:
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    schema = {"name": "find", "description": "Finds.", "parameters": {"type": "object"}}
    plain = {"messages": messages, "tools": [{"type": "function", "function": schema}]}
    padded = {
        "messages": messages,
        "tools": [{"type": "function", "strict": None, "function": {**schema, "strict": None}}],
    }
    assert derive(padded).content_id == derive(plain).content_id
