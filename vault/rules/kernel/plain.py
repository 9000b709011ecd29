"""Plain chat, seen at a glance: nearly every example of nearly every set.

A law in tests/property holds it to the slow way: no rule of structure finds a fault in a record
that is plain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_BARRED = frozenset(
    {
        *("tools", "functions", "parallel_tool_calls", "toolConfig", "system", "kto_tag"),
        *("conversations", "text", "instruction", "completion"),
        *("images", "videos", "audios", "image", "video", "audio"),
    }
)
_LEAST_OVERLAP = 24


def is_nearly_verdict(label: Any) -> bool:
    """Tell whether a label is the text true or false: beside any answer, a verdict is meant."""
    return type(label) is str and label.strip().lower() in ("true", "false")


def plain_texts(kind: str, record: dict[str, Any]) -> list[str] | None:
    """Return the texts of a plain chat in their order; None if the record is anything else.

    Plain are an instruction or none, then questions and answers in turn, the last an answer, each
    a role and a text that is not blank. Costs half a microsecond.
    """
    if kind != "chat" or not _BARRED.isdisjoint(record):
        return None
    if record.get("label") is not None and is_nearly_verdict(record["label"]):
        return None
    messages = record.get("messages")
    if type(messages) is not list or len(messages) < 2:
        return None
    texts: list[str] = []
    expected = "user"
    try:
        for message in messages:
            content = message["content"]
            role = message["role"]
            if len(message) != 2 or type(content) is not str or not content.strip():
                return None
            if role != expected and not (not texts and (role == "system" or role == "developer")):
                return None
            if role == expected:
                expected = "assistant" if role == "user" else "user"
            texts.append(content)
    except (KeyError, TypeError):
        return None
    return texts if role == "assistant" else None


def overlaps(texts: Sequence[str]) -> bool:
    """Tell whether a text lies within the next one, the first within any, or one occurs twice.

    Short texts count for nothing: many answers hold a "yes".
    """
    if not texts:
        return False
    first = before = texts[0]
    for each in texts[1:]:
        if (len(before) >= _LEAST_OVERLAP and before in each) or (
            len(first) >= _LEAST_OVERLAP and first in each
        ):
            return True
        before = each
    return len(texts) > 3 and len(set(texts)) < len(texts)
