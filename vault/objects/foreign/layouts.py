"""Records of other programs that are one conversation each, as OpenAI's chat.

Requests and answers of APIs, and what ChatGPT and Claude export. The one table of them, for import
and for rules. Normative: docs/format/conversations.md, section 4.11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from vault.objects.conversation import Kind
from vault.objects.foreign import chat_exports, completions, gemini
from vault.objects.foreign.foreign_chat import ForeignChat


class _Layout(NamedTuple):
    """How one layout is known and read; `fields` are those that may make the conversation."""

    read: Callable[[Mapping[str, Any]], ForeignChat | None]
    fields: frozenset[str]
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """The layout of a record, and its conversation."""

    kind: Kind
    chat: ForeignChat


_LAYOUTS: dict[Kind, _Layout] = {
    Kind.GEMINI: _Layout(gemini.read, gemini.FIELDS, gemini.MARKS),
    Kind.COMPLETION: _Layout(completions.read, completions.FIELDS, completions.MARKS),
    Kind.RESPONSES: _Layout(
        completions.read_responses, completions.RESPONSES_FIELDS, completions.RESPONSES_MARKS
    ),
    Kind.CHATGPT: _Layout(chat_exports.read_chatgpt, frozenset({"mapping"}), chat_exports.CHATGPT),
    Kind.CLAUDE: _Layout(
        chat_exports.read_claude, frozenset({"chat_messages"}), chat_exports.CLAUDE
    ),
}

FOREIGN_KINDS = tuple(_LAYOUTS)
"""The kinds that stand for records of other programs."""

_MARKS = frozenset().union(*(layout.marks for layout in _LAYOUTS.values()))


def find_foreign(record: Mapping[str, Any]) -> Found | None:
    """Return the first layout by which a record is a conversation, and that; None if none is.

    Costs looking for a few names where the record has none of them.
    """
    if _MARKS.isdisjoint(record):
        return None
    for kind, layout in _LAYOUTS.items():
        if not layout.marks.isdisjoint(record):
            chat = layout.read(record)
            if chat is not None:
                return Found(kind, chat)
    return None


def read_foreign(record: Mapping[str, Any], kind: Kind) -> ForeignChat | None:
    """Return the conversation of a record by one of FOREIGN_KINDS; None if it is none of that."""
    return _LAYOUTS[kind].read(record)


def foreign_fields(kind: Kind) -> frozenset[str]:
    """Return the top-level fields that may make the conversation of one of FOREIGN_KINDS."""
    return _LAYOUTS[kind].fields
