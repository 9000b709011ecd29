"""The ladder: each step asks for less, and what an endpoint ignores is not asked of it."""

from __future__ import annotations

import json

import pytest

from vault.generate.ladder import (
    Finding,
    Step,
    asked_again,
    finding_of,
    is_form_refused,
    probe_body,
    response_format,
    step_of,
    with_schema,
)


def answer(content: str | None, finish: str = "stop", **more: object) -> bytes:
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], **more}).encode()


def test_a_step_says_how_json_is_asked_for() -> None:
    schema = {"type": "object"}
    strict = response_format(Step.SCHEMA, schema)
    assert strict is not None and strict["json_schema"]["schema"] == schema
    assert response_format(Step.SCHEMA, None) == {"type": "json_object"}
    assert response_format(Step.OBJECT, schema) == {"type": "json_object"}
    assert response_format(Step.PLAIN, schema) is None


def test_a_schema_that_is_not_sent_is_told() -> None:
    asked = [{"role": "user", "content": "Say it."}]
    assert with_schema(asked, Step.SCHEMA, {"a": 1}) == asked
    assert with_schema(asked, Step.PLAIN, None) == asked
    (told,) = with_schema(asked, Step.OBJECT, {"a": 1})
    assert told["content"].startswith("Say it.") and '{"a":1}' in told["content"]
    tool = [{"role": "tool", "content": "20"}]
    assert [each["role"] for each in with_schema(tool, Step.PLAIN, {"a": 1})] == ["tool", "user"]


@pytest.mark.parametrize(
    ("step", "body", "is_enforced"),
    [
        (Step.SCHEMA, answer('{"colour": "red"}'), True),
        (Step.SCHEMA, answer('{"colour": "green"}'), False),
        (Step.SCHEMA, answer('{"hello": 1}'), False),
        (Step.OBJECT, answer('{"hello": 1}'), True),
        (Step.OBJECT, answer("Hello!"), False),
        (Step.OBJECT, answer(None, "length"), True),
        (Step.SCHEMA, b'{"error": {"message": "no response_format"}}', False),
        (Step.SCHEMA, b"<html>", False),
        (Step.SCHEMA, b"[" * 100_000, False),
    ],
)
def test_an_answer_tells_what_is_enforced(step: Step, body: bytes, is_enforced: bool) -> None:
    found = finding_of(step, body)
    assert found == Finding(step, is_enforced, False) == Finding.from_json(found.to_json())


def test_usage_is_seen() -> None:
    assert finding_of(Step.OBJECT, answer("{}", usage={"prompt_tokens": 1})).has_usage


def test_steps_that_are_ignored_are_passed_over() -> None:
    no_schema, no_object = (Finding(each, False, True) for each in (Step.SCHEMA, Step.OBJECT))
    assert step_of(Step.SCHEMA, []) is Step.SCHEMA
    assert step_of(Step.SCHEMA, [no_schema]) is Step.OBJECT
    assert step_of(Step.SCHEMA, [no_schema, no_object]) is Step.PLAIN
    assert step_of(Step.OBJECT, [no_schema]) is Step.OBJECT
    assert step_of(Step.PLAIN, [no_schema, no_object]) is Step.PLAIN


def test_a_model_is_shown_what_is_wrong() -> None:
    body = probe_body("m", 9, {"top_p": 1}, Step.OBJECT)
    again = asked_again(body, answer("Hi"), "it is no JSON")
    assert again is not None
    messages = json.loads(again)["messages"]
    assert messages[1] == {"role": "assistant", "content": "Hi"}
    assert "it is no JSON" in messages[2]["content"]
    assert json.loads(again)["top_p"] == 1
    assert asked_again(body, answer(None), "it is empty") is None


@pytest.mark.parametrize(
    ("body", "is_refused"),
    [
        (b'{"error": {"message": "Unknown field: response_format"}}', True),
        (b'{"error": {"message": "json_schema is not supported"}}', True),
        (b'{"error": {"message": "max_tokens is too large"}}', False),
        (b'{"error": {"message": "response_format must contain the word json"}}', False),
        (None, False),
    ],
)
def test_a_refusal_of_the_form_is_told_apart(body: bytes | None, is_refused: bool) -> None:
    assert is_form_refused(body) is is_refused
