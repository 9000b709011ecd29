"""Quantiles and histograms of counts, against their definitions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.statistics.lengths import (
    EDGES,
    PERCENTS,
    Bin,
    coarser,
    grouped,
    histogram,
    quantiles,
)

COUNTS = st.lists(st.integers(0, 2**40), max_size=60)


def ascending(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(sorted(values), np.int64)


@given(COUNTS)
def test_a_quantile_is_the_least_value_that_enough_do_not_exceed(values: list[int]) -> None:
    found = quantiles(ascending(values))
    if not values:
        assert found == {}
        return
    for name, percent in PERCENTS.items():
        share = Fraction(percent, 100)
        enough = [
            value
            for value in values
            if Fraction(sum(each <= value for each in values), len(values)) >= share
        ]
        assert found[name] == min(enough)


def test_the_quantiles_of_one_value_are_that_value() -> None:
    assert set(quantiles(ascending([7])).values()) == {7}


@given(COUNTS)
def test_every_value_is_in_one_bin(values: list[int]) -> None:
    bins = histogram(ascending(values))
    for each in bins:
        assert each.examples == sum(each.least <= value <= each.most for value in values)
    assert sum(each.examples for each in bins) == len(values)
    if values:
        assert bins[0].examples and bins[-1].examples
    for each, following in pairwise(bins):
        assert following.least == each.most + 1


@given(COUNTS, st.integers(1, 40))
def test_coarser_bins_hold_the_same(values: list[int], most: int) -> None:
    bins = histogram(ascending(values))
    joined = coarser(bins, most)
    assert sum(each.examples for each in joined) == len(values)
    assert len(joined) <= len(bins)
    for each in joined:
        assert each.examples == sum(each.least <= value <= each.most for value in values)
    if len(bins) <= most:
        assert joined == bins


def test_bins_begin_at_four_parts_of_an_octave() -> None:
    assert EDGES[:17].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32]
    assert (np.diff(EDGES) > 0).all()


def test_halves_and_whole_octaves_begin_at_round_numbers() -> None:
    bins = histogram(ascending([16, 65]))
    assert [each.least for each in coarser(bins, 5)] == [16, 24, 32, 48, 64]
    assert [each.least for each in coarser(bins, 3)] == [16, 32, 64]
    assert coarser(bins, 3)[0] == Bin(16, 31, 1)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 100)), max_size=50))
def test_groups_hold_their_own_values(pairs: list[tuple[int, int]]) -> None:
    group = np.array([each for each, _ in pairs], np.int64)
    values = np.array([each for _, each in pairs], np.int64)
    found = grouped(values, group, 5)
    for number in range(5):
        own = sorted(value for each, value in pairs if each == number)
        assert found.of(number).tolist() == own


@pytest.mark.parametrize("groups", [1, 3])
def test_nothing_has_no_values(groups: int) -> None:
    nothing = np.zeros(0, np.int64)
    found = grouped(nothing, nothing, groups)
    assert [found.of(each).tolist() for each in range(groups)] == [[]] * groups
    assert histogram(nothing) == ()
