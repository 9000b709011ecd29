"""Mistral's layout for fine-tuning: messages and tools, as its validator wants them.

The rules are those of `mistral-common` in its mode for fine-tuning, for tokenizers from v7 on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from vault.formats.trainers.conversation_parts import chat_of, rendered, weighted_messages
from vault.formats.trainers.message_writer import MessageStyle, MessageWriter
from vault.formats.trainers.output import (
    Carried,
    Column,
    Learnt,
    Loss,
    OutputFormat,
    Reasoning,
    RecordParts,
    Rendered,
    RenderOptions,
    Unsupported,
    Weights,
)
from vault.formats.trainers.trainer import Family, Produced, Trainer

# Ids must be nine letters or digits.
_STYLE = MessageStyle(
    arguments_as_text=True, has_call_ids=True, call_id="call{:05}", binary_weights=True
)
_CHAT = Carried(Weights.PER_MESSAGE, reasoning=(Reasoning.DROP, Reasoning.TAGS))

_NEXT = {
    "system": {"user", "assistant", "system"},
    "user": {"assistant", "system", "user"},
    "assistant": {"assistant", "user", "tool"},
    "tool": {"assistant", "tool", "user"},
}
"""Which roles may follow a role."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_OF_FUNCTIONS = ("name", "description", "parameters", "strict")
_NO_PARAMETERS = {"type": "object", "properties": {}}


def _chat(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = chat_of(parts)
    writer = MessageWriter(_STYLE, _CHAT, options)
    messages = writer.write(weighted_messages(parts, conversation))
    _check_order(messages)
    _check_messages(messages)
    _check_answers(messages)
    made = rendered(parts, {"messages": messages}, _CHAT, writer.losses)
    if conversation.tools is None:
        return made
    made.record["tools"] = [_tool(each) for each in conversation.tools]
    lost = {Loss.MEMBERS} if any(map(_has_more, conversation.tools)) else set()
    return Rendered(made.record, made.losses | lost)


def _check_order(messages: Sequence[dict[str, Any]]) -> None:
    """Refuse an order of messages that there may not be. Raises Unsupported."""
    roles = [each["role"] for each in messages]
    if len(roles) < 2 or roles[-1] != "assistant":
        raise Unsupported("it does not end with an answer to a message")
    if roles.count("system") > 1:
        raise Unsupported("it has more than one system message")
    for before, role in pairwise(roles):
        if role not in _NEXT[before]:
            raise Unsupported(f'it has a message by "{role}" after one by "{before}"')


def _check_messages(messages: Sequence[dict[str, Any]]) -> None:
    """Refuse a message that may not be by itself. Raises Unsupported."""
    for each in messages:
        calls = each.get("tool_calls", [])
        if each["role"] == "assistant" and not each.get("content") and not calls:
            raise Unsupported("it has an answer without text and without a call of a tool")
        if not all(_NAME.fullmatch(call["function"]["name"]) for call in calls):
            raise Unsupported("it calls a tool whose name Mistral does not allow")


def _check_answers(messages: Sequence[dict[str, Any]]) -> None:
    """Refuse calls of tools that have not one answer each. Raises Unsupported."""
    waiting: set[str] = set()
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise Unsupported("it has the answer of a tool that was not called just before")
            waiting.remove(message["tool_call_id"])
        elif message["role"] == "assistant":
            if waiting:
                raise Unsupported("it has a call of a tool without an answer")
            # The validator counts no calls in a message that nothing comes before.
            calls = message.get("tool_calls", []) if place else []
            waiting = {each["id"] for each in calls}


def _tool(tool: Any) -> dict[str, Any]:
    """Return a tool with a description and parameters. Raises Unsupported."""
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or tool.get("type") != "function":
        raise Unsupported("it has a tool that is not a function")
    if not _NAME.fullmatch(str(function.get("name", ""))):
        raise Unsupported("it has a tool whose name Mistral does not allow")
    told = {"description": "", "parameters": _NO_PARAMETERS, **function}
    if not isinstance(told["parameters"], dict) or not isinstance(told["description"], str):
        raise Unsupported("it has a tool whose description or parameters are of another type")
    known = {name: told[name] for name in _OF_FUNCTIONS if name in told}
    return {"type": "function", "function": known}


def _has_more(tool: dict[str, Any]) -> bool:
    return bool(tool.keys() - {"type", "function"} or tool["function"].keys() - {*_OF_FUNCTIONS})


FORMATS = (
    OutputFormat(
        "mistral",
        "Mistral, chats: messages with weights, tools with descriptions, ids of nine characters",
        {"messages": Column.MESSAGES, "tools": Column.JSON_LIST},
        _CHAT,
        _chat,
        frozenset({"tools"}),
        learns=Learnt.WEIGHTED,
    ),
)
"""Mistral's format."""


def _usage(produced: Produced) -> str:
    uploads = "\n".join(
        'curl https://api.mistral.ai/v1/files -H "Authorization: Bearer $MISTRAL_API_KEY" '
        f"-F purpose=fine-tune -F file=@{each}"
        for each in produced.paths
    )
    return (
        "Upload the files, from where the path of the folder begins, then start a job with the ids "
        "that this prints:\n\n"
        f"```sh\n{uploads}\n```\n\n"
        "Tokenizers before v7 take no text beside calls of tools."
    )


MISTRAL = Trainer(
    "mistral",
    "Mistral fine-tuning: chats with tools and weights",
    {Family.CHAT: "mistral"},
    usage=_usage,
)
"""The target `mistral`."""
