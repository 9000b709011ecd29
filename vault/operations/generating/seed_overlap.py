"""Texts of seeds in what a model wrote: an accepted example must give no seed away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import xxhash

LEAST_WORDS = 3
"""Shorter texts are labels or greetings, not somebody's words."""

DIGITS = 6
"""Digits one after the other that are a number of somebody, such as of an account."""

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d(?:[ -]?\d)+")


class SeedOverlap:
    """Runs of words, short texts and numbers of protected texts, to be looked for in others.

    `words` is how many in a row are too many. Of a text with fewer words all of it counts, from
    three words on, unless several texts are the same: that is a label, not a secret. Words are
    compared without case and punctuation. Costs 8 bytes a word of what is protected.
    """

    def __init__(self, texts: Iterable[str], words: int) -> None:
        self._words = words
        self._runs: set[int] = set()
        self._numbers: set[str] = set()
        short: Counter[tuple[str, ...]] = Counter()
        for text in texts:
            said = _words_of(text)
            self._numbers.update(_numbers_in(text))
            if len(said) >= words:
                self._runs.update(_runs(said, words))
            elif len(said) >= LEAST_WORDS:
                short[tuple(said)] += 1
        alone = [each for each, count in short.items() if count == 1]
        self._short = {_hash(each) for each in alone}
        self._lengths = sorted({len(each) for each in alone})

    def found_in(self, text: str) -> str | None:
        """Return what a text has of the protected ones, None if it has nothing."""
        said = _words_of(text)
        for length, known in (
            (self._words, self._runs),
            *((n, self._short) for n in self._lengths),
        ):
            for at, run in enumerate(_runs(said, length)):
                if run in known:
                    return " ".join(said[at : at + length])
        for number in _numbers_in(text):
            if number in self._numbers:
                return number
        return None


def _words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _runs(words: Sequence[str], length: int) -> Iterator[int]:
    return (_hash(words[at : at + length]) for at in range(len(words) - length + 1))


def _hash(words: Sequence[str]) -> int:
    return xxhash.xxh3_64_intdigest(" ".join(words).encode("utf-8", "surrogatepass"))


def _numbers_in(text: str) -> Iterator[str]:
    """Yield each run of DIGITS digits in a text, without the separators between them."""
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        yield from (digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1))
