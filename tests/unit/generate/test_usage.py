"""Usage: read loosely from what endpoints send, estimated where they say nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.asking import request_body
from vault.errors import InvalidInput
from vault.generate.usage import TOKENS_A_MESSAGE, Usage, most_tokens, usage_of

BODY = request_body("hello", max_tokens=100)


def answer(usage: Any, content: Any = "good day") -> bytes:
    """Return the body of an answer."""
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message}], "usage": usage}).encode()


@pytest.mark.parametrize(
    ("usage", "cached", "reasoning"),
    [
        ({}, None, None),
        ({"prompt_tokens_details": None, "completion_tokens_details": None}, None, None),
        ({"prompt_tokens_details": {"cached_tokens": 4}}, 4, None),
        ({"prompt_tokens_details": {"cached_tokens": None}}, None, None),
        ({"completion_tokens_details": {"reasoning_tokens": 2}}, None, 2),
        ({"prompt_tokens_details": [], "completion_tokens_details": "none"}, None, None),
        ({"prompt_tokens_details": {"cached_tokens": -1}}, None, None),
        ({"prompt_tokens_details": {"cached_tokens": 4.0}}, 4, None),
    ],
)
def test_details_may_be_null_or_absent(usage: Any, cached: int, reasoning: int) -> None:
    full = {"prompt_tokens": 8, "completion_tokens": 5, **usage}
    assert usage_of(answer(full), BODY) == Usage(8, cached, reasoning, 5)


@pytest.mark.parametrize("usage", [None, {}, [], "7", {"prompt_tokens": True}, {"tokens": 9}])
def test_missing_usage_is_estimated_and_flagged(usage: Any) -> None:
    found = usage_of(answer(usage, "grün"), BODY)
    prompt, _ = most_tokens(BODY)
    # Names of members are texts too: an upper bound.
    size = len("messageroleassistantcontent") + len("grün".encode())
    assert found == Usage(prompt, None, None, size, estimated=True)


def test_a_number_that_is_missing_is_estimated_alone() -> None:
    found = usage_of(answer({"prompt_tokens": 8}), BODY)
    assert found.prompt == 8 and found.estimated and 0 < (found.completion or 0) <= 100


def test_an_estimate_does_not_pass_the_bound() -> None:
    found = usage_of(answer(None, "word " * 1000), BODY)
    assert (found.prompt, found.completion) == most_tokens(BODY)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"choices": [', b"\xff\xfe", b"[" * 100_000, b"7", b'{"choices": []}'],
)
def test_an_answer_without_texts_counts_as_the_longest(body: bytes) -> None:
    found = usage_of(body, BODY)
    assert (found.prompt, found.completion) == most_tokens(BODY) and found.estimated


def test_tool_calls_and_reasoning_are_counted_in_an_estimate() -> None:
    message = {"tool_calls": [{"function": {"name": "f", "arguments": "x" * 30}}]}
    body = json.dumps({"choices": [{"message": {**message, "reasoning_content": "y" * 30}}]})
    assert 60 < (usage_of(body.encode(), BODY).completion or 0) <= 100


def test_the_bound_has_a_byte_for_each_token_of_everything() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
    tools = [{"type": "function", "function": {"name": "zurück"}}]
    plain, _ = most_tokens(BODY)
    assert plain >= len("hello") + TOKENS_A_MESSAGE
    with_tools, _ = most_tokens(request_body("hello", tools=tools))
    assert with_tools - plain >= len(json.dumps(tools, ensure_ascii=False).encode()) - 10
    assert most_tokens(request_body("hello", response_format=schema))[0] - plain >= 60
    assert most_tokens(request_body("hello", functions=tools))[0] > plain


def test_escapes_count_as_the_text_they_stand_for() -> None:
    plain = request_body("世界")
    escaped = json.dumps(json.loads(plain))
    assert "\\u" in escaped and most_tokens(escaped) == most_tokens(plain)
    assert most_tokens(json.dumps({"messages": ["\ud800"], "max_tokens": 1}))[0] > 3


@pytest.mark.parametrize(
    ("members", "most"),
    [
        ({}, 100),
        ({"n": 3}, 300),
        ({"n": 0}, 100),
        ({"n": None}, 100),
        ({"max_completion_tokens": 400}, 400),
        ({"max_completion_tokens": 50}, 100),
        ({"max_tokens": None, "max_completion_tokens": 7, "n": 2}, 14),
    ],
)
def test_completions_are_bounded_by_the_larger_limit(members: Any, most: int) -> None:
    body = json.dumps({**json.loads(BODY), **members})
    assert most_tokens(body)[1] == most


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"messages": []}', "request-unbounded"),
        ('{"messages": [], "max_tokens": "400"}', "request-unbounded"),
        ('{"messages": [], "max_tokens": -1}', "request-unbounded"),
        ("[]", "request-body-invalid"),
        ("{", "request-body-invalid"),
    ],
)
def test_a_request_without_a_bound_is_refused(body: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        most_tokens(body)
    assert caught.value.code == code
