"""Reading verdicts: from the body of a judge's answer to yes and no, or to the better answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault.generate.completion import Rejected, json_of, message_of, text_of
from vault.generate.rubric.ask_verdicts import FIRST, SECOND, TIE
from vault.generate.rubric.rubric import Rubric

_WORDS: Mapping[str, bool] = {"yes": True, "no": False, "true": True, "false": False}
_BETTER = {each.lower(): each for each in (FIRST, SECOND, TIE)}
_SPACES = re.compile(r"\s+")
_ESCAPES = (("\\n", " "), ('\\"', '"'), ("\\u003c", "<"), ("\\u003e", ">"), ("\\\\", "\\"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of one criterion, with the words that it quotes for it."""

    criterion: str
    passed: bool
    evidence: str


def answer_text(body: bytes) -> str:
    """Return the text of an answer. Raises Rejected, as `message_of` and `text_of` do."""
    return text_of(message_of(body))


def verdicts_of(rubric: Rubric, body: bytes) -> tuple[Verdict, ...]:
    """Return the verdict on each criterion, in the rubric's order.

    Raises Rejected: `malformed` where one is missing or neither yes nor no, and as `answer_text`.
    """
    value = _object_in(answer_text(body))
    found = []
    for criterion in rubric.criteria:
        own = value.get(criterion.id)
        said = own.get("verdict") if isinstance(own, dict) else own
        word = str(said).strip().strip(".").lower()
        if not isinstance(said, str | bool) or word not in _WORDS:
            told = "is missing" if own is None else f"is {str(said)[:40]!r}, neither yes nor no"
            raise Rejected("malformed", f"the verdict on {criterion.id} {told}")
        evidence = own.get("evidence") if isinstance(own, dict) else None
        text = evidence if isinstance(evidence, str) else ""
        found.append(Verdict(criterion.id, _WORDS[word], text))
    return tuple(found)


def better_of(body: bytes) -> str:
    """Return which of two answers is better: `A`, `B` or `tie`. Raises Rejected."""
    said = _object_in(answer_text(body)).get("better")
    word = _BETTER.get(str(said).strip().strip(".").lower())
    if word is None:
        raise Rejected("malformed", f"the better answer is {str(said)[:40]!r}, not A, B or tie")
    return word


def score_of(rubric: Rubric, passed: Mapping[str, bool | None]) -> float:
    """Return the weighted share of yes, from 0 to 1; a criterion without a verdict counts half."""
    whole = sum(each.weight for each in rubric.criteria)
    share = {True: 1.0, False: 0.0, None: 0.5}
    return sum(each.weight * share[passed[each.id]] for each in rubric.criteria) / whole


def shown_text(body: str) -> str:
    """Return the text that a judge was shown by a request, without the escapes of JSON."""
    text: str = json.loads(body)["messages"][1]["content"]
    for escape, meant in _ESCAPES:
        text = text.replace(escape, meant)
    return _plain(text)


def is_quoted(evidence: str, shown: str) -> bool:
    """Return whether words that a judge quotes stand in what it was shown, but for spaces and case.

    What it quotes with a gap (`…`) is looked for part by part.
    """
    parts = re.split(r"\.\.\.|…", evidence.strip(" \"'“”"))
    return all(_plain(each) in shown for each in parts)


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip().casefold()


def _object_in(text: str) -> dict[str, Any]:
    """Return the JSON object of an answer, also with words around it. Raises Rejected."""
    try:
        value = json_of(text)
    except Rejected:
        # Reasoning before the answer is common where nothing enforces JSON.
        value = _last_object(text)
        if value is None:
            raise
    if not isinstance(value, dict):
        raise Rejected("malformed", "the answer is no JSON object")
    return value


def _last_object(text: str) -> Any:
    decoder = json.JSONDecoder()
    at = text.rfind("\n{")
    start = text.find("{") if at < 0 else at + 1
    try:
        return decoder.raw_decode(text, start)[0] if start >= 0 else None
    except (ValueError, RecursionError):
        return None
