"""Leaks found slowly and plainly, from comparing every pair: what a check must agree with.

For chats of ASCII words without system messages, each with one answer at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from tests.support.naive_dedupe import similarity

_WORD = re.compile(r"[a-z0-9_]+")
RUN, LONG_RUN = 8, 13

Words = tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """An example: its side, and its messages, of which the last is the answer."""

    side: str
    messages: tuple[str, ...]

    @property
    def question(self) -> str:
        """What is asked."""
        return "\n".join(self.messages[:-1])

    @property
    def words(self) -> Words:
        """All words that are said."""
        return _words("\n".join(self.messages))


@dataclass(frozen=True)
class Expected:
    """The kind of a leak, and how similar or how far covered the example is at most."""

    kind: str
    most: float = 1.0


def leaks_between(
    told: Sequence[Told], first: str, second: str, *, searched: Sequence[str], threshold: float
) -> dict[int, Expected]:
    """Return the leaks from one side to another by the number of the example of the second.

    `searched` are the sides that are searched for questions of any other: shared text is counted
    in these.
    """
    rows = [each for each in told if each.side in searched]
    asked = {each.question for each in told if each.side != searched[0]}
    rules = _Rules(rows, sorted(asked))
    sources = [each for each in told if each.side == first]
    found = {}
    for number, each in enumerate(told):
        if each.side == second:
            leak = _leak(each, sources, rules, threshold)
            if leak is not None:
                found[number] = leak
    return found


def _leak(each: Told, sources: list[Told], rules: _Rules, threshold: float) -> Expected | None:
    if any(other.messages == each.messages for other in sources):
        return Expected("conversation")
    if any(other.question == each.question for other in sources):
        return Expected("prompt")
    text = "\n".join(each.messages)
    alike = max((similarity("\n".join(other.messages), text) for other in sources), default=0.0)
    if alike >= threshold - 1e-12:
        return Expected("near-duplicate", alike)
    shares = [rules.coverage(each.question, other) for other in sources]
    covering = [share for share in shares if share is not None]
    return Expected("contamination", max(covering)) if covering else None


class _Rules:
    """What is shared text, and how far one example covers a question."""

    def __init__(self, rows: Sequence[Told], questions: Sequence[str]) -> None:
        once: dict[str, Told] = {}
        for each in rows:
            once.setdefault(each.question, each)
        self._prompts = [each.words for each in once.values()]
        self._questions = [_words(each) for each in questions]

    def coverage(self, question: str, other: Told) -> float | None:
        """Return the share of a question's runs that an example holds, None for too little."""
        words = _words(question)
        if len(words) < RUN:
            said = [_words(each) for each in other.messages]
            is_asked = words == tuple(chain.from_iterable(said[:-1]))
            return 1.0 if words and (is_asked or (len(words) >= 4 and words in said)) else None
        shared = [self._is_shared(run) for run in _runs(words, RUN)]
        marked = {at + step for at, each in enumerate(shared) if each for step in range(RUN)}
        clear = [not marked & set(range(at, at + RUN)) for at in range(len(shared))]
        counting = clear if any(clear) else [not each for each in shared]
        wanted = {run for run, counts in zip(_runs(words, RUN), counting, strict=True) if counts}
        if not wanted:
            return None
        common = len(wanted & _set(other.words, RUN))
        share = common / len(wanted)
        if share >= (0.5 if any(clear) else 1.0):
            return share
        if share < 0.25:
            return None
        there = _set(other.words, LONG_RUN)
        for at, run in enumerate(_runs(words, LONG_RUN)):
            is_clear = not marked & set(range(at, at + LONG_RUN))
            if is_clear and run in there and self._prompts_with(run) <= 10:
                return share
        return None

    def _is_shared(self, run: Words) -> bool:
        asked = sum(run in _set(each, len(run)) for each in self._questions)
        return asked >= 2 and self._prompts_with(run) >= 20

    def _prompts_with(self, run: Words) -> int:
        return sum(run in _set(each, len(run)) for each in self._prompts)


@lru_cache(maxsize=4096)
def _words(text: str) -> Words:
    return tuple(_WORD.findall(text.lower()))


@lru_cache(maxsize=4096)
def _set(words: Words, length: int) -> frozenset[Words]:
    return frozenset(_runs(words, length))


def _runs(words: Words, length: int) -> list[Words]:
    return [words[at : at + length] for at in range(len(words) - length + 1)]
