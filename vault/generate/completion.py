"""Reading a chat completion: its message, and JSON in a text."""

from __future__ import annotations

import json
import re
from typing import Any

_FENCED = re.compile(r"\s*```[A-Za-z]*\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
_MOST_SHOWN = 80


class Rejected(Exception):
    """An answer of which no example is made: the reason in one word, and what is wrong."""

    def __init__(self, reason: str, told: str) -> None:
        super().__init__(told)
        self.reason = reason
        self.told = told


def error_message(body: bytes) -> str:
    """Return what an endpoint says about an error, or the start of what it sent instead."""
    try:
        told = json.loads(body)["error"]["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        told = None
    return told if isinstance(told, str) else _start(body)


def message_of(body: bytes) -> dict[str, Any]:
    """Return the message of a completion that is whole.

    Raises Rejected (`not-a-completion`, `cut`, `filtered`, `refused`).
    """
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


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message. Raises Rejected (`empty`)."""
    text = message.get("content")
    if not isinstance(text, str) or not text.strip():
        raise Rejected("empty", "the answer has no text")
    return text


def json_of(text: str) -> Any:
    """Return the JSON value of a text, also in a fence. Raises Rejected (`malformed`)."""
    fenced = _FENCED.fullmatch(text)
    try:
        return json.loads(text if fenced is None else fenced[1], parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Rejected("malformed", f"the answer is no JSON: {error}") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _start(body: bytes) -> str:
    return body[:_MOST_SHOWN].decode("utf-8", "replace").strip() or "no text"
