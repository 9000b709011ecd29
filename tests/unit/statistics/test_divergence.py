"""The Jensen-Shannon distance against its definition, and counts by group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.statistics.divergence import jensen_shannon_distance
from vault.statistics.tallies import tally_by_group

TALLIES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 1000), max_size=6)


def defined(one: Mapping[str, int], other: Mapping[str, int]) -> float | None:
    """Return the distance as the definition says: half of both divergences from the middle."""
    if not sum(one.values()) or not sum(other.values()):
        return None
    p = {each: one.get(each, 0) / sum(one.values()) for each in "abcdef"}
    q = {each: other.get(each, 0) / sum(other.values()) for each in "abcdef"}
    middle = {each: (p[each] + q[each]) / 2 for each in p}

    def divergence(shares: Mapping[str, float]) -> float:
        used = (each for each in shares if shares[each])
        return sum(shares[each] * math.log2(shares[each] / middle[each]) for each in used)

    return math.sqrt(max(0.0, (divergence(p) + divergence(q)) / 2))


@given(TALLIES, TALLIES)
def test_the_distance_is_what_the_definition_says(
    one: Mapping[str, int], other: Mapping[str, int]
) -> None:
    found, expected = jensen_shannon_distance(one, other), defined(one, other)
    if expected is None:
        assert found is None
    else:
        assert found == pytest.approx(expected, abs=1e-6)
        assert jensen_shannon_distance(other, one) == pytest.approx(found, abs=1e-9)


def test_alike_is_0_and_disjoint_is_1() -> None:
    assert jensen_shannon_distance({"a": 1, "b": 3}, {"b": 6, "a": 2}) == 0
    assert jensen_shannon_distance({"a": 5}, {"b": 1}) == pytest.approx(1)
    # Half of one value against all of it: 1 - 3/4 * log2(3) + ... = 0.3113 bits.
    assert jensen_shannon_distance({"a": 1, "b": 1}, {"a": 1}) == pytest.approx(math.sqrt(0.311278))


def test_nothing_has_no_distance() -> None:
    assert jensen_shannon_distance({}, {}) is None
    assert jensen_shannon_distance({"a": 1}, {"a": 0}) is None


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 900)), max_size=60),
    st.sampled_from([901, 10**9]),
)
def test_a_tally_counts_the_values_of_each_group(pairs: list[tuple[int, int]], values: int) -> None:
    group = np.array([each for each, _ in pairs], np.int64)
    value = np.array([each for _, each in pairs], np.int64)
    found = tally_by_group(group, value, 7, values)
    for number, (numbers, times) in enumerate(found):
        counts = Counter(each for own, each in pairs if own == number)
        assert dict(zip(numbers, times, strict=True)) == counts
