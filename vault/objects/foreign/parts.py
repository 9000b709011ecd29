"""Parts of content as Anthropic, Bedrock, Gemini and OpenAI's Responses write them.

They put calls, answers of tools and reasoning among the parts of a message, where OpenAI's chat has
members and messages of their own. Normative: docs/format/conversations.md, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from vault.objects.json.text import compact_bytes


class Meaning(StrEnum):
    """What a part of content is to OpenAI's chat."""

    TEXT = "text"
    REASONING = "reasoning"
    CALL = "call"
    ANSWER = "answer"


class Part(NamedTuple):
    """What a part means, whose way of writing it is, and the text, call or answer that it holds.

    A call is `{"id", "name", "arguments"}`, an answer a message of the role `tool`.
    """

    meaning: Meaning
    maker: str
    value: Any


ANTHROPIC, BEDROCK, GEMINI, RESPONSES = (
    "Anthropic's",
    "Bedrock's",
    "Gemini's",
    "those of OpenAI's Responses",
)
"""Whose parts they are, as messages say it."""

# What stands beside the text of a part without a type, and says nothing.
_BESIDE_TEXT = frozenset({"text", "thought", "thoughtSignature", "thought_signature"})
_Read = Callable[[Mapping[str, Any]], Part | None]

_NO_CONTENT = ("cache_control",)


def read_part(part: Any) -> Part | None:
    """Return what a part of content means; None if it is one of OpenAI's chat, or unknown."""
    if type(part) is not dict:
        return None
    kind = part.get("type")
    if type(kind) is str:
        reader = _BY_TYPE.get(kind)
        return None if reader is None else reader(part)
    if kind is not None:
        return None
    said = {name: value for name, value in part.items() if value is not None}
    for name, read in _BY_MEMBER.items():
        if name in said:
            return read(said)
    return None


def spread(message: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return OpenAI's messages for one that has foreign parts; None if it has none.

    Calls and reasoning become members of the message, and each answer of a tool a message of its
    own, in the order of the parts.
    """
    parts = message.get("content")
    if type(parts) is not list:
        return None
    read = [read_part(each) for each in parts]
    if not any(read):
        return None
    return _Spread(message).over(parts, read)


class _Spread:
    """Messages that are made of the parts of one."""

    def __init__(self, message: dict[str, Any]) -> None:
        self._rest = {name: each for name, each in message.items() if name != "content"}
        self._made: list[dict[str, Any]] = []
        self._start()

    def _start(self) -> None:
        self._content: list[Any] = []
        self._reasoning: list[Any] = []
        self._calls: list[Any] = []

    def over(self, parts: list[Any], read: list[Part | None]) -> list[dict[str, Any]]:
        for part, found in zip(parts, read, strict=True):
            if found is None:
                self._content.append(part)
            elif found.meaning is Meaning.TEXT:
                self._content.append({"type": "text", "text": found.value})
            elif found.meaning is Meaning.REASONING:
                self._reasoning.append(found.value)
            elif found.meaning is Meaning.CALL:
                self._calls.append(found.value)
            else:
                self._end()
                self._made.append(found.value)
        self._end()
        return self._made

    def _end(self) -> None:
        """Add the message that the parts so far make, if they make one."""
        if not (self._content or self._reasoning or self._calls):
            return
        message = dict(self._rest)
        if self._content:
            message["content"] = self._content
        if self._reasoning:
            before = [] if message.get("thinking") is None else [message["thinking"]]
            told = [*before, *self._reasoning]
            message["thinking"] = told[0] if len(told) == 1 else told
        if self._calls:
            given = message.get("tool_calls")
            # What is no list breaks the record, as it does elsewhere.
            broken = given is not None and type(given) is not list
            message["tool_calls"] = given if broken else [*(given or ()), *self._calls]
        self._made.append(message)
        self._rest = {"role": self._rest.get("role")}
        self._start()


def _text(maker: str) -> _Read:
    def read(part: Mapping[str, Any]) -> Part | None:
        text = part.get("text")
        return Part(Meaning.TEXT, maker, text) if type(text) is str else None

    return read


def _thinking(part: Mapping[str, Any]) -> Part | None:
    for name in ("thinking", "reasoning", "text", "value"):
        if type(part.get(name)) is str:
            return Part(Meaning.REASONING, ANTHROPIC, part[name])
    return None


def _tool_use(part: Mapping[str, Any]) -> Part:
    call = {"id": part.get("id"), "name": part.get("name"), "arguments": part.get("input")}
    return Part(Meaning.CALL, ANTHROPIC, call)


def _tool_result(part: Mapping[str, Any]) -> Part:
    beside = {
        name: value
        for name, value in part.items()
        if name not in ("type", "tool_use_id", "content", *_NO_CONTENT)
    }
    answer = {"role": "tool", "tool_call_id": part.get("tool_use_id"), **beside}
    return Part(Meaning.ANSWER, ANTHROPIC, {**answer, "content": _answered(part.get("content"))})


def _typeless_text(part: Mapping[str, Any]) -> Part | None:
    text = part["text"]
    if type(text) is not str or not _BESIDE_TEXT.issuperset(part):
        return None
    is_thought = part.get("thought") is True
    maker = BEDROCK if len(part) == 1 else GEMINI
    return Part(Meaning.REASONING if is_thought else Meaning.TEXT, maker, text)


def _bedrock_call(part: Mapping[str, Any]) -> Part | None:
    said = part["toolUse"]
    if type(said) is not dict:
        return None
    call = {"id": said.get("toolUseId"), "name": said.get("name"), "arguments": said.get("input")}
    return Part(Meaning.CALL, BEDROCK, call)


def _bedrock_answer(part: Mapping[str, Any]) -> Part | None:
    said = part["toolResult"]
    if type(said) is not dict:
        return None
    answer = {"role": "tool", "tool_call_id": said.get("toolUseId"), "status": said.get("status")}
    return Part(Meaning.ANSWER, BEDROCK, {**answer, "content": _answered(said.get("content"))})


def _bedrock_reasoning(part: Mapping[str, Any]) -> Part | None:
    said = part["reasoningContent"]
    told = said.get("reasoningText") if type(said) is dict else None
    text = told.get("text") if type(told) is dict else told
    return Part(Meaning.REASONING, BEDROCK, text) if type(text) is str else None


def _gemini_call(name: str) -> _Read:
    def read(part: Mapping[str, Any]) -> Part | None:
        said = part[name]
        if type(said) is not dict:
            return None
        call = {"id": said.get("id"), "name": said.get("name"), "arguments": said.get("args", {})}
        return Part(Meaning.CALL, GEMINI, call)

    return read


def _gemini_answer(name: str) -> _Read:
    def read(part: Mapping[str, Any]) -> Part | None:
        said = part[name]
        if type(said) is not dict:
            return None
        answer = {"role": "tool", "tool_call_id": said.get("id"), "name": said.get("name")}
        content = _answered(said.get("response"))
        return Part(Meaning.ANSWER, GEMINI, {**answer, "content": content})

    return read


def _answered(content: Any) -> Any:
    """Return what a tool answered as the content of a message: text, or parts."""
    if content is None:
        return ""
    if type(content) is str:
        return content
    if type(content) is not list:
        return compact_bytes(content).decode("utf-8", "surrogatepass")
    return [_answered_part(each) for each in content]


def _answered_part(part: Any) -> Any:
    if type(part) is dict and part.get("type") is None and "json" in part:
        text = compact_bytes(part["json"]).decode("utf-8", "surrogatepass")
        return {"type": "text", "text": text}
    found = read_part(part)
    if found is not None and found.meaning is Meaning.TEXT:
        return {"type": "text", "text": found.value}
    return part


_BY_TYPE: Mapping[str, _Read] = {
    "thinking": _thinking,
    "reasoning": _thinking,
    "tool_use": _tool_use,
    "server_tool_use": _tool_use,
    "tool_result": _tool_result,
    "input_text": _text(RESPONSES),
    "output_text": _text(RESPONSES),
}
_BY_MEMBER: Mapping[str, _Read] = {
    "text": _typeless_text,
    "toolUse": _bedrock_call,
    "toolResult": _bedrock_answer,
    "reasoningContent": _bedrock_reasoning,
    "functionCall": _gemini_call("functionCall"),
    "function_call": _gemini_call("function_call"),
    "functionResponse": _gemini_answer("functionResponse"),
    "function_response": _gemini_answer("function_response"),
}
