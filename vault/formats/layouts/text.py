"""Plain text: `text`, trained on as it is, without prompt or response."""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.objects.conversation import Conversation

_FIELDS = frozenset({"text"})


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    return _FIELDS


def read(record: dict[str, Any]) -> Conversation:
    """Return the text of a record as a conversation; raises BrokenStructure."""
    text = record.get("text")
    if type(text) is not str:
        raise BrokenStructure("text is not a string")
    return Conversation(text=text)
