"""Runs of words in questions: which run stands where, and which questions have it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.shingles import is_first, ranges, shingles_from
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes, Words

_FEWEST_BITS, _MOST_BITS = 10, 25
_U = np.uint64
_NONE = np.zeros(0, np.int64)


class HashTable:
    """Sorted hashes to look many up in: nearly all that are not there cost one byte's look."""

    def __init__(self, hashes: Hashes) -> None:
        ordered = np.sort(hashes)
        self.hashes = ordered[is_first(ordered)]
        bits = min(_MOST_BITS, max(_FEWEST_BITS, 4 + len(self.hashes).bit_length()))
        self._mask = _U((1 << bits) - 1)
        self._seen = np.zeros(1 << bits, np.bool_)
        self._seen[self.hashes & self._mask] = True

    def __len__(self) -> int:
        """Return how many different hashes there are."""
        return len(self.hashes)

    def numbers(self, hashes: Hashes) -> Rows:
        """Return the number of each of some hashes that are there."""
        return np.searchsorted(self.hashes, hashes)

    def find(self, hashes: Hashes) -> tuple[Rows, Rows]:
        """Return the places of those hashes that are there, and their numbers, by number."""
        if not len(self.hashes):
            return _NONE, _NONE
        place = np.flatnonzero(self._seen.take((hashes & self._mask).view(np.int64)))
        # Looked up in order, most of the table that is needed is in the cache.
        place = place[np.argsort(hashes[place])]
        wanted = hashes[place]
        number = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        is_there = self.hashes[number] == wanted
        return place[is_there], number[is_there]


@dataclass(frozen=True, slots=True)
class QuestionRuns:
    """Runs of so many words of questions: the run at each place, and the runs of each question.

    `number[i]` is the run at the i-th place of all; question `q` has those from `offsets[q]` on,
    one for each word that a run begins with. `pair_run` and `pair_question` have each run of a
    question once, ordered by run; `starts` is where each run begins in them.
    """

    table: HashTable
    number: Rows
    offsets: Rows
    pair_run: Rows
    pair_question: Rows
    starts: Rows

    @classmethod
    def of(cls, found: Words, words: int) -> QuestionRuns:
        """Return the runs of questions whose words are known; shorter ones have none."""
        counts = np.diff(found.offsets)
        sizes = np.where(counts >= words, counts - words + 1, 0)
        place = ranges(found.offsets[:-1], sizes)
        hashes = shingles_from(found, words).hashes[place]
        table = HashTable(hashes)
        number = table.numbers(hashes)
        question = np.repeat(np.arange(len(sizes)), sizes)
        pairs = np.sort(number.astype(np.uint64) << _U(32) | question.astype(np.uint64))
        pairs = pairs[is_first(pairs)]
        run = (pairs >> _U(32)).astype(np.int64)
        starts = np.searchsorted(run, np.arange(len(table) + 1))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        return cls(table, number, offsets, run, (pairs & _U(0xFFFFFFFF)).astype(np.int64), starts)

    @property
    def questions(self) -> int:
        """How many questions there are, those without a run included."""
        return len(self.offsets) - 1

    def in_questions(self) -> Rows:
        """Return how many different questions have each run."""
        return np.diff(self.starts)

    def question_of_each(self) -> Rows:
        """Return the question of each place."""
        return np.repeat(np.arange(self.questions), np.diff(self.offsets))

    def places_of(self, question: int) -> slice:
        """Return the places of the runs of a question."""
        return slice(int(self.offsets[question]), int(self.offsets[question + 1]))

    def pairs_at(self, places: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell of each pair of run and question whether it is at one of the marked places."""
        every = self.pair_run.astype(np.uint64) << _U(32) | self.pair_question.astype(np.uint64)
        question = self.question_of_each()[places]
        marked = self.number[places].astype(np.uint64) << _U(32) | question.astype(np.uint64)
        result = np.zeros(len(every), np.bool_)
        result[np.searchsorted(every, marked)] = True
        return result

    def of_each(self, pairs: NDArray[np.bool_]) -> Rows:
        """Return how many different runs each question has, of the pairs that are marked."""
        return np.bincount(self.pair_question[pairs], minlength=self.questions)
