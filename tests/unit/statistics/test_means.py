"""Means and shares with intervals that hold for few, and none where nothing varies."""

from __future__ import annotations

import numpy as np
import pytest

from vault.statistics.means import estimated_mean, estimated_share


def test_a_share_has_wilsons_published_interval() -> None:
    # Newcombe (1998), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for yes, total, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = estimated_share(yes, total)
        assert found.interval == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_neither_is_known() -> None:
    assert estimated_share(0, 0).value is None
    assert estimated_mean(np.zeros(0)).value is None


def test_the_order_of_numbers_changes_no_interval() -> None:
    values = np.random.default_rng(1).random(200)
    assert estimated_mean(values) == estimated_mean(values[::-1].copy())


def test_a_bootstrapped_mean_is_as_uncertain_as_theory_says() -> None:
    values = np.random.default_rng(2).random(400)
    low, high = estimated_mean(values).interval or (0.0, 0.0)
    expected = 2 * 1.96 * values.std() / 400**0.5
    assert high - low == pytest.approx(expected, rel=0.1)


def test_equal_numbers_have_a_mean_and_no_interval() -> None:
    found = estimated_mean(np.full(5, 0.25))
    assert (found.value, found.interval) == (0.25, None)
