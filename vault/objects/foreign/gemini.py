"""Gemini: `contents` of `parts`, as requests, files for tuning, and lines of batches have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vault.objects.foreign.foreign_chat import ForeignChat

FIELDS = frozenset({"contents", "systemInstruction", "system_instruction", "tools"}) | {
    "request",
    "response",
    "candidates",
}
"""Fields that may make the conversation: of a request, or of a line of a batch."""

MARKS = frozenset({"contents", "request", "candidates"})
"""Fields of which one is there."""

_ROLES = {"model": "assistant", "function": "tool"}
_INSTRUCTIONS = ("systemInstruction", "system_instruction")


def read(record: Mapping[str, Any]) -> ForeignChat | None:
    """Return the conversation of a record; None if it is no such record.

    A line of a batch is its request and the one answer to it; an answer alone is read as well.
    """
    chat = ForeignChat()
    request = record.get("request")
    if type(request) is dict and "contents" in request:
        answer = record.get("response")
        is_read = _read_request(chat, request, "request.") and (
            answer is None or (type(answer) is dict and _read_answer(chat, answer, "response."))
        )
    elif "contents" in record:
        is_read = _read_request(chat, record, "")
    else:
        is_read = _read_answer(chat, record, "")
    return chat if is_read else None


def _read_request(chat: ForeignChat, request: Mapping[str, Any], before: str) -> bool:
    contents = request.get("contents")
    contents = [contents] if _is_content(contents) else contents
    if type(contents) is not list or not contents or not all(map(_is_content, contents)):
        return False
    for name in _INSTRUCTIONS:
        given = request.get(name)
        if given is not None:
            is_content = type(given) is dict and "parts" in given
            chat.system = given["parts"] if is_content else given
            chat.system_path = f"{before}{name}.parts" if is_content else f"{before}{name}"
    for number, content in enumerate(contents):
        _add(chat, content, f"{before}contents[{number}]")
    chat.tools, chat.tools_path = request.get("tools"), f"{before}tools"
    return True


def _read_answer(chat: ForeignChat, answer: Mapping[str, Any], before: str) -> bool:
    candidates = answer.get("candidates")
    if type(candidates) is not list or len(candidates) != 1 or type(candidates[0]) is not dict:
        return False
    content = candidates[0].get("content")
    if type(content) is not dict or not _is_content(content):
        return False
    _add(chat, {"role": "model", **content}, f"{before}candidates[0].content")
    return True


def _add(chat: ForeignChat, content: Mapping[str, Any], path: str) -> None:
    role = content.get("role")
    role = "user" if role is None else _ROLES.get(role, role) if type(role) is str else role
    chat.add(role, content["parts"], path, inner=".parts")


def _is_content(value: Any) -> bool:
    return type(value) is dict and type(value.get("parts")) is list and bool(value["parts"])
