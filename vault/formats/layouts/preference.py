"""Preference: one prompt with a chosen and a rejected answer; KTO: one answer with a verdict.

The prompt of a pair stands beside it (`prompt`, `messages`, `conversations`, `instruction`,
OpenAI's `input`) or at the head of both sides, or in both places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vault.formats.layouts import alpaca, chat, prompt_completion, sharegpt
from vault.formats.layouts.chat import TOOL_FIELDS, tool_fields
from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.messages import canonical_messages, system_messages
from vault.formats.layouts.prompt_completion import (
    answer_messages,
    listed_messages,
    prompt_messages,
)
from vault.formats.layouts.tool_calls import Calls
from vault.objects.conversation import Conversation, Message, in_order
from vault.objects.field_pairs import field_pair
from vault.objects.foreign.encoded_lists import decoded_messages
from vault.objects.json.text import canonical_bytes

SIDES = (
    ("chosen", "rejected"),
    ("preferred_output", "non_preferred_output"),
    ("preferred_completion", "non_preferred_completion"),
)
"""Names of the chosen and the rejected side; the first pair that is there is read."""

VERDICTS = ("kto_tag", "label")
"""Names of the KTO verdict; the first that is there is read."""

_ALPACA = frozenset({"instruction", "input", "system", "history"})


def fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation."""
    chosen, rejected = _sides(record)
    if chosen != "chosen":
        return frozenset({"input", chosen, rejected})
    prompt = _prompt_field(record)
    if prompt == "instruction":
        return _ALPACA | {chosen, rejected}
    names = TOOL_FIELDS | {"system", chosen, rejected}
    return names if prompt is None else names | {prompt}


def read(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a preference pair; raises BrokenStructure."""
    chosen, rejected = (record.get(name) for name in _sides(record))
    calls = Calls()
    system: list[Message] = []
    if _sides(record)[0] != "chosen":
        given = record.get("input")
        if type(given) is not dict:
            raise BrokenStructure("input is not an object")
        prompt = canonical_messages(given.get("messages"), calls)
        tools = tool_fields(given)
    elif (field := _prompt_field(record)) == "instruction":
        prompt = list(alpaca.prompt_of(record))
        tools = {}
    else:
        prompt = [] if field is None else _READ_PROMPT[field](record[field], calls)
        system = system_messages(record.get("system"))
        tools = tool_fields(record)
    prompt, preferred, other = _split_sides(prompt, calls, chosen, rejected)
    return Conversation((*system, *prompt), tuple(preferred), tuple(other), **tools)


def verdict_fields_of(record: dict[str, Any]) -> frozenset[str]:
    """Return the names of the top-level fields that make the conversation of a KTO record."""
    _, fields_of_answer = _beside_verdict(record)
    return fields_of_answer(record) | {_verdict(record)}


def read_verdict(record: dict[str, Any]) -> Conversation:
    """Return the conversation of a KTO record; raises BrokenStructure."""
    desirable = record.get(_verdict(record))
    if type(desirable) is not bool:
        raise BrokenStructure("the label is neither true nor false")
    read_answer, _ = _beside_verdict(record)
    return read_answer(record)._replace(desirable=desirable)


def _split_sides(
    prompt: list[Message], calls: Calls, chosen: Any, rejected: Any
) -> tuple[list[Message], list[Message], list[Message]]:
    chosen, rejected = decoded_messages(chosen), decoded_messages(rejected)
    # Many sets repeat the whole conversation on both sides, with or without the prompt beside it.
    if type(chosen) is list and type(rejected) is list:
        preferred = listed_messages(chosen, Calls())
        other = listed_messages(rejected, Calls())
        length = _shared_length(preferred, other)
        shared = preferred[:length]
        if shared and (not prompt or _same(shared[-len(prompt) :], prompt)):
            return shared, preferred[length:], other[length:]
    preferred = answer_messages(chosen, calls.fork())
    return prompt, preferred, answer_messages(rejected, calls)


def _shared_length(preferred: list[Message], other: list[Message]) -> int:
    longest = min(len(preferred), len(other)) - 1  # an answer is left on each side
    for length in range(longest):
        if not _same(preferred[length], other[length]):
            return length
    return max(longest, 0)


def _same(one: Any, other: Any) -> bool:
    # Not ==, to which 1, 1.0 and true are the same.
    return canonical_bytes(in_order(one)) == canonical_bytes(in_order(other))


def _sides(record: dict[str, Any]) -> tuple[str, str]:
    complete = [sides for sides in SIDES if sides[0] in record and sides[1] in record]
    for sides in complete:
        if record[sides[0]] is not None and record[sides[1]] is not None:
            return sides
    return complete[0] if complete else SIDES[0]


_READ_PROMPT: dict[str, Callable[[Any, Calls], list[Message]]] = {
    "prompt": prompt_messages,
    "messages": canonical_messages,
    "conversations": sharegpt.turns,
}


def _prompt_field(record: dict[str, Any]) -> str | None:
    for name in (*_READ_PROMPT, "instruction"):
        if record.get(name) is not None:
            return name
    return None


def _verdict(record: dict[str, Any]) -> str:
    given = [name for name in VERDICTS if record.get(name) is not None]
    return given[0] if given else VERDICTS[0]


_Read = Callable[[dict[str, Any]], Conversation]
_FieldsOf = Callable[[dict[str, Any]], frozenset[str]]
_BESIDE_VERDICT: dict[str, tuple[_Read, _FieldsOf]] = {
    "messages": (chat.read, chat.fields_of),
    "conversations": (sharegpt.read, sharegpt.fields_of),
    "instruction": (alpaca.read, alpaca.fields_of),
    "completion": (prompt_completion.read, prompt_completion.fields_of),
}


def _beside_verdict(record: dict[str, Any]) -> tuple[_Read, _FieldsOf]:
    for name, answer in _BESIDE_VERDICT.items():
        if record.get(name) is not None:
            return answer
    return _BESIDE_VERDICT["messages" if field_pair(record) is None else "completion"]
