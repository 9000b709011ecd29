"""How many examples each slice is to get: whole numbers, more for what is weaker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vault.operations.scoring.proposal import PRIOR, Standing, propose

STANDINGS = st.lists(
    st.builds(
        lambda examples, measured, mean: Standing(examples, measured, mean if measured else None),
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
    found = propose(slices, count, at_least)
    assert sum(found) == count
    assert min(found) >= 0


@given(STANDINGS, st.integers(1, 200))
def test_at_least_alone_fills_each_slice_up(slices: list[Standing], at_least: int) -> None:
    found = propose(slices, at_least=at_least)
    pairs = zip(slices, found, strict=True)
    assert all(max(each.examples, at_least) == each.examples + own for each, own in pairs)


@given(STANDINGS, st.integers(1, 2_000))
def test_of_equally_measured_slices_the_weaker_gets_more(
    slices: list[Standing], count: int
) -> None:
    same = [Standing(each.examples, 10, each.mean or 0.0) for each in slices]
    found = propose(same, count)
    for one, own in zip(same, found, strict=True):
        for other, others in zip(same, found, strict=True):
            if (one.mean or 0) < (other.mean or 0) - 1e-6:
                assert own >= others - 1


def test_shares_are_proportional_to_the_shortfall() -> None:
    many = 10**9  # as if the mean of all weighed nothing
    slices = [Standing(5, many, 0.9), Standing(5, many, 0.7), Standing(5, many, 0.5)]
    assert propose(slices, 300) == [0, 100, 200]


def test_three_failures_do_not_take_everything() -> None:
    slices = [Standing(50, 100, 0.9), Standing(50, 100, 0.6), Standing(3, 3, 0.0)]
    few, many = propose(slices, 100)[2], propose([*slices[:2], Standing(3, 300, 0.0)], 100)[2]
    assert 0 < few < many
    assert few < 70


def test_a_slice_that_nothing_measures_counts_as_average() -> None:
    slices = [Standing(9, 20, 1.0), Standing(9, 20, 0.5), Standing(9)]
    assert propose(slices, 40) == [0, 27, 13]
    assert PRIOR == 5


def test_without_a_metric_the_smallest_are_filled_up() -> None:
    slices = [Standing(10), Standing(1), Standing(4), Standing(3)]
    assert propose(slices, 8) == [0, 5, 1, 2]
    assert propose(slices, 24) == [0, 10, 6, 8]


def test_too_few_for_all_are_shared_by_what_each_lacks() -> None:
    assert propose([Standing(0), Standing(10), Standing(5)], 6, at_least=10) == [4, 0, 2]


def test_equal_remainders_go_to_the_earlier_slices() -> None:
    slices = [Standing(1, 10, 1.0), *[Standing(1, 10, 0.5)] * 3]
    assert propose(slices, 4) == [0, 2, 1, 1]
