"""ShareGPT: `conversations` of `{"from", "value"}`, with tools as LLaMA-Factory writes them.

Sets that write `role` and `content` inside `conversations` are read too.
"""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.chat import TOOL_FIELDS, tool_fields
from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.messages import canonical_messages, split_response, system_messages
from vault.formats.layouts.tool_calls import Calls, parse_text
from vault.objects.conversation import Conversation, Message

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

_FIELDS = TOOL_FIELDS | {"conversations", "system"}


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    return _FIELDS


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a ShareGPT record; raises BrokenStructure."""
    messages = turns(record.get("conversations"))
    if "system" in record:
        messages = system_messages(record["system"]) + messages
    prompt, response = split_response(messages)
    return Conversation(prompt, response, **tool_fields(record))


def turns(conversations: Any, calls: Calls | None = None) -> list[Message]:
    """Return canonical messages for a list of `{"from", "value"}`; raises BrokenStructure."""
    if type(conversations) is not list:
        raise BrokenStructure("conversations are not a list")
    return canonical_messages([_as_chat(turn) for turn in conversations], calls)


def _as_chat(turn: Any) -> Any:
    if type(turn) is not dict:
        raise BrokenStructure("a turn is not an object")
    speaker = turn.get("from")
    if len(turn) == 2 and type(speaker) is str and speaker in ROLES and "value" in turn:
        return {"role": ROLES[speaker], "content": turn["value"]}
    return _as_chat_with_care(turn)


def _as_chat_with_care(turn: dict[str, Any]) -> dict[str, Any]:
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
    message["tool_calls"] = _called(message.pop("content", None))
    return message


def _called(value: Any) -> list[Any]:
    called = parse_text(value) if isinstance(value, str) else value
    called = [called] if isinstance(called, dict) else called
    if type(called) is not list or not called:
        raise BrokenStructure("a function call is not a JSON object or list")
    return called
