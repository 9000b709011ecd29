"""Well-known names of a question and its answer, and which of them a record has.

No training format has these names, but many data sets do: GSM8K, HumanEval, MATH, exports of
tables. The one table of them, for import, for rules and for comparing with evaluation sets.
Normative: docs/format/conversations.md, section 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

FieldPair = tuple[str, str]
"""The name of the prompt and the name of the answer."""

FIELD_PAIRS: tuple[FieldPair, ...] = (
    ("input", "output"),
    ("input", "answer"),
    ("input", "target"),
    ("input", "ideal"),
    ("inputs", "targets"),
    ("question", "answer"),
    ("question", "response"),
    ("question", "output"),
    ("question", "solution"),
    ("query", "answer"),
    ("query", "response"),
    ("prompt", "response"),
    ("prompt", "answer"),
    ("prompt", "output"),
    ("prompt", "canonical_solution"),
    ("problem", "solution"),
    ("problem", "answer"),
    ("instruction", "answer"),
    ("Question", "Answer"),
    ("Question", "Correct Answer"),
    ("Problem", "Solution"),
)
"""All pairs. One more makes records ambiguous that were not: it belongs to a new derivation."""

_OF_FORMATS: tuple[FieldPair, ...] = (("prompt", "completion"), ("instruction", "output"))
"""Names of training formats, which are read without a mapping where they are written so."""

FIELD_PAIR_NAMES = frozenset(name for pair in FIELD_PAIRS for name in pair)
"""Every name that is in a pair."""

ANSWERS_TO_PROMPT = frozenset(
    {*(answer for prompt, answer in FIELD_PAIRS if prompt == "prompt"), "completion"}
    | {"chosen", "rejected", "generation"}
)
"""Names of an answer to `prompt`: a record that has one, or several by a plural, or one that is
written with capitals or spaces around it, is no prompt alone."""

_PLACES_FOR_ANSWERS = frozenset({"completion", "chosen", "rejected"})
"""Those that belong to a format: where one is null, an answer is missing."""


def fitting_pairs(record: Mapping[str, Any]) -> list[FieldPair]:
    """Return the pairs whose two fields both hold text, empty text included."""
    return list(_pairs_among(_texts(record)))


def nearly_fitting_pairs(record: Mapping[str, Any]) -> list[FieldPair]:
    """Return the names of two texts that are a pair but for capitals and spaces around them.

    Also those of training formats, such as `Prompt` and ` completion`.
    """
    plain: dict[str, str] = {}
    for name, value in record.items():
        if type(value) is str:
            plain.setdefault(name.strip().lower(), name)
    wanted = dict.fromkeys(
        (prompt.lower(), answer.lower()) for prompt, answer in (*_OF_FORMATS, *FIELD_PAIRS)
    )
    return [(plain[one], plain[other]) for one, other in wanted if one in plain and other in plain]


_ANSWERS_TO_TEXT = frozenset(
    {"label", "category", "class", "intent", "sentiment", "topic", "answer", "response", "output"}
    | {"summary", "target", "completion", "translation", "label_text", "emotion"}
)


def answer_beside_text(record: Mapping[str, Any]) -> str | None:
    """Return the field that may hold the answer to `text`: the one text of a usual name, if any."""
    found = [
        name
        for name, value in record.items()
        if name.strip().lower() in _ANSWERS_TO_TEXT and type(value) is str and value
    ]
    return found[0] if len(found) == 1 else None


def field_pair(record: Mapping[str, Any]) -> FieldPair | None:
    """Return the pair that fits a record; None if none does, or more than one."""
    found = _pairs_among(_texts(record))
    return found[0] if len(found) == 1 else None


def _texts(record: Mapping[str, Any]) -> frozenset[str]:
    named = FIELD_PAIR_NAMES.intersection(record)
    return frozenset([name for name in named if type(record[name]) is str]) if named else named


@lru_cache(maxsize=256)  # the records of a file have the same names
def _pairs_among(texts: frozenset[str]) -> tuple[FieldPair, ...]:
    return tuple(pair for pair in FIELD_PAIRS if pair[0] in texts and pair[1] in texts)


def is_prompt_alone(record: Mapping[str, Any]) -> bool:
    """Tell whether `prompt` is a text or a list of messages, and no field answers it.

    Fields that are null are left aside, but for those that a format has for the answer.
    """
    prompt = record.get("prompt")
    if type(prompt) is not str and not _is_list_of_messages(prompt):
        return False
    return not any(
        name.strip(" ").lower().removesuffix("s") in ANSWERS_TO_PROMPT
        for name, value in record.items()
        if value is not None or name in _PLACES_FOR_ANSWERS
    )


def _is_list_of_messages(value: Any) -> bool:
    return (
        type(value) is list
        and bool(value)
        and all(type(each) is dict and ("role" in each or "from" in each) for each in value)
    )
