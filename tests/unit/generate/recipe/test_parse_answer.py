"""Answers are read as they were asked for; what is no whole answer makes no example."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vault.generate.completion import Rejected
from vault.generate.recipe.parse_answer import parse_answer
from vault.generate.recipe.recipe import AnswerFormat


def body(content: Any, finish: str = "stop", **message: Any) -> bytes:
    choice = {"message": {"role": "assistant", "content": content, **message}}
    return json.dumps({"choices": [{**choice, "finish_reason": finish}]}).encode()


@pytest.mark.parametrize(
    ("content", "form", "wanted"),
    [
        ('{"a": 1}', AnswerFormat.JSON, [{"a": 1}]),
        ('```json\n{"a": 1}\n```', AnswerFormat.JSON, [{"a": 1}]),
        (' ```\n{"a": "```"}\n``` ', AnswerFormat.JSON, [{"a": "```"}]),
        ('[{"a": 1}, {"a": 2}]', AnswerFormat.JSON_LIST, [{"a": 1}, {"a": 2}]),
        ('{"items": [1, 2]}', AnswerFormat.JSON_LIST, [1, 2]),
        (" as it is \n", AnswerFormat.TEXT, [" as it is \n"]),
    ],
)
def test_an_answer_becomes_values(content: str, form: AnswerFormat, wanted: list[Any]) -> None:
    assert parse_answer(body(content), form) == wanted


def test_a_message_is_taken_whole() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    (found,) = parse_answer(body(None, "tool_calls", tool_calls=calls), AnswerFormat.MESSAGE)
    assert found == {"role": "assistant", "content": None, "tool_calls": calls}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (body('{"a": 1', "length"), "cut"),
        (body('{"a": 1}', "length"), "cut"),
        (body('{"a": 1}', "content_filter"), "filtered"),
        (body(None, refusal="I cannot."), "refused"),
        (body(""), "empty"),
        (body(" \n"), "empty"),
        (body(None), "empty"),
        (body([{"type": "text", "text": "{}"}]), "empty"),
        (body('Sure! {"a": 1}'), "malformed"),
        (body('{"a": NaN}'), "malformed"),
        (body("[1]"), "malformed"),
        (body("3"), "malformed"),
        (body("[" * 100_000), "malformed"),
        (b"<html>502 Bad Gateway</html>", "not-a-completion"),
        (b"", "not-a-completion"),
        (b'{"choices": []}', "not-a-completion"),
        (b'{"choices": [{"message": "x"}]}', "not-a-completion"),
        (b'{"error": {"message": "no"}}', "not-a-completion"),
        (b"\xff\xfe", "not-a-completion"),
        (b"[" * 100_000, "not-a-completion"),
    ],
)
def test_what_is_no_whole_answer_is_rejected(answer: bytes, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_answer(answer, AnswerFormat.JSON)
    assert caught.value.reason == reason
    assert caught.value.told


def test_an_empty_list_holds_no_example() -> None:
    with pytest.raises(Rejected, match="empty list"):
        parse_answer(body("[]"), AnswerFormat.JSON_LIST)
    with pytest.raises(Rejected, match="not a JSON list"):
        parse_answer(body('{"a": [], "b": []}'), AnswerFormat.JSON_LIST)
