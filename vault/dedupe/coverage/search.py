"""A search for questions in texts that pass by once, by the hashes of their runs of words.

What is found are candidates, since hashes may collide: `vault.dedupe.coverage.proof` compares the
words. A run that many different prompts and several questions hold is an instruction, or a common
phrase. It is shared text, and no evidence that a question was copied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dedupe.boilerplate import LEAST_TEXTS
from vault.dedupe.coverage.question_runs import HashTable, QuestionRuns
from vault.dedupe.shingles import Shingles, is_first, ranges, shingles_from
from vault.dedupe.texts import Rows, cut_blocks, sizes_of
from vault.dedupe.words import Hashes, Words, words_of

RUN_WORDS = 8
"""Words in a run; a question with fewer is compared whole."""

LONG_RUN_WORDS = 13
"""With a run of so many words in common, less is enough."""

LEAST_SHARE = 0.5
"""Share of a question's runs that one text holds, for the question to be covered by it."""

LEAST_SHARE_WITH_LONG = 0.25
"""The same where it holds a long run: as much as half a question has, if that is in one piece."""

LEAST_MESSAGE_WORDS = 4
"""A shorter question must be all that is asked, not a message among others: "yes", "go on"."""

MOST_PROMPTS = 10
"""A long run in more different prompts is an idiom, as of code (Brown et al. 2020, appendix C)."""

LEAST_QUESTIONS = 2
"""Shared text is in so many different questions, and in LEAST_TEXTS different prompts."""

MOST_HOLDERS = 500
"""What more examples and several questions hold is shared text, whatever their prompts are: all
pairs of them would be looked at otherwise, in quadratic time and memory."""

_RUNS_OF_LONG = LONG_RUN_WORDS - RUN_WORDS + 1
_EXPANDED_AT_ONCE = 1 << 20
_U = np.uint64
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Messages of n examples, one after the other, system messages left out.

    Example `i` has `texts[offsets[i]:offsets[i + 1]]`; the first `asked[i]` of them are its prompt.
    """

    texts: pa.LargeStringArray
    offsets: Rows
    asked: Rows

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.asked)

    def blocks(self) -> list[tuple[int, int]]:
        """Return where to cut the examples so that arrays made from a block stay in the cache."""
        ends = np.concatenate([[0], np.cumsum(sizes_of(self.texts))])
        return cut_blocks(np.diff(ends[self.offsets]))

    def block(self, first: int, last: int) -> Spoken:
        """Return the examples from `first` to before `last`."""
        begin, end = int(self.offsets[first]), int(self.offsets[last])
        offsets = self.offsets[first : last + 1] - begin
        return Spoken(self.texts.slice(begin, end - begin), offsets, self.asked[first:last])


@dataclass(slots=True)
class _Sightings:
    """Which runs were seen in which rows, and in how many of them and of different prompts."""

    runs: QuestionRuns
    prompts: Rows
    holders: Rows
    seen: list[tuple[Rows, Rows]]

    @classmethod
    def none_of(cls, runs: QuestionRuns) -> _Sightings:
        nothing = np.zeros(len(runs.table), np.int64)
        return cls(runs, nothing, nothing.copy(), [])

    def shared(self) -> NDArray[np.bool_]:
        """Tell which runs are shared text, as far as is known now."""
        several = self.runs.in_questions() >= LEAST_QUESTIONS
        result: NDArray[np.bool_] = several & self._is_common()
        return result

    def _is_common(self) -> NDArray[np.bool_]:
        result: NDArray[np.bool_] = (self.prompts >= LEAST_TEXTS) | (self.holders > MOST_HOLDERS)
        return result

    def add(self, shingles: Shingles, rows: Rows, is_new: NDArray[np.bool_]) -> Rows:
        """Note the runs of some rows; return how many different ones of questions each has."""
        place, number = self.runs.table.find(shingles.hashes)
        if not len(place):
            return np.zeros(len(rows), np.int64)
        text = shingles.text_of_each()[place]
        pairs = np.sort(text.astype(np.uint64) << _U(32) | number.astype(np.uint64))
        pairs = pairs[is_first(pairs)]
        text, number = (pairs >> _U(32)).astype(np.int64), (pairs & _U(0xFFFFFFFF)).astype(np.int64)
        np.add.at(self.prompts, number[is_new[text]], 1)
        np.add.at(self.holders, number, 1)
        several = self.runs.starts[number + 1] - self.runs.starts[number] >= LEAST_QUESTIONS
        kept = ~(several & self._is_common()[number])
        text, number = text[kept], number[kept]
        self.seen.append((number.astype(np.uint32), rows[text].astype(np.uint32)))
        return np.bincount(text, minlength=len(rows))

    def pairs(self, counts: NDArray[np.bool_], allowed: Allowed) -> tuple[Rows, Rows, Rows]:
        """Return pairs of question and row, and how many of the marked runs they have in common.

        `counts` marks pairs of run and question.
        """
        found: list[tuple[Rows, Rows, Rows]] = [(_NONE, _NONE, _NONE)]
        numbers = np.concatenate([np.zeros(0, np.uint32), *(each for each, _ in self.seen)])
        rows = np.concatenate([np.zeros(0, np.uint32), *(each for _, each in self.seen)])
        starts = self.runs.starts
        sizes = starts[numbers.astype(np.int64) + 1] - starts[numbers]
        ends = np.cumsum(sizes)
        # A row must not be cut: what it has in common is counted at once.
        begins = np.flatnonzero(is_first(rows))
        first = 0
        while first < len(numbers):
            done = int(ends[first - 1]) if first else 0
            last = int(np.searchsorted(ends, done + _EXPANDED_AT_ONCE, side="right"))
            at = int(np.searchsorted(begins, max(last, first + 1), side="right"))
            last = int(begins[at]) if at < len(begins) else len(numbers)
            own = slice(first, last)
            place = ranges(starts[numbers[own]], sizes[own])
            row = np.repeat(rows[own].astype(np.int64), sizes[own])
            question = self.runs.pair_question[place]
            kept = counts[place] & allowed.pairs(row, question)
            found.append(_counted(question[kept], row[kept]))
            first = last
        question, row, count = (np.concatenate([each[at] for each in found]) for at in range(3))
        return question, row, count


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which rows may cover which questions: `sides[side_of_row[row], question]`."""

    side_of_row: Rows
    sides: NDArray[np.bool_]

    def pairs(self, row: Rows, question: Rows) -> NDArray[np.bool_]:
        """Tell which pairs of a row and a question are allowed."""
        result: NDArray[np.bool_] = self.sides[self.side_of_row[row], question]
        return result


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of a question and a row that likely covers it, best first for each question.

    They have enough runs in common, or a long one; of a short question all words.
    """

    question: Rows
    row: Rows


@dataclass(frozen=True, slots=True)
class Counting:
    """Which runs of questions count as evidence, by their places, and how many are enough.

    Those of `places` have no word in common with shared text; where a question has none of them,
    they are all that are not shared. Those of `long_places` have no word in common with shared text
    either, and are in no more than MOST_PROMPTS different prompts. Of the former a text must hold
    `least[question]`, or with one of the latter `least_with_long[question]`.
    """

    places: NDArray[np.bool_]
    long_places: NDArray[np.bool_]
    least: Rows
    least_with_long: Rows


class Search:
    """A search for questions in texts that pass by once; 60 bytes a word of the questions."""

    def __init__(self, questions: pa.Array) -> None:
        texts = questions.cast(pa.large_string())
        found = [words_of(texts.slice(at, end - at)) for at, end in cut_blocks(sizes_of(texts))]
        counts = np.concatenate([np.zeros(0, np.int64), *(np.diff(each.offsets) for each in found)])
        hashes = np.concatenate([np.zeros(0, np.uint64), *(each.hashes for each in found)])
        words = Words(hashes, np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]))
        self.word_counts = counts
        self.runs = QuestionRuns.of(words, RUN_WORDS)
        self._short = _whole_of_short(words)
        self._short_table = HashTable(self._short[self._short != 0])
        self._runs = _Sightings.none_of(self.runs)
        self._long = _Sightings.none_of(QuestionRuns.of(words, LONG_RUN_WORDS))
        self._whole: list[tuple[Hashes, Rows]] = []

    def look_in(self, spoken: Spoken, rows: Rows, is_new: NDArray[np.bool_]) -> None:
        """Look for the questions in some examples, whose rows are these, ascending.

        `is_new` tells which have a prompt that no row before them has.
        """
        for first, last in spoken.blocks():
            own = slice(first, last)
            self._look_in_block(spoken.block(first, last), rows[own], is_new[own])

    def _look_in_block(self, spoken: Spoken, rows: Rows, is_new: NDArray[np.bool_]) -> None:
        found = words_of(spoken.texts)
        whole = Words(found.hashes, found.offsets[spoken.offsets])
        common = self._runs.add(shingles_from(whole, RUN_WORDS), rows, is_new)
        likely = np.flatnonzero(common >= _RUNS_OF_LONG)
        if len(likely) and len(self._long.runs.table):
            some = _words_at(whole, whole.offsets[:-1][likely], np.diff(whole.offsets)[likely])
            self._long.add(shingles_from(some, LONG_RUN_WORDS), rows[likely], is_new[likely])
        if len(self._short_table):
            counts = np.diff(found.offsets)
            owner = np.repeat(np.arange(len(spoken)), np.diff(spoken.offsets))
            self._look_for_short(
                found, found.offsets[:-1], counts, rows[owner], LEAST_MESSAGE_WORDS
            )
            begin = whole.offsets[:-1]
            asked = found.offsets[spoken.offsets[:-1] + spoken.asked] - begin
            self._look_for_short(found, begin, asked, rows, 1)

    def _look_for_short(
        self, found: Words, begin: Rows, counts: Rows, rows: Rows, least: int
    ) -> None:
        short = np.flatnonzero((counts >= least) & (counts < RUN_WORDS))
        some = _words_at(found, begin[short], counts[short])
        place, number = self._short_table.find(_whole_of_short(some))
        self._whole.append((self._short_table.hashes[number], rows[short[place]]))

    def only_shared(self) -> NDArray[np.bool_]:
        """Tell which questions are nothing but shared text: they were not compared."""
        every = np.bincount(self.runs.pair_question, minlength=self.runs.questions)
        own = self.runs.of_each(~self._runs.shared()[self.runs.pair_run])
        result: NDArray[np.bool_] = (every > 0) & (own == 0)
        return result

    def candidates(self, allowed: Allowed, counting: Counting) -> Candidates:
        """Return who likely covers which question, after all texts were looked at."""
        question, row, common = self._runs.pairs(self.runs.pairs_at(counting.places), allowed)
        long_pairs = self.long_runs.pairs_at(counting.long_places)
        long_question, long_row, _ = self._long.pairs(long_pairs, allowed)
        is_long = np.isin(_tagged(question, row), _tagged(long_question, long_row))
        enough = np.where(is_long, counting.least_with_long[question], counting.least[question])
        kept = common >= enough
        short_question, short_row = self._short_pairs(allowed)
        questions = np.concatenate([question[kept], short_question])
        rows = np.concatenate([row[kept], short_row])
        commons = np.concatenate([common[kept], np.ones(len(short_row), np.int64)])
        order = np.lexsort((rows, -commons, questions))
        return Candidates(questions[order], rows[order])

    def counting(self) -> Counting:
        """Return which runs count, after all texts were looked at."""
        runs, long = self.runs, self.long_runs
        shared = self._runs.shared()[runs.number]
        clear = _without_shared_words(runs, runs, shared, RUN_WORDS)
        question = runs.question_of_each()
        has_clear = np.bincount(question[clear], minlength=runs.questions) > 0
        places = np.where(has_clear[question], clear, ~shared)
        counts = runs.of_each(runs.pairs_at(places))
        # Without a clear one each begins or ends in shared text, and half of them say little.
        least, least_with_long = (
            np.maximum(np.where(has_clear, np.ceil(share * counts), counts).astype(np.int64), 1)
            for share in (LEAST_SHARE, LEAST_SHARE_WITH_LONG)
        )
        is_rare = self._long.prompts <= MOST_PROMPTS
        clear_long = _without_shared_words(long, runs, shared, LONG_RUN_WORDS)
        return Counting(places, clear_long & is_rare[long.number], least, least_with_long)

    @property
    def long_runs(self) -> QuestionRuns:
        """The runs of LONG_RUN_WORDS of the questions."""
        return self._long.runs

    def _short_pairs(self, allowed: Allowed) -> tuple[Rows, Rows]:
        hashes = np.concatenate([np.zeros(0, np.uint64), *(each for each, _ in self._whole)])
        rows = np.concatenate([_NONE, *(each for _, each in self._whole)])
        order = np.argsort(self._short, kind="stable")
        ordered = self._short[order]
        first = np.searchsorted(ordered, hashes)
        sizes = np.searchsorted(ordered, hashes, side="right") - first
        question, row = order[ranges(first, sizes)], np.repeat(rows, sizes)
        kept = allowed.pairs(row, question)
        # A short one needs not stand alone where it is all that is asked.
        question, row, _ = _counted(question[kept], row[kept])
        return question, row


def _without_shared_words(
    some: QuestionRuns, runs: QuestionRuns, shared: NDArray[np.bool_], words: int
) -> NDArray[np.bool_]:
    """Tell at which places of `some` a run of so many words touches none of the shared `runs`."""
    question = some.question_of_each()
    inside = np.arange(len(some.number)) - some.offsets[question]
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(shared)])
    first = runs.offsets[question]
    begin = first + np.maximum(inside - RUN_WORDS + 1, 0)
    end = np.minimum(first + inside + words, runs.offsets[question + 1])
    result: NDArray[np.bool_] = before[end] == before[begin]
    return result


def _whole_of_short(words: Words) -> Hashes:
    """Return a hash of each text of fewer than RUN_WORDS words, 0 for others and for none."""
    counts = np.diff(words.offsets)
    short = np.flatnonzero((counts > 0) & (counts < RUN_WORDS))
    result = np.zeros(len(counts), np.uint64)
    some = _words_at(words, words.offsets[:-1][short], counts[short])
    shingles = shingles_from(some, RUN_WORDS)
    result[short] = shingles.hashes[shingles.offsets[:-1]] | _U(1)
    return result


def _words_at(words: Words, begin: Rows, counts: Rows) -> Words:
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return Words(words.hashes[ranges(begin, counts)], offsets)


def _tagged(question: Rows, row: Rows) -> Hashes:
    result: Hashes = question.astype(np.uint64) << _U(32) | row.astype(np.uint64)
    return result


def _counted(question: Rows, row: Rows) -> tuple[Rows, Rows, Rows]:
    """Return the different pairs, and how often each is there."""
    pairs = np.sort(_tagged(question, row))
    starts = np.flatnonzero(is_first(pairs))
    counts = np.diff(np.append(starts, len(pairs)))
    pairs = pairs[starts]
    return (pairs >> _U(32)).astype(np.int64), (pairs & _U(0xFFFFFFFF)).astype(np.int64), counts
