"""ShareGPT: `conversations` of `{"from", "value"}`, with tools as LLaMA-Factory writes them.

Sets that write `role` and `content` inside `conversations` are read too.
"""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.chat import TOOL_FIELDS, tool_fields
from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.messages import canonical_messages, split_response, system_messages
from vault.formats.layouts.tool_calls import Calls
from vault.formats.layouts.turns import turn_as_chat
from vault.objects.conversation import Conversation, Message
from vault.objects.foreign.encoded_lists import decoded_list

_FIELDS = TOOL_FIELDS | {"conversations", "system"}


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    return _FIELDS


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a ShareGPT record; raises BrokenStructure."""
    messages = turns(record.get("conversations"))
    if "system" in record:
        messages = system_messages(record["system"]) + messages
    prompt, response = split_response(messages)
    return Conversation(prompt, response, **tool_fields(record))


def turns(conversations: Any, calls: Calls | None = None) -> list[Message]:
    """Return canonical messages for a list of `{"from", "value"}`; raises BrokenStructure."""
    listed = decoded_list(conversations)
    if type(listed) is not list:
        raise BrokenStructure("conversations are not a list")
    return canonical_messages([turn_as_chat(turn) for turn in listed], calls)
