"""The engine from texts to clusters, and its guards."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.support.naive_dedupe import clusters, corpus, similarity
from vault.dedupe.answers import short_answers
from vault.dedupe.bands import BandPlan, candidate_pairs, pair_rows, plan_for, tagged
from vault.dedupe.boilerplate import common_shingles
from vault.dedupe.clusters import connect
from vault.dedupe.near import Apart, NearDuplicates, NearOptions, find_near_duplicates
from vault.dedupe.scratch import Scratch
from vault.dedupe.texts import Texts


def find(
    texts: list[str], answers: list[str] | None = None, *, within: Any = None, **options: Any
) -> NearDuplicates:
    """Run the engine."""
    keys = None if answers is None else short_answers(pa.array(answers))
    apart = Apart(keys, within)
    return find_near_duplicates(Texts([pa.array(texts)]), apart, NearOptions(**options))


def cluster_count(found: NearDuplicates) -> int:
    """Return the number of clusters, those of one included."""
    return len(set(found.cluster.tolist()))


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.85, 0.9, 1.0])
def test_clusters_are_those_of_comparing_every_pair(threshold: float) -> None:
    texts = corpus(400)
    found = find(texts, threshold=threshold, count_shared=True)
    assert found.cluster.tolist() == clusters(texts, threshold)


def test_the_order_of_texts_changes_no_cluster() -> None:
    texts = corpus(500, seed=2)
    found = find(texts)
    order = np.random.default_rng(3).permutation(len(texts))
    again = find([texts[row] for row in order])
    expected = {frozenset(np.flatnonzero(found.cluster == each)) for each in found.cluster}
    there = {frozenset(order[again.cluster == each].tolist()) for each in again.cluster}
    assert there == expected


def test_every_removal_has_a_true_near_duplicate_and_says_which() -> None:
    texts = corpus(400)
    found = find(texts, count_shared=True)
    rows = np.flatnonzero(found.cluster != np.arange(len(texts)))
    keepers = found.cluster[rows]
    told = found.nearest(rows, keepers)
    nearest, best, to_keeper = told.row, told.similarity, told.to_keeper
    assert len(rows) > 50
    for at, row in enumerate(rows.tolist()):
        assert nearest[at] != row
        assert best[at] == pytest.approx(similarity(texts[row], texts[nearest[at]]))
        assert to_keeper[at] == pytest.approx(similarity(texts[row], texts[keepers[at]]))
        assert best[at] >= max(0.8 - 1e-12, to_keeper[at])
    true = [
        max(similarity(texts[row], text) for at, text in enumerate(texts) if at != row)
        for row in rows.tolist()
    ]
    # Not every pair is compared, so some other may be nearer, but hardly ever is.
    assert np.mean(best >= np.array(true) - 1e-9) > 0.95


def test_empty_texts_and_texts_without_words_are_no_duplicates() -> None:
    assert cluster_count(find(["", "", "?", "?", "👍", "👍", "word", "word"])) == 7


def test_one_word_and_chinese_and_japanese_and_code_and_emoji_are_compared() -> None:
    code = "def total(prices):\n    return sum(price * 1.2 for price in prices if price > 0)\n"
    texts = [
        "Yes",
        "yes!",
        "No",
        "请把下面的句子翻译成英文：今天天气很好，我们去公园散步。",
        "请把下面的句子翻译成英文，今天天气很好，我们去公园散步！",
        "请写一首关于春天的诗，要求四行，每行七个字。",
        "次の文章を英語に翻訳してください。明日は東京へ行きます。",
        "次の文章を英語に翻訳してください：明日は東京へ行きます",
        code,
        code.replace("\n    ", " "),
        code.replace("price", "item"),
        "great work 👍👍",
        "Great work 🎉",
    ]
    assert find(texts).cluster.tolist() == [0, 0, 2, 3, 3, 5, 6, 6, 8, 8, 10, 11, 11]


def test_an_instruction_that_all_share_does_not_make_them_alike() -> None:
    instruction = " ".join(f"instruction{number}" for number in range(120))
    random = np.random.default_rng(5)
    own = [" ".join(f"n{n}" for n in random.integers(0, 10**6, 12)) for _ in range(400)]
    texts = [f"{instruction} {each}" for each in own]
    assert cluster_count(find(texts)) == 400
    assert cluster_count(find(texts, count_shared=True)) == 1
    # What is alike apart from the instruction still is.
    assert cluster_count(find([*texts, f"{instruction}! {own[0]}"])) == 400
    assert cluster_count(find([*texts, f"{instruction} {own[0]} and"])) == 400
    assert cluster_count(find([*texts, f"{instruction} {own[0]} and this is more"])) == 401


def test_of_five_thousand_records_under_one_instruction_hardly_any_goes() -> None:
    instruction = " ".join(f"instruction{number}" for number in range(120))
    random = np.random.default_rng(6)
    numbers = random.integers(0, 999, (5_000, 3))
    records = [f"{instruction} pay {a} to {b} on day {c}" for a, b, c in numbers]
    assert cluster_count(find(records)) >= 4_990


def test_few_texts_have_no_boilerplate() -> None:
    shared = Texts([pa.array([f"one two three four five six {n}" for n in range(19)])])
    assert len(common_shingles(shared)) == 0
    shared = Texts([pa.array([f"one two three four five six {n}" for n in range(20)])])
    assert len(common_shingles(shared)) == 2


def test_boilerplate_is_counted_over_texts_that_differ() -> None:
    texts = ["the very same words again and again"] * 500 + corpus(600, seed=7)
    assert len(common_shingles(Texts([pa.array(texts)]))) == 0


def test_boilerplate_of_many_texts_does_not_depend_on_their_order() -> None:
    texts = [f"please answer the question number {n % 997} x{n}" for n in range(9_000)]
    first = common_shingles(Texts([pa.array(texts)]))
    assert len(first) > 0
    assert np.array_equal(first, common_shingles(Texts([pa.array(texts[::-1])])))


def test_short_answers_that_differ_are_conflicts_and_never_merged() -> None:
    asked = "my card was charged twice for the same coffee this morning what now please "
    texts = [asked + each for each in ("refund", "fraud", "Refund.", "refund")]
    found = find(texts, ["refund", "fraud", "Refund.", "refund"])
    assert found.cluster.tolist() == [0, 1, 0, 0]
    assert found.conflicts.first.tolist() == [0]
    assert found.conflicts.second.tolist() == [1]
    assert found.conflicts.similarity[0] > 0.8
    assert cluster_count(find(texts)) == 1


def test_two_different_answers_are_not_joined_by_way_of_a_third() -> None:
    asked = " ".join(f"q{n}" for n in range(60))
    long = "it is rather hard to say"
    texts = [f"{asked} yes", f"{asked} no", f"{asked} {long}"]
    assert cluster_count(find(texts, ["yes", "no", long], threshold=0.7)) == 3


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("Yes", "yes.", True),
        (" 12 ", "12", True),
        ("-1", "1", False),
        ("👍", "👎", False),
        ("+", "-", False),
        ("?", "!", False),
        ("", "no", False),
        ("1.5", "15", False),
    ],
)
def test_short_answers_are_compared_by_all_that_is_in_them(
    first: str, second: str, is_same: bool
) -> None:
    one, other = short_answers(pa.array([first, second])).tolist()
    assert one and other
    assert (one == other) is is_same


def test_examples_of_different_groups_are_not_compared() -> None:
    texts = corpus(300)
    within = np.arange(300).astype(np.uint64) % np.uint64(2)
    found = find(texts, within=within, count_shared=True).cluster
    even = find(texts[::2], count_shared=True).cluster
    assert (found % 2 == np.arange(300) % 2).all()
    assert (found[::2] // 2).tolist() == even.tolist()


def test_long_answers_and_missing_ones_have_no_number() -> None:
    assert short_answers(pa.array(["one two three four five", None])).tolist() == [0, 0]


def test_answers_that_differ_in_a_sign_do_not_make_equal_texts_duplicates() -> None:
    texts = ["what is the change -1", "what is the change 1"]
    assert cluster_count(find(texts, ["-1", "1"])) == 2


@pytest.mark.parametrize(("threshold", "plan"), [(0.8, (25, 5)), (0.85, (25, 5)), (0.99, (18, 7))])
def test_a_threshold_has_the_plan_of_the_next_one_below(
    threshold: float, plan: tuple[int, int]
) -> None:
    assert plan_for(threshold) == BandPlan(*plan)


def test_no_plan_misses_a_pair_at_its_threshold_once_in_six_thousand() -> None:
    chances = [plan_for(each).chance_to_miss(each) for each in (0.5, 0.6, 0.7, 0.8, 0.9)]
    assert max(chances) < 1 / 6_000


def test_a_hot_bucket_gives_pairs_in_proportion_to_its_size() -> None:
    one = tagged(np.zeros(10_000, np.uint32), np.arange(10_000))
    pairs = candidate_pairs([one])
    assert len(pairs) < 3 * 10_000
    first, second = pair_rows(pairs)
    assert (first < second).all()
    small = candidate_pairs([tagged(np.zeros(10, np.uint32), np.arange(10))])
    assert len(small) == 45


def test_buckets_do_not_meet() -> None:
    tags = tagged(np.array([1, 2, 1, 2, 3, 1], np.uint32), np.arange(6))
    first, second = pair_rows(candidate_pairs([tags, tags]))
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [
        (0, 2),
        (0, 5),
        (1, 3),
        (2, 5),
    ]
    assert len(candidate_pairs([])) == 0


def test_a_cluster_of_many_costs_about_as_many_comparisons() -> None:
    compared: Counter[str] = Counter()

    def compare(first: Any, second: Any) -> Any:
        compared["pairs"] += len(first)
        return np.ones(len(first))

    pairs = candidate_pairs([tagged(np.zeros(60, np.uint32), np.arange(60))])
    component, edges = connect(60, *pair_rows(pairs), compare=compare, threshold=0.8)
    assert set(component.tolist()) == {0}
    assert compared["pairs"] < 2 * 60 < len(pairs)
    assert len(edges.first) == compared["pairs"]


def test_large_arrays_may_lie_in_files(tmp_path: Any) -> None:
    texts = corpus(300)
    spilled = find(texts, scratch=Scratch(1_000, tmp_path))
    assert spilled.cluster.tolist() == find(texts).cluster.tolist()
    arrays = [pa.array(texts[:100]), pa.array([None, "x"]), pa.array(texts[100:])]
    mapped = Scratch(1_000, tmp_path).texts(arrays)
    assert mapped.block(0, 302).to_pylist() == [*texts[:100], None, "x", *texts[100:]]
    assert (
        Scratch(1 << 20, tmp_path).texts(iter(arrays)).sizes().tolist() == mapped.sizes().tolist()
    )
    assert isinstance(Scratch(10, tmp_path).array((100,), np.uint64), np.memmap)
    assert list(tmp_path.iterdir()) == []
    assert len(Scratch(10, tmp_path).array((0,), np.uint64)) == 0
