"""Plain chats rendered in one pass: nearly every record of nearly every file.

The general path builds a conversation and writes each message by its style. Doing the same for
messages of role and text without that takes a fifth of the time. A law holds both to the same
bytes.
"""

from __future__ import annotations

import orjson

from vault.formats.layouts.registry import NOT_PLAIN
from vault.formats.trainers.output import TEMPLATE_ARGUMENTS, PlainShape

_BARRED = NOT_PLAIN | {TEMPLATE_ARGUMENTS}
_ROLES = frozenset({"system", "user", "assistant"})
_NO_LINE = (None, False)

PLACE_OF_TURN = "{{idx}}"
"""What LLaMA-Factory puts the number of a turn in place of, also within a question."""


def plain_line(text: bytes, shape: PlainShape) -> tuple[bytes | None, bool]:
    """Return the line of a stored chat record, and whether it has fields beside its messages.

    None for a record that is not plain, or does not have the shape: it goes the general way.
    """
    # Numbers are read inexactly, and are not looked at: plain messages hold texts alone.
    record = orjson.loads(text)
    messages = record.get("messages")
    if type(messages) is not list or not messages or not _BARRED.isdisjoint(record):
        return _NO_LINE
    roles = []
    for message in messages:
        if type(message) is not dict or len(message) != 2:
            return _NO_LINE
        (first, role), (second, content) = message.items()
        if first != "role" or second != "content" or type(content) is not str:
            return _NO_LINE
        roles.append(role)
    try:
        if not _ROLES.issuperset(roles):
            return _NO_LINE
    except TypeError:  # a role that is a list: no need to ask first
        return _NO_LINE
    if shape is PlainShape.MESSAGES or (shape is PlainShape.ANSWERED and "assistant" in roles):
        return orjson.dumps({"messages": messages}), len(record) > 1
    if shape in (PlainShape.TURNS, PlainShape.ONE_TURN):
        return _turns_line(messages, roles, shape), len(record) > 1
    if shape is PlainShape.ANSWERED or not _has_last_apart(roles):
        return _NO_LINE
    if shape is PlainShape.ONE_ANSWER:
        return orjson.dumps({"messages": messages}), len(record) > 1
    apart = {"prompt": messages[:-1], "completion": messages[-1:]}
    return orjson.dumps(apart), len(record) > 1


def _turns_line(
    messages: list[dict[str, str]], roles: list[str], shape: PlainShape
) -> bytes | None:
    """Return the line of turns that begin with a question and end with an answer, else None."""
    system = messages[0]["content"] if roles[0] == "system" else None
    if system is not None:
        messages, roles = messages[1:], roles[1:]
    is_turned = roles == ["user", "assistant"] * (len(roles) // 2)
    if not is_turned or not roles or (shape is PlainShape.ONE_TURN and len(roles) > 2):
        return None
    texts = [each["content"] for each in messages]
    if system == "" or any(PLACE_OF_TURN in each for each in texts[::2]):
        return None  # refused, with the reason
    turns = [
        {"from": "gpt" if place % 2 else "human", "value": text} for place, text in enumerate(texts)
    ]
    return orjson.dumps({"conversations": turns, "system": system or "", "tools": ""})


def _has_last_apart(roles: list[str]) -> bool:
    """Tell whether the last message is the one answer, and comes after a question."""
    return roles[-2:] == ["user", "assistant"] and "assistant" not in roles[:-1]
