"""What is known of a set of examples as a whole, gathered part by part.

Parts are small: a few numbers for each example, and the texts of what is frequent among them.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from vault.rules.kernel.closed_ends import is_closed
from vault.rules.kernel.subject import INSTRUCTIONS, Subject, Text

Hashes = NDArray[np.uint64]

NO_END, CLOSED_END, OPEN_END = 0, 1, 2
"""How final answers end, at a quick look: there is none, as whole ones do, otherwise."""

_OPENING_WORDS = 3
_LEAST_LONG = 8
_MOST_SHORT = 4
_MOST_SHORT_LETTERS = 60
_MOST_TEXTS = 200
_VERDICTS = ("label", "kto_tag")
_EDGES = string.punctuation + "。！？،؟।"


class PairCounts(NamedTuple):
    """Preference pairs, and characters of their two sides; pairs whose chosen side is longer."""

    pairs: int = 0
    chosen_longer: int = 0
    chosen_chars: int = 0
    rejected_chars: int = 0


@dataclass(frozen=True, slots=True)
class SetPart:
    """Facts of n examples, in their order.

    `openings` and `answers` are n numbers each: of the first words of a long answer, and of a short
    answer; 0 where the final answer is not of that kind. `spellings` are those of short answers
    letter by letter. `texts` tells what numbers mean that are frequent. `prompts` are numbers of
    what was asked, 0 where nothing was. `ends` are n bytes: how the answer ends; `offered` are n
    truths: whether a short answer stands in what was asked. `size_bytes` is that of the records as
    JSON Lines.
    """

    openings: Hashes
    answers: Hashes
    prompts: Hashes
    spellings: Hashes
    ends: NDArray[np.uint8]
    offered: NDArray[np.bool_]
    texts: dict[int, str]
    kinds: Counter[str]
    verdicts: Counter[bool]
    with_instruction: int = 0
    without_instruction: int = 0
    pairs: PairCounts = field(default_factory=PairCounts)
    size_bytes: int = 0

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.openings)


def joined_parts(parts: Iterable[SetPart]) -> SetPart:
    """Return the facts of all parts together, in their order."""
    listed = [_EMPTY, *parts]
    texts: dict[int, str] = {}
    kinds: Counter[str] = Counter()
    verdicts: Counter[bool] = Counter()
    for each in listed:
        texts.update(each.texts)
        kinds += each.kinds
        verdicts += each.verdicts
    return SetPart(
        np.concatenate([each.openings for each in listed]),
        np.concatenate([each.answers for each in listed]),
        np.concatenate([each.prompts for each in listed]),
        np.concatenate([each.spellings for each in listed]),
        np.concatenate([each.ends for each in listed]),
        np.concatenate([each.offered for each in listed]),
        texts,
        kinds,
        verdicts,
        sum(each.with_instruction for each in listed),
        sum(each.without_instruction for each in listed),
        PairCounts(*map(sum, zip(*(each.pairs for each in listed), strict=True))),
        sum(each.size_bytes for each in listed),
    )


class SetGathering:
    """Gathers the facts of one part, an example at a time."""

    def __init__(self) -> None:
        self._openings: list[int] = []
        self._answers: list[int] = []
        self._spellings: list[int] = []
        self._ends = bytearray()
        self._offered: list[bool] = []
        self._verdicts: Counter[bool] = Counter()
        self._instructed: Counter[bool] = Counter()
        self._pairs: list[PairCounts] = []
        self._frequent: Counter[str] = Counter()
        self._spelled: Counter[str] = Counter()

    def add_plain(self, texts: Sequence[str]) -> None:
        """Add a plain chat by its texts; see `vault.rules.kernel.plain`."""
        # An instruction makes their number odd.
        self._instructed[len(texts) % 2 == 1] += 1
        self._add_answer(texts[-1], texts[:-1])

    def add(self, subject: Subject) -> None:
        """Add any other example."""
        answer = final_answer(subject)
        if answer is None:
            self._openings.append(0)
            self._answers.append(0)
            self._spellings.append(0)
            self._ends.append(NO_END)
            self._offered.append(False)
        else:
            asked = (each.text for each in subject.texts() if not each.is_answer)
            self._add_answer(answer.text, asked)
        if subject.messages and subject.kind != "text":
            self._instructed[any(each.role in INSTRUCTIONS for each in subject.messages)] += 1
        if subject.answer and subject.rejected:
            self._add_pair(subject)
        for name in _VERDICTS if subject.kind == "kto" else ():
            if isinstance(subject.record.get(name), bool):
                self._verdicts[subject.record[name]] += 1

    def part(self, kinds: Sequence[str], prompts: Hashes, size_bytes: int) -> SetPart:
        """Return what was gathered, beside what is known of the same examples from elsewhere."""
        frequent = [text for text, _ in self._frequent.most_common(_MOST_TEXTS)]
        # Where there are more spellings, the short answers are no labels.
        spelled = self._spelled if len(self._spelled) <= 2 * _MOST_TEXTS else ()
        return SetPart(
            np.array(self._openings, np.uint64),
            np.array(self._answers, np.uint64),
            prompts,
            np.array(self._spellings, np.uint64),
            np.frombuffer(bytes(self._ends), np.uint8),
            np.array(self._offered, np.bool_),
            {number_of(text): text for text in (*frequent, *spelled)},
            Counter(kinds),
            self._verdicts,
            self._instructed[True],
            self._instructed[False],
            PairCounts(*map(sum, zip(PairCounts(), *self._pairs, strict=True))),
            size_bytes,
        )

    def _add_answer(self, text: str, asked: Iterable[str]) -> None:
        opening = answer = spelling = 0
        is_offered = False
        words = text.split(None, _LEAST_LONG)
        if len(words) > _LEAST_LONG:
            said = " ".join(words[:_OPENING_WORDS]).lower()
            opening = number_of(said)
            self._frequent[said] += 1
        elif words and len(words) <= _MOST_SHORT and len(text) <= _MOST_SHORT_LETTERS:
            spelled = " ".join(words)
            said = spelled.lower()
            said = said.strip(_EDGES) or said
            answer = number_of(said)
            spelling = number_of(spelled)
            self._frequent[said] += 1
            self._spelled[spelled] += 1
            is_offered = any(said in each.lower() for each in asked)
        self._openings.append(opening)
        self._answers.append(answer)
        self._spellings.append(spelling)
        self._offered.append(is_offered)
        self._ends.append(CLOSED_END if is_closed(text) else OPEN_END)

    def _add_pair(self, subject: Subject) -> None:
        chosen, rejected = (
            sum(len(text) for each in side for _, text in each.texts())
            for side in (subject.answer, subject.rejected)
        )
        self._pairs.append(PairCounts(1, chosen > rejected, chosen, rejected))


def final_answer(subject: Subject) -> Text | None:
    """Return the last text that the model is to say; None for plain text and bad verdicts."""
    answers = subject.answers()
    # Another answer to the same question is what a bad verdict is about.
    is_bad = any(subject.record.get(name) is False for name in _VERDICTS)
    if subject.kind == "text" or not answers or (subject.kind == "kto" and is_bad):
        return None
    rejected = {each.content_path for each in subject.rejected}
    kept = [each for each in answers if each.path not in rejected]
    return kept[-1] if kept else answers[-1]


def number_of(text: str) -> int:
    """Return the number of a text that was put in order; never 0."""
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "replace")) or 1


_NOTHING = np.zeros(0, np.uint64)
_EMPTY = SetPart(
    _NOTHING,
    _NOTHING,
    _NOTHING,
    _NOTHING,
    np.zeros(0, np.uint8),
    np.zeros(0, np.bool_),
    {},
    Counter(),
    Counter(),
)
