"""Turns of ShareGPT, `{"from", "value"}`, as messages of a chat. Other lists may hold them too."""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.objects.foreign.encoded_lists import json_in
from vault.objects.foreign.thoughts import split_thought

ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "system": "system",
    "observation": "tool",
}
"""What the speakers of ShareGPT are called in canonical form; others keep their name."""


def turn_as_chat(turn: Any) -> Any:
    """Return a turn with `role` and `content`; raises BrokenStructure."""
    if type(turn) is not dict:
        raise BrokenStructure("a turn is not an object")
    speaker = turn.get("from")
    if len(turn) == 2 and type(speaker) is str and speaker in ROLES and "value" in turn:
        return {"role": ROLES[speaker], "content": turn["value"]}
    return _with_care(turn)


def _with_care(turn: dict[str, Any]) -> dict[str, Any]:
    message = {key: value for key, value in turn.items() if value is not None}
    for theirs, ours in (("from", "role"), ("value", "content")):
        if theirs in message:
            if ours in message:
                raise BrokenStructure(f"a turn has both {theirs} and {ours}")
            message[ours] = message.pop(theirs)
    role = message.get("role")
    if type(role) is not str:
        raise BrokenStructure("a turn has no speaker")
    if role != "function_call":
        message["role"] = ROLES.get(role, role)
        return message
    if "tool_calls" in message:
        raise BrokenStructure("a function call has tool calls beside it")
    message["role"] = "assistant"
    thought, called = split_thought(message.pop("content", None))
    if thought is not None:
        message.setdefault("thinking", thought)
    message["tool_calls"] = _called(called)
    return message


def _called(value: Any) -> list[Any]:
    called = json_in(value) if isinstance(value, str) else value
    called = [called] if isinstance(called, dict) else called
    if type(called) is not list or not called:
        raise BrokenStructure("a function call is not a JSON object or list")
    return called
