"""Which questions of one side the texts of another cover, and proof of each from the texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.reading.spoken_texts import read_spoken
from vault.dedupe.coverage.proof import Covered, Wanted, covered
from vault.dedupe.coverage.search import (
    LEAST_MESSAGE_WORDS,
    RUN_WORDS,
    Allowed,
    Candidates,
    Search,
    Spoken,
)
from vault.dedupe.shingles import is_first
from vault.dedupe.texts import Rows
from vault.dedupe.words import normalised_words
from vault.operations.splitting.compared_sides import OwnRows, Pair, Side
from vault.progress import Progress

_PROVED_AT_ONCE = 1 << 10


@dataclass(frozen=True, slots=True)
class Contaminated:
    """For each example of a side the row that covers its question best, -1 for none, and how.

    `coverage` is the share of the question's own runs, `is_long` tells whether there is a long one.
    """

    row: Rows
    coverage: NDArray[np.float64]
    is_long: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Questions:
    """The different questions of the sides whose examples may be given away.

    `of_side` has for each side the number of each example's question, -1 where it asks nothing.
    """

    texts: pa.LargeStringArray
    of_side: tuple[Rows, ...]

    @classmethod
    def of(cls, sides: Sequence[Side], pairs: Sequence[Pair]) -> Questions:
        """Read the questions of all sides that are second in a pair. Raises Corrupt."""
        wanted = {second for _, second in pairs}
        asked = [
            [text for spoken in side.spoken() for text in questions_in(spoken)]
            if at in wanted
            else [None] * len(side)
            for at, side in enumerate(sides)
        ]
        flat = pa.array([text for each in asked for text in each], pa.large_string())
        encoded = flat.dictionary_encode()
        number = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
        ends = np.cumsum([0, *map(len, asked)])
        of_side = tuple(number[ends[at] : ends[at + 1]] for at in range(len(asked)))
        return cls(encoded.dictionary.cast(pa.large_string()), of_side)


def questions_in(spoken: Spoken) -> Iterator[str | None]:
    """Yield what each example asks, None where it asks nothing."""
    texts = spoken.texts.to_pylist()
    starts = spoken.offsets[:-1].tolist()
    for first, asked in zip(starts, spoken.asked.tolist(), strict=True):
        yield "\n".join(texts[first : first + asked]) if asked else None


class ContaminationSearch:
    """One search for all pairs of sides: what the first sides say is read once.

    Raises Corrupt.
    """

    def __init__(
        self, own: OwnRows, sides: Sequence[Side], pairs: Sequence[Pair], progress: Progress
    ) -> None:
        self._own = own
        self.questions = Questions.of(sides, pairs)
        self.search = Search(self.questions.texts)
        self._side_of_row = np.full(len(own.keys), -1)
        for first, _ in pairs:
            self._side_of_row[sides[first].rows] = first
        self._read(np.flatnonzero(self._side_of_row >= 0), progress)
        allowed = np.zeros((len(sides), len(self.questions.texts)), np.bool_)
        for first, second in pairs:
            number = self.questions.of_side[second]
            allowed[first, number[number >= 0]] = True
        self._counting = self.search.counting()
        self._candidates = self.search.candidates(
            Allowed(self._side_of_row, allowed), self._counting
        )

    def _read(self, rows: Rows, progress: Progress) -> None:
        is_new = self._own.with_new_prompt(rows)
        progress.start("searching", len(rows))
        done = 0
        for spoken in read_spoken(self._own.dataset, self._own.keys[rows]):
            part = slice(done, done + len(spoken))
            self.search.look_in(spoken, rows[part], is_new[part])
            done += len(spoken)
            progress.advance(len(spoken))
        progress.finish()

    def is_searched(self, side: int) -> NDArray[np.bool_]:
        """Tell which examples of a side ask something with a word in it."""
        number = self.questions.of_side[side]
        return np.append(self.search.word_counts > 0, False)[number]

    def is_only_shared(self, side: int) -> NDArray[np.bool_]:
        """Tell the questions of which examples of a side are nothing but shared text."""
        return np.append(self.search.only_shared(), False)[self.questions.of_side[side]]

    def between(self, pair: Pair, is_open: NDArray[np.bool_]) -> Contaminated:
        """Return which row of the first side covers the question of each of the second's examples.

        Only of those that are open. The best of each question is proved from its text; if the
        hashes misled, the next best. Raises Corrupt.
        """
        number = self.questions.of_side[pair[1]]
        wanted = np.zeros(len(self.questions.texts) + 1, np.bool_)
        wanted[number[is_open & (number >= 0)]] = True
        found = self._candidates
        kept = (self._side_of_row[found.row] == pair[0]) & wanted[found.question]
        proved = self._proved(np.flatnonzero(kept))
        row = np.full(len(wanted), -1)
        coverage, is_long = np.zeros(len(wanted), np.float64), np.zeros(len(wanted), np.bool_)
        for at, proof in proved.items():
            question = int(found.question[at])
            row[question] = found.row[at]
            coverage[question], is_long[question] = proof.share, proof.is_long
        hidden = ~is_open | (number < 0)
        return Contaminated(np.where(hidden, -1, row[number]), coverage[number], is_long[number])

    def _proved(self, places: Rows) -> dict[int, Covered]:
        """Return which of some candidates hold, the first that does of each question."""
        found, proved = self._candidates, {}
        while len(places):
            turn = is_first(found.question[places])
            done: set[int] = set()
            some = places[turn]
            for at in range(0, len(some), _PROVED_AT_ONCE):
                for place, proof in self._proofs(found, some[at : at + _PROVED_AT_ONCE]):
                    proved[place] = proof
                    done.add(int(found.question[place]))
            places = places[~turn]
            places = places[~np.isin(found.question[places], list(done))]
        return proved

    def _proofs(self, found: Candidates, places: Rows) -> Iterator[tuple[int, Covered]]:
        """Yield those of some candidates that hold, with their proofs."""
        rows = np.unique(found.row[places])
        said: list[list[list[bytes]]] = []
        asked: list[int] = []
        for spoken in read_spoken(self._own.dataset, self._own.keys[rows]):
            words = normalised_words(spoken.texts)
            bounds = zip(spoken.offsets[:-1].tolist(), spoken.offsets[1:].tolist(), strict=True)
            said += [words[first:last] for first, last in bounds]
            asked += spoken.asked.tolist()
        questions = found.question[places]
        wanted = normalised_words(self.questions.texts.take(pa.array(questions)))
        for at, place in enumerate(places.tolist()):
            row = int(np.searchsorted(rows, found.row[place]))
            proof = self._proof(int(questions[at]), wanted[at], said[row], asked[row])
            if proof is not None:
                yield place, proof

    def _proof(
        self, question: int, wanted: list[bytes], said: list[list[bytes]], asked: int
    ) -> Covered | None:
        """Return how the messages that are said cover a question, if they do."""
        if len(wanted) < RUN_WORDS:
            is_asked = wanted == list(chain.from_iterable(said[:asked]))
            is_said = len(wanted) >= LEAST_MESSAGE_WORDS and wanted in said
            return Covered(1.0, False) if is_asked or is_said else None
        return covered(self._wanted(question, wanted), list(chain.from_iterable(said)))

    def _wanted(self, question: int, words: list[bytes]) -> Wanted:
        counting, search = self._counting, self.search
        return Wanted(
            words,
            counting.places[search.runs.places_of(question)].tolist(),
            counting.long_places[search.long_runs.places_of(question)].tolist(),
            int(counting.least[question]),
            int(counting.least_with_long[question]),
        )
