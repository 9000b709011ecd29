"""Reading an answer: from the body of a response to the values that examples are made of."""

from __future__ import annotations

from typing import Any

from vault.generate.completion import Rejected, json_of, message_of, text_of
from vault.generate.recipe.recipe import AnswerFormat


def parse_answer(body: bytes, form: AnswerFormat) -> list[Any]:
    """Return the values of an answer, one for each example that it holds.

    Loose about what servers leave out, strict about what was asked for: an answer that was cut, or
    JSON with text around it, makes no example. A fence around JSON is passed over. Raises Rejected
    (`not-a-completion`, `cut`, `filtered`, `refused`, `empty`, `malformed`).
    """
    message = message_of(body)
    if form is AnswerFormat.MESSAGE:
        return [_whole(message)]
    text = text_of(message)
    if form is AnswerFormat.TEXT:
        return [text]
    value = json_of(text)
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


def _whole(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message that says or calls something, with its reasoning by the one name.

    Servers call it `reasoning_content` or `reasoning`. Raises Rejected (`empty`).
    """
    if not message.get("tool_calls"):
        text_of(message)
    thought = message.get("reasoning_content")
    if thought and not message.get("reasoning"):
        return {**message, "reasoning": thought}
    return message


def _kind(value: Any) -> str:
    return (
        "a list"
        if isinstance(value, list)
        else "an object"
        if isinstance(value, dict)
        else "a single value"
    )
