"""How many examples each slice is to get: whole numbers, more for what is weaker."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.operations.scoring.proposal import Standing, propose, weigh


def yes_no(examples: int, measured: int, right: int) -> Standing:
    """A slice of which so many measured examples are right."""
    mean = right / measured if measured else 0.0
    return Standing(examples, measured, mean, mean * (1 - mean))


def proposed(
    slices: list[Standing], count: int | None = None, at_least: int | None = None
) -> list[int]:
    return propose(slices, weigh(slices), count, at_least)


STANDINGS = st.lists(
    st.builds(
        lambda examples, measured, share: yes_no(examples, measured, round(share * measured)),
        st.integers(0, 300),
        st.integers(0, 50),
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=12,
)


@given(STANDINGS, st.integers(1, 2_000), st.none() | st.integers(1, 200))
def test_all_proposals_together_are_what_was_asked_for(
    slices: list[Standing], count: int, at_least: int | None
) -> None:
    found = proposed(slices, count, at_least)
    assert sum(found) == count
    assert min(found) >= 0


@given(STANDINGS, st.integers(1, 200))
def test_at_least_alone_fills_each_slice_up(slices: list[Standing], at_least: int) -> None:
    found = proposed(slices, at_least=at_least)
    pairs = zip(slices, found, strict=True)
    assert all(max(each.examples, at_least) == each.examples + own for each, own in pairs)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=12), st.integers(1, 2_000))
def test_of_slices_that_are_else_the_same_the_weaker_gets_more(
    right: list[int], count: int
) -> None:
    found = proposed([yes_no(10, 20, each) for each in right], count)
    for one, own in zip(right, found, strict=True):
        for other, others in zip(right, found, strict=True):
            if one < other:
                assert own >= others - 1


@given(STANDINGS)
def test_reliability_is_a_share_and_the_best_slice_lacks_nothing(slices: list[Standing]) -> None:
    evidence = weigh(slices)
    assert 0 <= evidence.reliability <= 1
    assert min(evidence.shortfalls) == 0


def test_well_measured_shares_are_proportional_to_the_shortfall() -> None:
    many = 10_000_000
    slices = [yes_no(5, many, many * each // 10) for each in (9, 7, 5)]
    assert proposed(slices, 300) == [0, 100, 200]


def test_three_failures_do_not_take_everything() -> None:
    known = [yes_no(50, 100, 90), yes_no(50, 100, 60)]
    few = proposed([*known, yes_no(50, 3, 0)], 300)[2]
    many = proposed([*known, yes_no(50, 300, 0)], 300)[2]
    assert 100 < few < many < 250
    assert proposed([yes_no(9, 5, 5), yes_no(9, 3, 0), yes_no(9, 0, 0)], 90)[2] > 20


@pytest.mark.parametrize("measured", [1, 2, 3, 10])
def test_differences_by_chance_decide_nothing(measured: int) -> None:
    source = random.Random(measured)
    sizes, reliability = [40, 10, 20, 30] * 10, 0.0
    for _ in range(200):
        drawn = [sum(source.random() < 0.7 for _ in range(measured)) for _ in sizes]
        slices = [yes_no(size, measured, each) for size, each in zip(sizes, drawn, strict=True)]
        reliability += weigh(slices).reliability / 200
    # Negative estimates count as 0, so that the mean is above it.
    assert reliability < 0.15


def test_equally_good_slices_are_filled_up_by_their_sizes() -> None:
    assert proposed([yes_no(size, 20, 15) for size in (10, 1, 4, 3)], 8) == [0, 5, 1, 2]


def test_a_slice_that_nothing_measures_counts_as_average() -> None:
    many = 10_000_000
    slices = [yes_no(9, many, many), yes_no(9, many, many // 2), Standing(9)]
    assert proposed(slices, 30) == [0, 20, 10]


def test_without_a_metric_the_smallest_are_filled_up() -> None:
    slices = [Standing(10), Standing(1), Standing(4), Standing(3)]
    assert proposed(slices, 8) == [0, 5, 1, 2]
    assert proposed(slices, 24) == [0, 10, 6, 8]


def test_too_few_for_all_are_shared_by_what_each_lacks() -> None:
    assert proposed([Standing(0), Standing(10), Standing(5)], 6, at_least=10) == [4, 0, 2]


def test_equal_remainders_go_to_the_earlier_slices() -> None:
    many = 10_000_000
    slices = [yes_no(1, many, many), *[yes_no(1, many, many // 2)] * 3]
    assert proposed(slices, 4) == [0, 2, 1, 1]
