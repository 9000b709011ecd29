"""Proof that a text covers a question: the words themselves are compared, not their hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vault.dedupe.coverage.search import LONG_RUN_WORDS, RUN_WORDS

Run = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """The share of a question's own runs that a text holds; whether it holds a long run."""

    share: float
    is_long: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question's words, which of its runs and long runs count, by place, and how many are enough.

    The rules are those of `vault.dedupe.coverage.search.Counting`.
    """

    words: Sequence[bytes]
    counts: Sequence[bool]
    long_counts: Sequence[bool]
    least: int
    least_with_long: int


def covered(question: Wanted, text: Sequence[bytes]) -> Covered | None:
    """Return how far a text covers a question; None if it holds too little of it."""
    wanted = _marked(question.words, RUN_WORDS, question.counts)
    common = wanted & _runs(text, RUN_WORDS)
    if len(common) < question.least_with_long:
        return None
    long = _marked(question.words, LONG_RUN_WORDS, question.long_counts)
    is_long = bool(long) and bool(long & _runs(text, LONG_RUN_WORDS))
    if len(common) < question.least and not is_long:
        return None
    return Covered(len(common) / max(1, len(wanted)), is_long)


def _marked(words: Sequence[bytes], length: int, marks: Sequence[bool]) -> set[Run]:
    return {tuple(words[at : at + length]) for at, is_marked in enumerate(marks) if is_marked}


def _runs(words: Sequence[bytes], length: int) -> set[Run]:
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}
