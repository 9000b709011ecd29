"""Templates: what the texts of a large cluster share, told apart from families of copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from vault.dedupe.boilerplate import LEAST_TEXTS, NOTHING, counted
from vault.dedupe.shingles import shingle_sets
from vault.dedupe.templates import (
    MOST_OF_CLUSTER,
    MOST_READ,
    large_clusters,
    template_of,
)
from vault.dedupe.texts import Texts
from vault.dedupe.words import Hashes

VOCABULARY = [f"word{number}" for number in range(5_000)]


def words(random: np.random.Generator, count: int) -> list[str]:
    return [str(each) for each in random.choice(VOCABULARY, count)]


def found_in(texts: Sequence[str], without: Hashes = NOTHING) -> Hashes:
    array = pa.array(texts, pa.large_string())
    return template_of(counted(array, Texts([array]).hashes()), without)


def shingles(*texts: str) -> list[int]:
    """Return the shingles of texts, ascending."""
    return sorted({*shingle_sets(pa.array(texts, pa.large_string()), NOTHING).hashes.tolist()})


def under_a_template(count: int, own_words: int = 20) -> tuple[str, list[str]]:
    """Return an instruction of 150 words, and texts that have it before words of their own."""
    random = np.random.default_rng(1)
    instruction = " ".join(words(random, 150))
    return instruction, [
        f"{instruction} {' '.join(words(random, own_words))}" for _ in range(count)
    ]


def family(count: int, changes: int) -> list[str]:
    """Return copies of a text of 150 words, in each of which some words are others."""
    random = np.random.default_rng(2)
    first = words(random, 150)
    copies = []
    for _ in range(count):
        copy = list(first)
        for place in random.choice(150, changes, replace=False):
            copy[place] = words(random, 1)[0]
        copies.append(" ".join(copy))
    return copies


def test_what_all_texts_have_before_their_own_words_is_a_template() -> None:
    instruction, texts = under_a_template(40)
    assert found_in(texts).tolist() == shingles(instruction)


def test_a_template_may_lie_around_what_is_a_texts_own() -> None:
    random = np.random.default_rng(3)
    before, after = " ".join(words(random, 80)), " ".join(words(random, 70))
    texts = [f"{before} {' '.join(words(random, 10))} {after}" for _ in range(30)]
    assert found_in(texts).tolist() == shingles(before, after)


def test_a_few_strangers_in_the_cluster_hide_no_template() -> None:
    instruction, texts = under_a_template(40)
    assert found_in([*texts, *family(3, 5)]).tolist() == shingles(instruction)


@pytest.mark.parametrize("changes", [1, 3, 5])
@pytest.mark.parametrize("count", [20, 50, 500])
def test_copies_with_changed_words_have_none(count: int, changes: int) -> None:
    assert found_in(family(count, changes)).tolist() == []


def test_a_number_that_differs_makes_no_template() -> None:
    instruction, _ = under_a_template(0)
    texts = [f"{instruction} the number is {number} today" for number in range(100)]
    assert found_in(texts).tolist() == []


def test_few_texts_or_texts_that_differ_in_case_only_have_none() -> None:
    _, texts = under_a_template(LEAST_TEXTS - 1)
    assert found_in(texts).tolist() == []
    assert found_in([*texts, *(each.upper() for each in texts)]).tolist() == []
    assert found_in([]).tolist() == []


def test_what_is_left_out_already_is_no_template_again() -> None:
    _, texts = under_a_template(40)
    assert found_in(texts, found_in(texts)).tolist() == []


def test_a_template_below_one_that_is_left_out_is_found() -> None:
    instruction, texts = under_a_template(40, own_words=30)
    below = [f"{each} {instruction[::-1]}" for each in texts]
    left_out = np.array(shingles(instruction), np.uint64)
    assert found_in(below, left_out).tolist() == shingles(instruction[::-1])


def test_large_clusters_do_not_depend_on_the_order_of_rows() -> None:
    random = np.random.default_rng(4)
    cluster = np.repeat(np.arange(12), [100, 19, 30, 30, *[1] * 8])
    hashes = random.integers(0, 2**63, len(cluster)).astype(np.uint64)
    large = large_clusters(cluster, hashes)
    assert [len(each.rows) for each in large] == [MOST_OF_CLUSTER, 30, 30]
    order = random.permutation(len(cluster))
    again = large_clusters(cluster[order] + 5, hashes[order])
    assert [each.number for each in again] == [each.number for each in large]
    for one, other in zip(large, again, strict=True):
        assert set(hashes[one.rows].tolist()) == set(hashes[order][other.rows].tolist())
        assert one.rows.tolist() == sorted(one.rows.tolist())


def test_equal_texts_count_once_towards_a_large_cluster() -> None:
    hashes = np.repeat(np.arange(LEAST_TEXTS - 1, dtype=np.uint64), 50)
    assert large_clusters(np.zeros(len(hashes), np.int64), hashes) == []


def test_no_more_texts_are_looked_at_than_fit_and_the_largest_clusters_first() -> None:
    clusters = MOST_READ // LEAST_TEXTS + 10
    sizes = np.full(clusters, LEAST_TEXTS)
    sizes[7] = 60
    cluster = np.repeat(np.arange(clusters), sizes)
    hashes = np.random.default_rng(5).integers(0, 2**63, len(cluster)).astype(np.uint64)
    large = large_clusters(cluster, hashes)
    assert len(large[0].rows) == 60
    assert MOST_READ - LEAST_TEXTS < sum(len(each.rows) for each in large) <= MOST_READ
