"""Records of other programs, read as the one conversation that they are."""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.messages import canonical_messages, split_response, system_messages
from vault.formats.layouts.tool_calls import canonical_tools
from vault.objects.conversation import Conversation, Kind
from vault.objects.foreign.layouts import read_foreign


def read(record: dict[str, Any], kind: Kind) -> Conversation:
    """Return the conversation of a record of a foreign kind; raises BrokenStructure."""
    chat = read_foreign(record, kind)
    if chat is None:
        raise BrokenStructure("the record is not what its kind says")
    messages = system_messages(chat.system)
    messages = messages + canonical_messages([each.message for each in chat.messages])
    prompt, response = split_response(messages)
    return Conversation(prompt, response, tools=canonical_tools(chat.tools, None))
