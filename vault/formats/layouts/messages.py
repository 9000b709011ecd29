"""Messages with roles and content, made canonical.

The one place that decides what of a message counts. Plain messages, which are nearly all, are
returned as they are: this is on the path of every imported record.
Normative: docs/format/conversations.md.
"""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.tool_calls import Calls, canonical_call
from vault.formats.layouts.turns import turn_as_chat
from vault.objects.conversation import REASONING, Message
from vault.objects.foreign.encoded_lists import decoded_list
from vault.objects.foreign.parts import spread
from vault.objects.json.text import canonical_bytes

# A message of one of these roles with only a string for content is canonical as it stands.
_PLAIN_ROLES = frozenset({"system", "user", "assistant", "developer"})

# What trainers and providers call the reasoning before an answer, in the order of reading.
_REASONING_NAMES = ("reasoning_content", "reasoning", "thinking")
_IS_REASONING = frozenset(_REASONING_NAMES)

# What Anthropic's API is told about keeping a part, and a model is not.
_CACHED = "cache_control"


def canonical_messages(messages: Any, calls: Calls | None = None) -> list[Message]:
    """Return canonical messages for a list of `{"role", "content", …}` objects.

    The list may be written as JSON text or column by column, its messages as ShareGPT's
    `{"from", "value"}`, and their parts as other makers write them.

    `calls` carries the tool calls of earlier messages and receives those of these; without it the
    conversation starts here. Returns the list itself where nothing needs changing.
    Raises BrokenStructure if the list, a message, a role or content is not what it must be.
    """
    if type(messages) is not list:
        messages = decoded_list(messages)
        if type(messages) is not list:
            raise BrokenStructure("messages are not a list")
    if _are_plain(messages):
        return messages
    if calls is None:
        calls = Calls()
    made: list[Message] = []
    for message in messages:
        if _are_plain([message]):
            made.append(message)
        else:
            made += [_canonical_message(each, calls) for each in _as_chat(message)]
    return made


def _as_chat(message: Any) -> list[Any]:
    """Return a message in OpenAI's words: several where its parts hold answers of tools."""
    if type(message) is not dict:
        raise BrokenStructure("a message is not an object")
    if "from" in message or "value" in message:
        message = turn_as_chat(message)
    return spread(message) or [message]


def split_response(
    messages: list[Message],
) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Return prompt and final response: the last message, if an assistant says it."""
    if messages and messages[-1]["role"] == "assistant":
        return tuple(messages[:-1]), (messages[-1],)
    return tuple(messages), ()


def system_messages(system: Any) -> list[Message]:
    """Return the message for a `system` field: none for null and for the empty string."""
    if system is None or system == "":
        return []
    return canonical_messages([{"role": "system", "content": system}])


def _are_plain(messages: list[Any]) -> bool:
    try:
        for message in messages:
            if (
                type(message) is not dict
                or len(message) != 2
                or type(message["content"]) is not str
                or message["role"] not in _PLAIN_ROLES
            ):
                return False
    except (KeyError, TypeError):  # other keys, or a role that is a list: no need to ask first
        return False
    return True


def _canonical_message(message: dict[str, Any], calls: Calls) -> Message:
    said = {key: value for key, value in message.items() if value is not None}
    role = said.get("role")
    if type(role) is not str:
        raise BrokenStructure("a message has no role")
    if "call" in said:
        # `call` is vault's word for the call that a tool answers, a number; theirs goes in a list.
        said["call"] = [said["call"]]
    if "weight" in said and type(said["weight"]) is not bool and said["weight"] == 1:
        del said["weight"]
    if not _IS_REASONING.isdisjoint(said):
        _make_reasoning_canonical(said)
    _make_calls_canonical(said, calls)
    _make_content_canonical(said)
    if role == "tool" or role == "function":
        _make_answer_canonical(said, calls)
    return said


def _make_reasoning_canonical(said: dict[str, Any]) -> None:
    given = [said.pop(name) for name in _REASONING_NAMES if name in said]
    # The same reasoning under two names, as some providers send it, is one.
    told = list({canonical_bytes(each): each for each in given if each != ""}.values())
    if told:
        said[REASONING] = told[0] if len(told) == 1 and type(told[0]) is str else told


def _make_content_canonical(said: dict[str, Any]) -> None:
    content = said.get("content")
    if type(content) is list:
        content = said["content"] = _canonical_parts(content)
    elif content is not None and type(content) is not str:
        raise BrokenStructure("content is neither text nor a list of parts")
    if content is not None and not content and "tool_calls" in said:
        del said["content"]


def _canonical_parts(parts: list[Any]) -> str | list[Any]:
    kept = []
    for part in parts:
        if type(part) is not dict:
            raise BrokenStructure("a part of content is not an object")
        kept.append(
            {key: value for key, value in part.items() if value is not None and key != _CACHED}
        )
    if len(kept) == 1 and len(kept[0]) == 2 and kept[0].get("type") == "text":
        text = kept[0].get("text", kept[0].get("value"))
        if type(text) is str:
            return text
    return kept


def _make_calls_canonical(said: dict[str, Any], calls: Calls) -> None:
    listed = said.pop("tool_calls", [])
    legacy = said.pop("function_call", None)
    if type(listed) is not list:
        raise BrokenStructure("tool calls are not a list")
    if legacy is not None:
        listed = [*listed, legacy]
    if listed:
        said["tool_calls"] = [canonical_call(call, calls) for call in listed]


def _make_answer_canonical(said: dict[str, Any], calls: Calls) -> None:
    name = said.get("name")
    call_id = said.get("tool_call_id")
    if call_id is not None:
        call = calls.answer_by_id(call_id)
    elif said["role"] == "function":
        call = calls.answer_last(name)
    else:
        call = calls.answer_next(name)
    if said["role"] == "function":
        said["role"] = "tool"
        if call is not None and call_id is None:
            # The name was the legacy way of saying which call is answered.
            said.pop("name", None)
    if call is not None:
        said.pop("tool_call_id", None)
        said["call"] = [*said["call"], call] if "call" in said else call
