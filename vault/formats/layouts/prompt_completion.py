"""Prompt and completion: two texts, or two lists of messages as in TRL."""

from __future__ import annotations

from typing import Any

from vault.formats.layouts import sharegpt
from vault.formats.layouts.chat import TOOL_FIELDS, tool_fields
from vault.formats.layouts.messages import canonical_messages, system_messages
from vault.formats.layouts.tool_calls import Calls
from vault.objects.conversation import Conversation, Message

_FIELDS = TOOL_FIELDS | {"prompt", "completion", "system"}


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    return _FIELDS


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a prompt-completion record; raises BrokenStructure."""
    calls = Calls()
    prompt = prompt_messages(record.get("prompt"), calls)
    completion = answer_messages(record.get("completion"), calls)
    if "system" in record:
        prompt = system_messages(record["system"]) + prompt
    return Conversation(tuple(prompt), tuple(completion), **tool_fields(record))


def prompt_messages(prompt: Any, calls: Calls) -> list[Message]:
    """Return the messages of a prompt: text is one user message, the empty text none."""
    if type(prompt) is str:
        return [{"role": "user", "content": prompt}] if prompt else []
    return listed_messages(prompt, calls)


def answer_messages(answer: Any, calls: Calls) -> list[Message]:
    """Return the messages of an answer: text is one assistant message, even if empty."""
    if type(answer) is str:
        return [{"role": "assistant", "content": answer}]
    return listed_messages([answer] if type(answer) is dict else answer, calls)


def listed_messages(messages: Any, calls: Calls) -> list[Message]:
    """Return the canonical messages of a list in chat or ShareGPT style; raises BrokenStructure."""
    if type(messages) is list and any(type(turn) is dict and "from" in turn for turn in messages):
        return sharegpt.turns(messages, calls)
    return canonical_messages(messages, calls)
