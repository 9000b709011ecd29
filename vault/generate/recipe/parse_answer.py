"""Reading an answer: from the body of a response to the values that examples are made of."""

from __future__ import annotations

import json
import re
from typing import Any

from vault.generate.recipe.recipe import AnswerFormat

_FENCED = re.compile(r"\s*```[A-Za-z]*\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
_MOST_SHOWN = 80


class Rejected(Exception):
    """An answer of which no example is made: the reason in one word, and what is wrong."""

    def __init__(self, reason: str, told: str) -> None:
        super().__init__(told)
        self.reason = reason
        self.told = told


def parse_answer(body: bytes, form: AnswerFormat) -> list[Any]:
    """Return the values of an answer, one for each example that it holds.

    Loose about what servers leave out, strict about what was asked for: an answer that was cut, or
    JSON with text around it, makes no example. A fence around JSON is passed over. Raises Rejected
    (`not-a-completion`, `cut`, `filtered`, `refused`, `empty`, `malformed`).
    """
    message = _message(body)
    if form is AnswerFormat.MESSAGE:
        return [message]
    text = message.get("content")
    if not isinstance(text, str) or not text.strip():
        raise Rejected("empty", "the answer has no text")
    if form is AnswerFormat.TEXT:
        return [text]
    value = _json(text)
    if form is AnswerFormat.JSON:
        if not isinstance(value, dict):
            raise Rejected("malformed", f"the answer is {_kind(value)}, not a JSON object")
        return [value]
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))  # servers that enforce JSON want an object around a list
    if not isinstance(value, list):
        raise Rejected("malformed", f"the answer is {_kind(value)}, not a JSON list")
    if not value:
        raise Rejected("empty", "the answer is an empty list")
    return value


def error_message(body: bytes) -> str:
    """Return what an endpoint says about an error, or the start of what it sent instead."""
    try:
        told = json.loads(body)["error"]["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        told = None
    return told if isinstance(told, str) else _start(body)


def _message(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
        choice = value["choices"][0]
        message = choice["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Rejected(
            "not-a-completion", f"the response is no chat completion: {_start(body)}"
        ) from None
    if not isinstance(message, dict):
        raise Rejected("not-a-completion", "the response has no message")
    finish = choice.get("finish_reason")
    if finish == "length":
        raise Rejected("cut", "the answer was cut at max_tokens")
    if finish == "content_filter":
        raise Rejected("filtered", "the endpoint's filter ended the answer")
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal.strip():
        raise Rejected("refused", f"the model refused: {refusal.strip()[:_MOST_SHOWN]}")
    return message


def _json(text: str) -> Any:
    fenced = _FENCED.fullmatch(text)
    try:
        return json.loads(text if fenced is None else fenced[1], parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Rejected("malformed", f"the answer is no JSON: {error}") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _kind(value: Any) -> str:
    return (
        "a list"
        if isinstance(value, list)
        else "an object"
        if isinstance(value, dict)
        else "a single value"
    )


def _start(body: bytes) -> str:
    return body[:_MOST_SHOWN].decode("utf-8", "replace").strip() or "no text"
