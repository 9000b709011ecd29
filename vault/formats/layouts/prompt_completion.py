"""Prompt and completion: two texts, or two lists of messages as in TRL; or a prompt alone.

Two texts by other well-known names, such as `question` and `answer`, are the same.
"""

from __future__ import annotations

from typing import Any

from vault.formats.layouts import alpaca, sharegpt
from vault.formats.layouts.chat import TOOL_FIELDS, tool_fields
from vault.formats.layouts.messages import canonical_messages, system_messages
from vault.formats.layouts.tool_calls import Calls
from vault.objects.conversation import Conversation, Message
from vault.objects.field_pairs import FieldPair, field_pair
from vault.objects.foreign.encoded_lists import decoded_messages

_BESIDE = TOOL_FIELDS | {"system"}
_NAMES: FieldPair = ("prompt", "completion")


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    names = _names_in(record)
    has_history = _has_history(record, names)
    return _BESIDE.union(names, ("history",) if has_history else ())


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a prompt-completion record; raises BrokenStructure."""
    asked, answered = names = _names_in(record)
    calls = Calls()
    prompt = prompt_messages(record.get(asked), calls)
    completion = answer_messages(record.get(answered), calls)
    if _has_history(record, names):
        prompt = alpaca.history_messages(record["history"]) + prompt
    return _conversation(record, prompt, completion)


def prompt_fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation of a prompt alone."""
    return _BESIDE | {"prompt"}


def read_prompt(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a prompt without an answer; raises BrokenStructure."""
    return _conversation(record, prompt_messages(record.get("prompt"), Calls()), [])


def _names_in(record: dict[str, Any]) -> FieldPair:
    if all(record.get(name) is not None for name in _NAMES):
        return _NAMES
    return field_pair(record) or _NAMES


def _has_history(record: dict[str, Any], names: FieldPair) -> bool:
    """Tell whether earlier turns stand beside a pair, as in alpaca; anything else is metadata."""
    history = record.get("history")
    if names == _NAMES or type(history) is not list:
        return False
    return all(
        type(turn) is list and len(turn) == 2 and all(type(each) is str for each in turn)
        for turn in history
    )


def _conversation(
    record: dict[str, Any], prompt: list[Message], completion: list[Message]
) -> Conversation:
    if "system" in record:
        prompt = system_messages(record["system"]) + prompt
    return Conversation(tuple(prompt), tuple(completion), **tool_fields(record))


def prompt_messages(prompt: Any, calls: Calls) -> list[Message]:
    """Return the messages of a prompt: text is one user message, the empty text none."""
    prompt = decoded_messages(prompt)
    if type(prompt) is str:
        return [{"role": "user", "content": prompt}] if prompt else []
    return listed_messages(prompt, calls)


def answer_messages(answer: Any, calls: Calls) -> list[Message]:
    """Return the messages of an answer: text is one assistant message, even if empty."""
    answer = decoded_messages(answer)
    if type(answer) is str:
        return [{"role": "assistant", "content": answer}]
    return listed_messages([answer] if type(answer) is dict else answer, calls)


def listed_messages(messages: Any, calls: Calls) -> list[Message]:
    """Return the canonical messages of a list in chat or ShareGPT style; raises BrokenStructure."""
    if type(messages) is list and any(type(turn) is dict and "from" in turn for turn in messages):
        return sharegpt.turns(messages, calls)
    return canonical_messages(messages, calls)
