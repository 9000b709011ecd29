"""Answers of APIs: OpenAI's completions and Responses, Anthropic's messages, and batches of them.

An answer is the conversation as far as the record has it: lines of a batch hold no question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vault.objects.foreign.foreign_chat import ForeignChat

FIELDS = frozenset({"choices", "response", "result", "content", "role", "type"})
"""Fields that may make the conversation of an answer of a chat API."""

MARKS = frozenset({"choices", "response", "result", "content"})
"""Fields of which one is there."""

RESPONSES_FIELDS = frozenset({"input", "output", "instructions", "response", "tools"})
"""Fields that may make the conversation of OpenAI's Responses."""

RESPONSES_MARKS = frozenset({"output", "response"})
"""Fields of which one is there."""


def read(record: Mapping[str, Any]) -> ForeignChat | None:
    """Return the one answer that a record holds as a conversation; None if it is no such record."""
    body, before = _body(record)
    chat = ForeignChat()
    if _read_choice(chat, body, before) or _read_anthropic(chat, body, before):
        return chat
    return None


def read_responses(record: Mapping[str, Any]) -> ForeignChat | None:
    """Return the conversation of OpenAI's Responses; None if the record is no such one."""
    body, before = _body(record)
    output = body.get("output")
    if type(output) is not list or not output or not all(map(_is_item, output)):
        return None
    if not any(each["type"] == "message" or "call_id" in each for each in output):
        return None
    chat = ForeignChat(system=body.get("instructions"), system_path=f"{before}instructions")
    chat.tools, chat.tools_path = body.get("tools"), f"{before}tools"
    given = body.get("input")
    if type(given) is str:
        chat.add("user", given, f"{before}input")
    elif type(given) is list:
        if not all(type(each) is dict for each in given):
            return None
        _add_items(chat, given, f"{before}input")
    elif given is not None:
        return None
    _add_items(chat, output, f"{before}output")
    return chat


def _body(record: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return what a line of a batch file holds, or the record itself, and the path to it."""
    response, result = record.get("response"), record.get("result")
    if type(response) is dict and type(response.get("body")) is dict:
        return response["body"], "response.body."
    if type(result) is dict and type(result.get("message")) is dict:
        return result["message"], "result.message."
    return record, ""


def _read_choice(chat: ForeignChat, body: Mapping[str, Any], before: str) -> bool:
    choices = body.get("choices")
    if type(choices) is not list or len(choices) != 1 or type(choices[0]) is not dict:
        return False
    path, message = f"{before}choices[0]", choices[0].get("message")
    if type(message) is dict:
        beside = {name: each for name, each in message.items() if name not in ("role", "content")}
        role = message.get("role")
        chat.add(
            "assistant" if role is None else role,
            message.get("content"),
            f"{path}.message",
            inner=".content",
            **beside,
        )
        return True
    text = choices[0].get("text")
    if type(text) is str:
        chat.add("assistant", text, f"{path}.text")
    return type(text) is str


def _read_anthropic(chat: ForeignChat, body: Mapping[str, Any], before: str) -> bool:
    content = body.get("content")
    if (
        body.get("type") != "message"
        or body.get("role") != "assistant"
        or type(content) is not list
    ):
        return False
    chat.add("assistant", content, before.rstrip("."), inner=".content" if before else "content")
    return True


def _is_item(value: Any) -> bool:
    return type(value) is dict and type(value.get("type")) is str


def _add_items(chat: ForeignChat, items: list[Any], path: str) -> None:
    """Add the messages of items; reasoning and calls belong to the answer beside them."""
    for number, item in enumerate(items):
        at = f"{path}[{number}]"
        match item.get("type", "message"):
            case "message":
                content = item.get("content")
                if item.get("role") == "assistant" and type(content) is list:
                    chat.go_on(content, at, inner=".content")
                else:
                    chat.add(item.get("role"), content, at, inner=".content")
            case "reasoning":
                chat.add_part({"type": "thinking", "thinking": _reasoning_of(item)}, at)
            case "function_call":
                call = {"id": item.get("call_id"), "name": item.get("name")}
                call["input"] = item.get("arguments")
                chat.add_part({"type": "tool_use", **call}, at)
            case "function_call_output":
                beside = {"tool_call_id": item.get("call_id")}
                chat.add("tool", item.get("output"), at, inner=".output", **beside)
            case _:  # searches and the like, which have their own forms
                chat.add_part(item, at)


def _reasoning_of(item: Mapping[str, Any]) -> str:
    told = [item.get(name) for name in ("summary", "content")]
    listed = [each for several in told if type(several) is list for each in several]
    texts = [each.get("text") for each in listed if type(each) is dict]
    return "\n".join(each for each in texts if type(each) is str)
