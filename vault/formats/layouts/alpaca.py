"""Alpaca: `instruction`, `input` and `output` (or `response`), with `system` and `history`."""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.messages import system_messages
from vault.objects.conversation import Conversation, Message
from vault.objects.foreign.encoded_lists import decoded_list

_PROMPT_FIELDS = frozenset({"instruction", "input", "system", "history"})
_WITH_OUTPUT = _PROMPT_FIELDS | {"output"}
_WITH_RESPONSE = _PROMPT_FIELDS | {"output", "response"}


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    # Where both are given, `output` is the answer and `response` something else.
    return _WITH_RESPONSE if record.get("output") is None else _WITH_OUTPUT


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of an Alpaca record; raises BrokenStructure."""
    output = record.get("output")
    if output is None:
        output = record.get("response")
    response = () if output is None else ({"role": "assistant", "content": _text(output)},)
    return Conversation(prompt_of(record), response)


def prompt_of(record: dict[str, Any]) -> tuple[Message, ...]:
    """Return the messages before the response: system, history, instruction with its input."""
    instruction = _text(record.get("instruction"))
    given = record.get("input")
    if given:
        instruction = f"{instruction}\n{_text(given)}"
    elif given is not None:
        _text(given)
    asked: list[Message] = [{"role": "user", "content": instruction}] if instruction else []
    if "system" in record or "history" in record:
        earlier = history_messages(record.get("history"))
        return (*system_messages(record.get("system")), *earlier, *asked)
    return tuple(asked)


def history_messages(history: Any) -> list[Message]:
    """Return the messages of earlier turns, a list of pairs of texts; raises BrokenStructure."""
    if history is None:
        return []
    history = decoded_list(history)
    if type(history) is not list:
        raise BrokenStructure("history is not a list")
    messages: list[Message] = []
    for pair in history:
        if type(pair) is not list or len(pair) != 2:
            raise BrokenStructure("an entry of history is not a pair")
        messages.append({"role": "user", "content": _text(pair[0])})
        messages.append({"role": "assistant", "content": _text(pair[1])})
    return messages


def _text(value: Any) -> str:
    if type(value) is not str:
        raise BrokenStructure("a field of the conversation is not text")
    return value
