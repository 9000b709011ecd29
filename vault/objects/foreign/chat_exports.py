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
    if type(nodes) is dict and current is None:
        current = _only_end(nodes)
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
    return chat if chat.messages or record.get("current_node") is not None else None


def _only_end(nodes: Mapping[str, Any]) -> str | None:
    """Return the node that no other goes on from; None if there are several, or a fault."""
    parents = [each.get("parent") for each in nodes.values() if type(each) is dict]
    if len(parents) != len(nodes) or not all(each is None or type(each) is str for each in parents):
        return None
    went_on = set(parents)
    ends = [name for name in nodes if name not in went_on]
    return ends[0] if len(ends) == 1 else None


def _add_node(chat: ForeignChat, message: Any, path: str) -> None:
    if type(message) is not dict:
        return
    author, content = message.get("author"), message.get("content")
    metadata = message.get("metadata")
    is_hidden = type(metadata) is dict and metadata.get("is_visually_hidden_from_conversation")
    if type(author) is not dict or type(content) is not dict or is_hidden is True:
        return
    kind, role = content.get("content_type"), author.get("role")
    if type(kind) is str and kind in _UNSAID:
        return
    if kind == "thoughts":
        thoughts = content.get("thoughts")
        listed = thoughts if type(thoughts) is list else []
        told = [each.get("content") for each in listed if type(each) is dict]
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
        chat.add(role, said, path, inner=_place(content), name=author.get("name"))
    elif role == "assistant" and _goes_on(chat):
        chat.go_on([{"type": "text", "text": said}] if type(said) is str else said, path)
    else:
        chat.add(role, said, path, inner=_place(content))


def _place(content: Mapping[str, Any]) -> str:
    """Return what leads to the one text that a message says; to its content if that is made."""
    parts = content.get("parts")
    if type(parts) is list:
        return ".content.parts[0]" if len(parts) == 1 and type(parts[0]) is str else ".content"
    return ".content.text" if type(content.get("text")) is str else ".content"


def _goes_on(chat: ForeignChat) -> bool:
    """Tell whether the assistant has only thought so far, and says now what it thought of."""
    last = chat.messages[-1].message if chat.messages else {}
    parts = last.get("content")
    return type(parts) is list and all(
        type(part) is dict and part.get("type") == "thinking" for part in parts
    )


def _said(content: Mapping[str, Any]) -> Any:
    """Return the text of a content, or its parts where some are no text."""
    parts = content.get("parts")
    if type(parts) is not list:
        text = content.get("text", content.get("result"))
        return text if type(text) is str else ""
    told = [_part(each) for each in parts if each != ""]
    texts = [each["text"] for each in told if _is_text(each)]
    if any(_kind(each) == _SPOKEN for each in parts):
        # A voice is there twice, as what was said and as its sound.
        told = [each for each in told if _kind(each) not in _SOUNDS or each.get(_FRAMES)]
    return "\n".join(each for each in texts if each) if len(texts) == len(told) else told


_SPOKEN, _FRAMES = "audio_transcription", "frames_asset_pointers"
_SOUNDS = {
    "audio_asset_pointer": "audio",
    "real_time_user_audio_video_asset_pointer": "video",
}
_MEDIA = {"image_asset_pointer": "image", **_SOUNDS}


def _kind(part: Any) -> Any:
    kind = part.get("content_type") if type(part) is dict else None
    return kind if type(kind) is str else None


def _is_text(part: Any) -> bool:
    return type(part) is dict and part.get("type") == "text" and type(part.get("text")) is str


def _part(part: Any) -> Any:
    kind = _kind(part)
    if type(part) is str or (kind == _SPOKEN and type(part.get("text")) is str):
        return {"type": "text", "text": part if type(part) is str else part["text"]}
    return {"type": _MEDIA[kind], **part} if kind in _MEDIA else part


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
