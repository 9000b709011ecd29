"""Plain chat, derived in one pass: nearly every record of nearly every file.

The general path (registry, chat, messages, `derive_keys`) builds a conversation first; doing the
same steps for plain chat without it takes half the time, and this is where an import spends it. A
law in tests/property holds both to the same answers.
"""

from __future__ import annotations

from typing import Any

import orjson
import xxhash

from vault.formats.layouts.chat import TOOL_FIELDS
from vault.objects.conversation import Kind
from vault.objects.json.text import compact_bytes

Values = tuple[Kind, int | None, int | None, int, int, int, bytes | None]
"""The fields of `Derived`, in their order."""

_CHAT = Kind.CHAT
_SORTED = orjson.OPT_SORT_KEYS
_TURNS = {"user": 1, "assistant": 1, "system": 0, "developer": 0}


def not_plain(other_fields: frozenset[str]) -> frozenset[str]:
    """Return the fields beside which `messages` are not plain chat: tools, verdicts, sides."""
    return other_fields | TOOL_FIELDS | {"system"}


def derive_plain(record: dict[str, Any], barred: frozenset[str]) -> Values | None:
    """Return what follows from a plain chat record, None if it is anything else.

    Plain are messages of role and text only, with none of the `barred` fields beside them.
    """
    messages = record.get("messages")
    if type(messages) is not list or not messages or not barred.isdisjoint(record):
        return None
    turns = 0
    texts = []
    try:
        for message in messages:
            content = message["content"]
            if type(message) is not dict or len(message) != 2 or type(content) is not str:
                return None
            turns += _TURNS[message["role"]]
            texts.append(content)
    except (KeyError, TypeError):  # another role, or not a message: the general path knows
        return None
    is_answered = message["role"] == "assistant"
    # Only strings, so orjson writes what `canonical_bytes` would.
    prompt = orjson.dumps({"messages": messages[:-1] if is_answered else messages}, None, _SORTED)
    response = orjson.dumps({"messages": messages[-1:] if is_answered else []}, None, _SORTED)
    prompt_id = xxhash.xxh3_64_intdigest(prompt) if turns > is_answered else None
    content_id = xxhash.xxh3_64_intdigest(prompt + b"\n" + response)
    text = "".join(texts)
    size_bytes = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    fields = None
    if len(record) > 1:
        others = {name: value for name, value in record.items() if name != "messages"}
        fields = compact_bytes(others)
    return _CHAT, content_id, prompt_id, turns, len(text), (size_bytes + 3) // 4, fields
