"""Texts against a reference: near-duplicates of it, and runs of words that both have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.support.naive_dedupe import corpus, similarity
from vault.dedupe.answers import short_answers
from vault.dedupe.near import NearOptions
from vault.dedupe.reference import Matches, match_near, match_runs
from vault.dedupe.texts import Texts


def texts(*values: str) -> Texts:
    """Return texts."""
    return Texts([pa.array(values, pa.string())])


def near(mine: list[str], theirs: list[str], **options: Any) -> Matches:
    """Match without boilerplate."""
    wanted = NearOptions(count_shared=True, **options)
    return match_near(texts(*mine), texts(*theirs), options=wanted)


@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.9])
def test_what_matches_is_what_comparing_every_pair_finds(threshold: float) -> None:
    every = corpus(400, seed=4)
    mine, theirs = every[::2], every[1::2]
    found = near(mine, theirs, threshold=threshold)
    best = [max(similarity(one, other) for other in theirs) for one in mine]
    assert (found.row >= 0).tolist() == [each >= threshold - 1e-12 for each in best]
    for at in np.flatnonzero(found.row >= 0).tolist():
        alike = similarity(mine[at], theirs[found.row[at]])
        assert found.similarity[at] == pytest.approx(alike)
        assert alike >= threshold - 1e-12


def test_texts_are_not_compared_with_each_other_and_empty_ones_match_nothing() -> None:
    assert near(["a b c", "a b c", "", "?"], ["", "!", "x y z"]).row.tolist() == [-1] * 4
    assert near(["A b, c"], ["x", "a b c"]).row.tolist() == [1]
    assert near([], ["a"]).row.tolist() == []
    assert near(["a"], []).row.tolist() == [-1]


def test_another_short_answer_is_no_match() -> None:
    asked = "my card was charged twice for the same coffee this morning what now please "
    answers = (short_answers(pa.array(["fraud"])), short_answers(pa.array(["refund"])))
    mine, theirs = texts(asked + "fraud"), texts(asked + "refund")
    assert match_near(mine, theirs).row.tolist() == [0]
    assert match_near(mine, theirs, answers=answers).row.tolist() == [-1]


def test_an_instruction_that_all_share_is_no_match() -> None:
    instruction = " ".join(f"instruction{number}" for number in range(120))
    mine = [f"{instruction} number {n} of mine is {n * n}" for n in range(50)]
    theirs = [f"{instruction} their text {n} has {n + n} in it" for n in range(50)]
    assert (near(mine, theirs).row >= 0).all()
    assert (match_near(texts(*mine), texts(*theirs)).row < 0).all()
    assert (match_runs(texts(*mine), texts(*theirs), words=13).row < 0).all()
    shared = match_runs(texts(*mine), texts(*theirs), words=13, count_shared=True)
    assert (shared.row == 0).all()


def test_a_run_of_words_is_found_wherever_it_stands() -> None:
    run = "one two three four five six seven eight nine ten eleven twelve thirteen"
    mine = [f"before {run.upper()}! after", run.replace("six", "6"), "short text", "nothing of it"]
    found = match_runs(texts(*mine), texts("x", f"and {run} more", "Short text."), words=13)
    assert found.row.tolist() == [1, -1, 2, -1]
    assert found.similarity[0] == pytest.approx(1 / 3)
    assert found.similarity[2] == 1.0


def test_runs_of_nothing_match_nothing() -> None:
    assert match_runs(texts("a"), texts(), words=13).row.tolist() == [-1]
    assert match_runs(texts(), texts("a"), words=13).row.tolist() == []
    assert match_runs(texts("", "?"), texts("", "?"), words=2).row.tolist() == [-1, -1]
