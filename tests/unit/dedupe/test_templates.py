"""Templates: what the prompts of a large cluster share, told apart from families of copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from vault.dedupe.boilerplate import LEAST_TEXTS, NOTHING
from vault.dedupe.shingles import shingle_sets
from vault.dedupe.templates import (
    LEAST_WORDS,
    MOST_OF_CLUSTER,
    asked_in,
    large_clusters,
    template_of,
)
from vault.dedupe.words import Hashes

VOCABULARY = [f"word{number}" for number in range(5_000)]
HAN = [chr(0x4E00 + number) for number in range(3_000)]


def words(random: np.random.Generator, count: int) -> str:
    return " ".join(str(each) for each in random.choice(VOCABULARY, count))


def found_in(
    prompts: Sequence[str | None],
    answers: Sequence[str | None] | None = None,
    without: Hashes = NOTHING,
) -> list[int]:
    """Return the template of prompts; answers are long and different unless given."""
    if answers is None:
        random = np.random.default_rng(9)
        answers = [words(random, 20) for _ in prompts]
    asked, answered = (pa.array(each, pa.large_string()) for each in (prompts, answers))
    return [int(each) for each in template_of(asked_in(asked, answered), without)]


def shingles(*texts: str) -> list[int]:
    """Return the shingles of texts, ascending."""
    return sorted({*shingle_sets(pa.array(texts, pa.large_string()), NOTHING).hashes.tolist()})


def task(count: int, input_words: int = 20, instruction_words: int = 150) -> tuple[str, list[str]]:
    """Return an instruction, and prompts that have it before an input each."""
    random = np.random.default_rng(1)
    instruction = words(random, instruction_words)
    return instruction, [f"{instruction} {words(random, input_words)}" for _ in range(count)]


def slots(count: int, lengths: Sequence[int]) -> list[str]:
    """Return prompts of 200 words in which some places, so many words each, are another's own."""
    random = np.random.default_rng(2)
    parts = [words(random, 200 // (len(lengths) + 1)) for _ in range(len(lengths) + 1)]
    made = []
    for _ in range(count):
        filled = [
            part
            for pair in zip(parts, lengths, strict=False)
            for part in (pair[0], words(random, pair[1]))
        ]
        made.append(" ".join([*filled, parts[-1]]))
    return made


def family(count: int, changes: int) -> list[str]:
    """Return copies of a prompt of 150 words, in each of which some words are others."""
    random = np.random.default_rng(2)
    first = words(random, 150).split()
    copies = []
    for _ in range(count):
        copy = list(first)
        for place in random.choice(150, changes, replace=False):
            copy[place] = words(random, 1)
        copies.append(" ".join(copy))
    return copies


def test_what_all_prompts_have_before_their_input_is_a_template() -> None:
    instruction, prompts = task(40)
    assert found_in(prompts) == shingles(instruction)


@pytest.mark.parametrize("input_words", [LEAST_WORDS - 1, LEAST_WORDS])
def test_an_input_has_some_words_in_a_row(input_words: int) -> None:
    assert bool(found_in(task(40, input_words)[1])) == (input_words == LEAST_WORDS)


def test_the_input_may_come_first_or_in_the_middle() -> None:
    random = np.random.default_rng(3)
    before, after = words(random, 80), words(random, 70)
    assert found_in([f"{words(random, 10)} {after}" for _ in range(30)]) == shingles(after)
    prompts = [f"{before} {words(random, 10)} {after}" for _ in range(30)]
    assert found_in(prompts) == shingles(before, after)


def test_a_few_strangers_in_the_cluster_hide_no_template() -> None:
    instruction, prompts = task(40)
    assert found_in([*prompts, *family(3, 5)]) == shingles(instruction)


@pytest.mark.parametrize("changes", [1, 3, 5])
@pytest.mark.parametrize("count", [20, 50, 500])
def test_copies_with_changed_words_have_none(count: int, changes: int) -> None:
    assert found_in(family(count, changes)) == []


@pytest.mark.parametrize("lengths", [[1], [1, 1, 1], [2, 2], [3, 3, 3, 3], [8, 2]])
def test_names_and_numbers_in_certain_places_make_no_template(lengths: list[int]) -> None:
    assert found_in(slots(60, lengths)) == []


@pytest.mark.parametrize("characters", [3, 8])
def test_a_chinese_name_in_certain_places_makes_no_template(characters: int) -> None:
    random = np.random.default_rng(5)
    before, after = "".join(random.choice(HAN, 150)), "".join(random.choice(HAN, 150))
    names = ["".join(random.choice(HAN, characters)) for _ in range(40)]
    assert found_in([f"{before}{name}{after}{name}。" for name in names]) == []


def test_some_inputs_that_are_alike_hide_none_but_half_of_each_does() -> None:
    random = np.random.default_rng(6)
    instruction, kinds = words(random, 150), [words(random, 60) for _ in range(4)]
    prompts = [f"{instruction} {kinds[at % 4][:30]} {words(random, 40)}" for at in range(40)]
    assert found_in(prompts) == shingles(instruction)
    prompts = [f"{instruction} {kinds[at % 4]} {words(random, 20)}" for at in range(40)]
    assert found_in(prompts) == []


def test_one_answer_to_all_prompts_is_that_of_copies_unless_it_is_short() -> None:
    instruction, prompts = task(40)
    answer = words(np.random.default_rng(7), 30)
    assert found_in(prompts, [answer] * 40) == []
    assert found_in(prompts, ["yes", "no"] * 20) == shingles(instruction)
    assert found_in(prompts, [f"{answer} {at % 2}" for at in range(40)]) == []
    assert found_in(prompts, [f"{answer} {at % 3}" for at in range(40)]) == shingles(instruction)
    assert found_in(prompts, [None] * 40) == shingles(instruction)


def test_few_prompts_or_equal_ones_have_none() -> None:
    _, prompts = task(LEAST_TEXTS - 1)
    assert found_in(prompts) == []
    assert found_in([*prompts, *(each.upper() for each in prompts)]) == []
    assert found_in([prompts[0]] * 40) == []
    assert found_in([None] * 40) == found_in([]) == found_in(["", "?"] * 20) == []


def test_what_is_left_out_already_is_no_template_again() -> None:
    instruction, prompts = task(40)
    left_out = np.array(shingles(instruction), np.uint64)
    assert found_in(prompts, without=left_out) == []
    below = [f"{each} {instruction[::-1]}" for each in prompts]
    assert found_in(below, without=left_out) == shingles(instruction[::-1])


def test_large_clusters_do_not_depend_on_the_order_of_rows() -> None:
    random = np.random.default_rng(4)
    cluster = np.repeat(np.arange(12), [100, 19, 30, 31, *[1] * 8])
    hashes = random.integers(0, 2**63, len(cluster)).astype(np.uint64)
    large = large_clusters(cluster, hashes)
    assert [len(each.rows) for each in large] == [MOST_OF_CLUSTER, 31, 30]
    order = random.permutation(len(cluster))
    again = large_clusters(cluster[order] + 5, hashes[order])
    assert [each.number for each in again] == [each.number for each in large]
    for one, other in zip(large, again, strict=True):
        assert set(hashes[one.rows].tolist()) == set(hashes[order][other.rows].tolist())
        assert one.rows.tolist() == sorted(one.rows.tolist())


def test_equal_texts_count_once_towards_a_large_cluster() -> None:
    hashes = np.repeat(np.arange(LEAST_TEXTS - 1, dtype=np.uint64), 50)
    assert large_clusters(np.zeros(len(hashes), np.int64), hashes) == []
