"""Chat: `messages` with roles, as OpenAI, TRL, Axolotl, MLX and most others write it."""

from __future__ import annotations

from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.messages import canonical_messages, split_response, system_messages
from vault.formats.layouts.tool_calls import canonical_tools
from vault.objects.conversation import Conversation
from vault.objects.foreign.tools import tools_in

TOOL_FIELDS = frozenset({"tools", "functions", "parallel_tool_calls", "toolConfig"})
"""Fields beside the messages that say which tools the conversation may use."""

_FIELDS = TOOL_FIELDS | {"messages", "system"}


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    return _FIELDS


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a chat record; raises BrokenStructure."""
    messages = canonical_messages(record.get("messages"))
    if "system" in record:
        messages = system_messages(record["system"]) + messages
    prompt, response = split_response(messages)
    if TOOL_FIELDS.isdisjoint(record):
        return Conversation(prompt, response)
    return Conversation(prompt, response, **tool_fields(record))


def tool_fields(record: dict[str, Any]) -> dict[str, Any]:
    """Return `tools` and `parallel_tool_calls` of a record as arguments of Conversation.

    Raises BrokenStructure if either is of an odd type.
    """
    if TOOL_FIELDS.isdisjoint(record):
        return {}
    parallel = record.get("parallel_tool_calls")
    if parallel is not None and type(parallel) is not bool:
        raise BrokenStructure("parallel_tool_calls is neither true nor false")
    tools = canonical_tools(tools_in(record), record.get("functions"))
    return {"tools": tools, "parallel_tool_calls": parallel}
