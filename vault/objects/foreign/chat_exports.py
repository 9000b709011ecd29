"""What ChatGPT and Claude export of one conversation.

ChatGPT's is a tree: edited questions and answers that were made again are branches, and the current
one ends at `current_node`. Claude's is a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vault.objects.foreign.foreign_chat import ForeignChat

CHATGPT = frozenset({"mapping"})
"""The field that ChatGPT's conversations have."""

CLAUDE = frozenset({"chat_messages"})
"""The field that Claude's conversations have."""

_SENDERS = {"human": "user"}
# What ChatGPT keeps for itself: the user's settings, and how long it thought.
_UNSAID = frozenset({"user_editable_context", "model_editable_context", "reasoning_recap"})


def read_chatgpt(record: Mapping[str, Any]) -> ForeignChat | None:
    """Return the current branch of a conversation of ChatGPT; None if the record is none."""
    nodes, current = record.get("mapping"), record.get("current_node")
    if type(nodes) is not dict or type(current) is not str:
        return None
    branch: list[str] = []
    seen: set[str] = set()
    while type(current) is str:
        node = nodes.get(current)
        if type(node) is not dict or current in seen:
            return None  # a branch that cannot be followed to its beginning
        seen.add(current)
        branch.append(current)
        current = node.get("parent")
    chat = ForeignChat()
    for name in reversed(branch):
        _add_node(chat, nodes[name].get("message"), f"mapping.{name}.message")
    return chat


def _add_node(chat: ForeignChat, message: Any, path: str) -> None:
    if type(message) is not dict:
        return
    author, content = message.get("author"), message.get("content")
    metadata = message.get("metadata")
    is_hidden = type(metadata) is dict and metadata.get("is_visually_hidden_from_conversation")
    if type(author) is not dict or type(content) is not dict or is_hidden is True:
        return
    kind, role = content.get("content_type"), author.get("role")
    if kind in _UNSAID:
        return
    if kind == "thoughts":
        told = [each.get("content") for each in content.get("thoughts") or () if type(each) is dict]
        text = "\n".join(each for each in told if type(each) is str)
        chat.add_part({"type": "thinking", "thinking": text}, path)
        return
    said = _said(content)
    if role == "system" and not said:
        return
    called = message.get("recipient")
    if role == "assistant" and type(called) is str and called != "all":
        chat.add_part({"type": "tool_use", "id": None, "name": called, "input": said}, path)
    elif role == "tool":
        chat.add(role, said, path, inner=".content", name=author.get("name"))
    elif role == "assistant" and _goes_on(chat):
        chat.go_on([{"type": "text", "text": said}] if type(said) is str else said, path)
    else:
        chat.add(role, said, path, inner=".content")


def _goes_on(chat: ForeignChat) -> bool:
    """Tell whether the assistant has only thought so far, and says now what it thought of."""
    last = chat.messages[-1].message if chat.messages else {}
    parts = last.get("content")
    return type(parts) is list and all(part.get("type") == "thinking" for part in parts)


def _said(content: Mapping[str, Any]) -> Any:
    """Return the text of a content, or its parts where some are no text."""
    parts = content.get("parts")
    if type(parts) is not list:
        text = content.get("text", content.get("result"))
        return text if type(text) is str else ""
    if all(type(each) is str for each in parts):
        return "\n".join(each for each in parts if each)
    return [_part(each) for each in parts if each != ""]


def _part(part: Any) -> Any:
    if type(part) is str:
        return {"type": "text", "text": part}
    if type(part) is dict and part.get("content_type") == "image_asset_pointer":
        return {"type": "image", **part}
    return part


def read_claude(record: Mapping[str, Any]) -> ForeignChat | None:
    """Return a conversation of Claude; None if the record is none."""
    listed = record.get("chat_messages")
    if type(listed) is not list or not listed:
        return None
    if not all(type(each) is dict and type(each.get("sender")) is str for each in listed):
        return None
    chat = ForeignChat()
    for number, each in enumerate(listed):
        role, path = _SENDERS.get(each["sender"], each["sender"]), f"chat_messages[{number}]"
        if type(each.get("content")) is list and each["content"]:
            chat.add(role, [_plain(part) for part in each["content"]], path, inner=".content")
        else:
            chat.add(role, each.get("text"), path, inner=".text")
    return chat


def _plain(part: Any) -> Any:
    """Return a part of text without the times and flags that Claude's export puts beside it."""
    is_text = type(part) is dict and part.get("type") == "text"
    return {"type": "text", "text": part.get("text")} if is_text else part
