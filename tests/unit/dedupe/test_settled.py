"""Candidates once more: what is taken over, and what is looked at anew."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.laws import share_of_examples
from tests.support.naive_dedupe import corpus
from vault.dedupe.bands import band_keys, plan_for
from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.near import Apart, Known, NearDuplicates, NearOptions, cluster_signed
from vault.dedupe.settled import Comparable, Settled, find_candidates
from vault.dedupe.signatures import sign
from vault.dedupe.texts import Rows, Texts

TEXTS = corpus(400)
THRESHOLD = 0.8


class Counting(Texts):
    """Texts that count how many of them were taken."""

    taken = 0

    def take(self, rows: Rows) -> pa.LargeStringArray:
        self.taken += len(rows)
        return super().take(rows)


def near(
    texts: list[str], known: Known | None = None, answers: Any = None, threshold: float = THRESHOLD
) -> tuple[NearDuplicates, int]:
    """Return what is near among texts, and how many of them were read for it."""
    given_ = Counting([pa.array(texts, pa.string())])
    found = cluster_signed(
        given_,
        sign(given_, without=NOTHING),
        Apart(answers),
        without=NOTHING,
        options=NearOptions(threshold, count_shared=True),
        known=known,
    )
    return found, given_.taken


def known_of(found: NearDuplicates) -> Known:
    return Known(None, found.settled, found.comparisons.verified())


def same(one: Settled, other: Settled) -> bool:
    return all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)
    )


# Minima of few values make buckets of every size; two in three texts of a bucket are alike.
UNIVERSE = 700


def universe(values: int, seed: int) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    kind = random.integers(0, values, UNIVERSE)
    minima = np.random.default_rng(seed + 1).integers(0, 1 << 32, (values, 128), dtype=np.uint32)
    minima = minima[kind]
    other = random.integers(0, 1 << 32, minima.shape, dtype=np.uint32)
    keeps = random.random(minima.shape) < random.choice([0.5, 0.8, 0.98], (UNIVERSE, 1))
    numbers = np.sort(random.integers(1, 1 << 62, UNIVERSE).astype(np.uint64))
    return numbers, np.where(keeps, minima, other)


def comparable(numbers: Any, minima: Any, chosen: Any) -> Comparable:
    rows = np.random.default_rng(len(chosen)).permutation(len(chosen))
    own = np.empty((len(chosen), 128), np.uint32)
    own[rows] = minima[chosen]
    keys = band_keys(own, plan_for(THRESHOLD), np.arange(len(chosen)))
    return Comparable(numbers[chosen], rows, keys, own)


@given(
    values=st.sampled_from([3, 12, 60]),
    seed=st.integers(0, 1_000),
    stay=st.sampled_from([0.75, 0.9, 0.97]),
)
@share_of_examples(0.2)
def test_candidates_are_those_that_would_be_found_from_nothing(
    values: int, seed: int, stay: float
) -> None:
    numbers, minima = universe(values, seed)
    random = np.random.default_rng(seed + 2)
    known = None
    is_there = random.random(UNIVERSE) < 0.5
    for _ in range(4):
        texts = comparable(numbers, minima, np.flatnonzero(is_there))
        found = find_candidates(texts, THRESHOLD, known)
        assert same(found, find_candidates(texts, THRESHOLD))
        known = found
        is_there = np.where(random.random(UNIVERSE) < stay, is_there, ~is_there)


@given(values=st.sampled_from([3, 12, 60]), seed=st.integers(0, 1_000))
@share_of_examples(0.2)
def test_candidates_of_texts_that_change_are_looked_for_anew(values: int, seed: int) -> None:
    numbers, minima = universe(values, seed)
    every = np.arange(UNIVERSE)
    before = find_candidates(comparable(numbers, minima, every), THRESHOLD)
    changed = np.random.default_rng(seed + 3).random(UNIVERSE) < 0.2
    other = np.where(changed[:, None], minima[::-1], minima)
    texts = comparable(numbers, other, every)
    found = find_candidates(texts, THRESHOLD, before.only(~changed))
    assert same(found, find_candidates(texts, THRESHOLD, threads=2))


def test_a_bucket_that_shrinks_gives_pairs_that_it_did_not_give_before() -> None:
    numbers, minima = universe(1, 5)
    before = find_candidates(comparable(numbers, minima, np.arange(200)), THRESHOLD)
    assert len(before.key) > 0
    fewer = comparable(numbers, minima, np.arange(60, 100))
    found = find_candidates(fewer, THRESHOLD, before)
    pairs = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    theirs = {
        (one - 60, other - 60)
        for one, other in zip(before.first.tolist(), before.second.tolist(), strict=True)
    }
    assert pairs - theirs
    assert same(found, find_candidates(fewer, THRESHOLD))


def test_the_same_texts_again_are_not_read() -> None:
    first, read = near(TEXTS)
    assert read > 0
    again, read = near(TEXTS, known_of(first))
    assert read == 0
    assert again.cluster.tolist() == first.cluster.tolist()


def test_of_new_texts_only_those_are_read_that_may_be_near_and_what_they_may_be_near() -> None:
    first, all_read = near(TEXTS)
    words = TEXTS[17].split()
    words[3] = "else"
    more = [*TEXTS, " ".join(words), "nothing that any other text says at all in its few words"]
    again, read = near(more, known_of(first))
    fresh, _ = near(more)
    assert again.cluster.tolist() == fresh.cluster.tolist()
    assert again.cluster[len(TEXTS)] == again.cluster[17]
    assert 2 <= read < all_read / 10


@pytest.mark.parametrize("threshold", [0.7, 0.9])
def test_another_threshold_reads_no_text_of_pairs_that_were_compared(threshold: float) -> None:
    first, _ = near(TEXTS)
    verified = Known(verified=first.comparisons.verified())
    again, read = near(TEXTS, verified, threshold=threshold)
    fresh, all_read = near(TEXTS, threshold=threshold)
    assert again.cluster.tolist() == fresh.cluster.tolist()
    assert read < all_read / 2


def test_another_answer_makes_another_text() -> None:
    answers = np.full(len(TEXTS), 1, np.uint64)
    first, _ = near(TEXTS, answers=answers)
    cluster = first.cluster
    row = int(np.flatnonzero(cluster != np.arange(len(TEXTS)))[0])
    answers[row] = 2
    again, _ = near(TEXTS, known_of(first), answers)
    fresh, _ = near(TEXTS, None, answers)
    assert again.cluster[row] == row
    assert again.cluster.tolist() == fresh.cluster.tolist()
    found = (again.conflicts.first.tolist(), again.conflicts.second.tolist())
    assert found == (fresh.conflicts.first.tolist(), fresh.conflicts.second.tolist())
    assert row in found[0] + found[1]


def test_what_explains_a_removal_is_the_same() -> None:
    first, _ = near(TEXTS)
    more = [*TEXTS, *corpus(430)[400:]]
    again, _ = near(more, known_of(first))
    fresh, _ = near(more)
    rows = np.flatnonzero(fresh.cluster != np.arange(len(more)))
    one, other = (each.nearest(rows, fresh.cluster[rows]) for each in (again, fresh))
    assert one.row.tolist() == other.row.tolist()
    assert one.similarity.tolist() == other.similarity.tolist()
    assert one.to_keeper.tolist() == other.to_keeper.tolist()
