"""Records of evaluation sets and seed files: their prompt and answer, by well-known names.

A pair of names that alone fits is a conversation on import already. What import keeps as raw is
read here as far as comparing needs: what is asked, and what is answered. FIELD_PAIRS, PROMPTS and
TURNS are the one table of these names. Here a pair counts if both fields hold more than white
space; two that fit are ambiguous and never guessed at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.formats.layouts import sharegpt
from vault.formats.layouts.alpaca import prompt_of
from vault.formats.layouts.faults import BrokenStructure
from vault.formats.layouts.messages import canonical_messages, split_response
from vault.formats.layouts.registry import conversation_of, recognise
from vault.objects.conversation import Conversation, Kind, Message
from vault.objects.field_pairs import FIELD_PAIRS

PROMPTS = tuple(dict.fromkeys(prompt for prompt, _ in FIELD_PAIRS))
"""Names of a prompt that may stand without an answer, as in IFEval and MMLU, and in seeds."""

ANSWERS = tuple(dict.fromkeys((*(answer for _, answer in FIELD_PAIRS), "completion")))
"""Names of an answer that may stand alone."""

TURNS = "turns"
"""What the user says, a list of texts, as in MT-bench."""

MESSAGES = ("conversation", "dialogue", "dialog")
"""Lists of messages by names that no training format has."""

_BODY = "body"
"""Where a line of a batch file holds the request."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What is asked and answered in a record: a conversation, or None.

    `choices` are the mappings that fit where more than one does; the conversation is then what all
    of them have in common, the prompt, if they have one.
    """

    conversation: Conversation | None
    choices: tuple[Mapping[str, str], ...] = ()


_NOTHING = Understood(None)


def understand(record: Mapping[str, Any]) -> Understood:
    """Return what a raw record asks and answers, as far as its names tell."""
    body = record.get(_BODY)
    if type(body) is dict:
        return _of_body(body)
    try:
        if type(record.get(TURNS)) is list:
            return _of_messages(_spoken(record[TURNS]))
        for name in MESSAGES:
            if _is_list_of_objects(record.get(name)):
                return _of_messages(_listed(record[name]))
        return _by_names(record)
    except BrokenStructure:
        return _NOTHING


def texts_in(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that hold text, with dots into objects, the first levels first."""
    own = [name for name, value in record.items() if type(value) is str and value.strip()]
    inner = [
        f"{name}.{each}"
        for name, value in record.items()
        if type(value) is dict and "." not in name
        for each in texts_in(value)
    ]
    return (*own, *inner)


def likely_mapping(names: Sequence[str]) -> Mapping[str, str]:
    """Return how the most telling of some names of fields, dots included, may be mapped."""
    last = [name.rpartition(".")[2] for name in names]
    for role, known in (("user", PROMPTS), ("assistant", ANSWERS)):
        for name, own in zip(names, last, strict=True):
            if own in known:
                return {role: name}
    return {"user": names[0]}


def _of_body(body: dict[str, Any]) -> Understood:
    kind = recognise(body)
    if kind is not Kind.RAW:
        return Understood(conversation_of(body, kind))
    return understand({name: value for name, value in body.items() if name != _BODY})


def _by_names(record: Mapping[str, Any]) -> Understood:
    # An instruction and its input are one prompt.
    passed = {"input"} if _is_text(record.get("instruction")) else set()
    prompts = [each for each in PROMPTS if each not in passed and _has_prompt(record.get(each))]
    pairs = [
        (prompt, answer)
        for prompt, answer in FIELD_PAIRS
        if prompt not in passed and _is_text(record.get(prompt)) and _is_text(record.get(answer))
    ]
    if not pairs:
        if len(prompts) > 1:
            return Understood(None, tuple({"user": name} for name in prompts))
        return _of_messages(_asked(record, prompts[0])) if prompts else _answer_alone(record)
    choices = tuple({"user": prompt, "assistant": answer} for prompt, answer in pairs)
    if len({prompt for prompt, _ in pairs}) > 1:
        return Understood(None, choices)
    prompt = _asked(record, pairs[0][0])
    if len(pairs) > 1:
        return Understood(Conversation(tuple(prompt)), choices)
    answer: Message = {"role": "assistant", "content": record[pairs[0][1]]}
    return Understood(Conversation(tuple(prompt), (answer,)))


def _answer_alone(record: Mapping[str, Any]) -> Understood:
    answers = [each for each in ANSWERS if _is_text(record.get(each))]
    # Beside other text, or a question that is none, it may be the answer to that.
    is_alone = texts_in(record) == tuple(answers) and not any(map(record.__contains__, PROMPTS))
    if len(answers) != 1 or not is_alone:
        return _NOTHING
    return Understood(Conversation((), ({"role": "assistant", "content": record[answers[0]]},)))


def _is_text(value: Any) -> bool:
    return type(value) is str and bool(value.strip())


def _is_list_of_objects(value: Any) -> bool:
    return type(value) is list and bool(value) and all(type(each) is dict for each in value)


def _has_prompt(value: Any) -> bool:
    return _is_text(value) or _is_list_of_objects(value)


def _listed(messages: list[Any]) -> list[Message]:
    turns = any("from" in each for each in messages)
    return sharegpt.turns(messages) if turns else canonical_messages(messages)


def _asked(record: Mapping[str, Any], name: str) -> list[Message]:
    value = record[name]
    if type(value) is list:
        return _listed(value)
    if name == "instruction":
        return list(prompt_of(dict(record)))
    return [{"role": "user", "content": value}]


def _spoken(turns: list[Any]) -> list[Message]:
    if not all(map(_is_text, turns)):
        raise BrokenStructure("a turn is not text")
    return [{"role": "user", "content": turn} for turn in turns]


def _of_messages(messages: list[Message]) -> Understood:
    return Understood(Conversation(*split_response(messages))) if messages else _NOTHING
