"""Reading verdicts: from the body of a judge's answer to yes and no, or to the better answer."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.generate.completion import Rejected, message_of, text_of
from vault.generate.rubric.ask_verdicts import FIRST, SECOND, TIE
from vault.generate.rubric.rubric import Rubric

MALFORMED = "malformed"
"""The reason for which an answer is rejected that has a text, and no verdict in it."""

_WORDS: Mapping[str, bool] = {"yes": True, "no": False, "true": True, "false": False}
_BETTER = {each.lower(): each for each in (FIRST, SECOND, TIE)}
_SPACES = re.compile(r"\s+")
_BLOCK = re.compile(r"<(\w+)>\n(.*)\n</\1>")
_FENCE = re.compile(r"```\w*")
_MOST_TRIED = 1_000
"""Braces that may begin an object, of those in an answer: each is tried to the end of the text."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of a judge on one criterion, with the words that it quotes for it."""

    criterion: str
    passed: bool
    evidence: str


def answer_text(body: bytes) -> str:
    """Return the text of an answer. Raises Rejected, as `message_of` and `text_of` do."""
    return text_of(message_of(body))


def verdicts_of(rubric: Rubric, body: bytes) -> tuple[Verdict, ...]:
    """Return the verdict on each criterion, in the rubric's order.

    Raises Rejected: `malformed` where one is missing or neither yes nor no, or nobody asked for it,
    and as `answer_text`.
    """
    ids = [each.id for each in rubric.criteria]
    value = _object_in(answer_text(body), ids)
    for name, said in value.items():
        # Words of the example that a judge quotes without escaping them can look like this.
        if isinstance(said, dict) and name not in ids:
            raise Rejected(MALFORMED, f"there is a verdict on {name[:40]!r}, which is no question")
    found = []
    for criterion in rubric.criteria:
        own = value.get(criterion.id)
        said = own.get("verdict") if isinstance(own, dict) else own
        word = str(said).strip().strip(".").lower()
        if not isinstance(said, str | bool) or word not in _WORDS:
            told = "is missing" if own is None else f"is {str(said)[:40]!r}, neither yes nor no"
            raise Rejected(MALFORMED, f"the verdict on {criterion.id} {told}")
        evidence = own.get("evidence") if isinstance(own, dict) else None
        text = evidence if isinstance(evidence, str) else ""
        found.append(Verdict(criterion.id, _WORDS[word], text))
    return tuple(found)


def better_of(body: bytes) -> str:
    """Return which of two answers is better: `A`, `B` or `tie`. Raises Rejected."""
    said = _object_in(answer_text(body), ["better"]).get("better")
    word = _BETTER.get(str(said).strip().strip(".").lower())
    if word is None:
        raise Rejected(MALFORMED, f"the better answer is {str(said)[:40]!r}, not A, B or tie")
    return word


def score_of(rubric: Rubric, passed: Mapping[str, bool | None]) -> float:
    """Return the weighted share of yes, from 0 to 1; a criterion without a verdict counts half."""
    whole = sum(each.weight for each in rubric.criteria)
    share = {True: 1.0, False: 0.0, None: 0.5}
    return sum(each.weight * share[passed[each.id]] for each in rubric.criteria) / whole


def shown_text(body: str) -> str:
    """Return the text that a judge was shown by a request: as it stands there, and unescaped."""
    text: str = json.loads(body)["messages"][1]["content"]
    blocks = (json.loads(block) for _, block in _BLOCK.findall(text))
    return _plain(" ".join([text, *(each for block in blocks for each in _texts(block))]))


def is_quoted(evidence: str, shown: str) -> bool:
    """Return whether words that a judge quotes stand in what it was shown, but for spaces and case.

    What it quotes with a gap (`…`) is looked for part by part.
    """
    parts = re.split(r"\.\.\.|…", evidence.strip(" \"'“”"))
    return all(_plain(each) in shown for each in parts)


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip().casefold()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _object_in(text: str, wanted: Collection[str]) -> dict[str, Any]:
    """Return the one JSON object of an answer that has a wanted member.

    There may be words before it or behind it, but not on both sides: a judge that quotes the
    example may quote an object that somebody put there to be taken for a verdict. Raises Rejected.
    """
    found = [each for each in _objects(text) if not each[0].keys().isdisjoint(wanted)]
    if not found:
        raise Rejected(MALFORMED, "the answer is no JSON object of the form that was asked for")
    value, _, end = found[-1]
    if any(each != value for each, *_ in found):
        raise Rejected(MALFORMED, "the answer has several JSON objects that differ")
    before, behind = (_FENCE.sub("", each).strip() for each in (text[: found[0][1]], text[end:]))
    if behind and (before or "{" in behind or "}" in behind):
        raise Rejected(MALFORMED, "the answer is no JSON object alone")
    return value


def _objects(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Yield the JSON objects of a text that stand in no other, with their start and end."""
    decoder = json.JSONDecoder(object_pairs_hook=_without_repeats)
    at = text.find("{")
    for _ in range(_MOST_TRIED):
        if at < 0:
            return
        end = at + 1
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            pass
        else:
            yield value, at, end
        at = text.find("{", end)


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Of two verdicts on one question one is not the judge's own.
        raise ValueError("a member is there twice")
    return found
