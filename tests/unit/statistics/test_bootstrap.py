"""Intervals: the same for the same data, as wide as they should be, and absent where unfounded."""

from __future__ import annotations

import numpy as np
import pytest

from vault.statistics import bootstrap
from vault.statistics.bootstrap import Resamples, estimate
from vault.statistics.measure import measure
from vault.statistics.ratings import Floats, Ratings, Scale


def raters(
    count: int, seed: int, right: float = 0.8
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return what two raters say of yes or no, each right with a probability."""
    source = np.random.default_rng(seed)
    truth = source.integers(0, 2, count)
    wrong = source.random((count, 2)) > right
    return np.asarray(np.where(wrong, 1 - truth[:, None], truth[:, None]), np.int64)


def test_the_order_of_examples_changes_no_interval() -> None:
    codes = raters(300, 1)
    mixed = codes[np.random.default_rng(5).permutation(len(codes))]
    assert measure(Ratings.of(codes, 2)) == measure(Ratings.of(mixed, 2))


def test_an_interval_covers_the_truth_as_often_as_it_says() -> None:
    # Two raters right in 80 %: kappa = 2 * 0.68 - 1 = 0.36 of the population.
    covered = 0
    for seed in range(300):
        interval = measure(Ratings.of(raters(200, seed), 2)).kappa.interval
        assert interval is not None
        covered += interval[0] <= 0.36 <= interval[1]
    assert 0.92 <= covered / 300 <= 0.98


def test_the_spread_is_that_of_a_proportion() -> None:
    codes = raters(1_000, 2)
    agreement = measure(Ratings.of(codes, 2)).agreement
    assert agreement.value is not None and agreement.interval is not None
    error = 1.96 * (agreement.value * (1 - agreement.value) / 1_000) ** 0.5
    assert agreement.interval[1] - agreement.interval[0] == pytest.approx(2 * error, rel=0.08)


def test_groups_of_many_patterns_spread_as_the_patterns_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = np.random.default_rng(4)
    truth = source.normal(size=4_000)
    values = np.column_stack([truth + source.normal(size=4_000) for _ in range(2)])
    distinct, codes = np.unique(values, return_inverse=True)
    ratings = Ratings.of(codes.reshape(values.shape), len(distinct), Scale.INTERVAL, distinct)
    each = measure(ratings).kappa
    monkeypatch.setattr(bootstrap, "_MOST_PATTERNS", 1_000)
    grouped = measure(ratings).kappa
    assert grouped.value == pytest.approx(each.value)
    assert grouped.interval == pytest.approx(each.interval, abs=0.01)
    assert measure(ratings).ac2.value is None


def test_sums_of_groups_are_those_of_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_MOST_PATTERNS", 3)
    counts = np.array([4, 1, 1, 6, 2])
    column = np.arange(5.0)
    sums = Resamples.of(counts, 20).sums([column, np.ones(5)])
    assert sums[0].tolist() == [float(counts @ column), 14.0]
    assert sums.shape == (21, 2)


def figures(*values: float) -> Floats:
    return np.array(values, np.float64)


def test_what_is_undefined_has_no_value_and_no_interval() -> None:
    assert estimate(figures(np.nan, 0.5, 0.6)) == bootstrap.Estimate()
    often = figures(0.5, *([0.4, 0.6] * 4), np.nan, np.nan)
    assert estimate(often) == bootstrap.Estimate(0.5)
    assert estimate(figures(1, 1, 1, 1)) == bootstrap.Estimate(1.0)


@pytest.mark.parametrize("scale", Scale)
@pytest.mark.parametrize(
    "codes",
    [
        [[1, 1], [1, 1], [1, -1]],
        [[0, -1], [-1, 1]],
        [[0], [1]],
        np.zeros((0, 2), np.int64),
        [[-1, -1]],
    ],
    ids=["one value", "no overlap", "one rater", "no example", "no rating"],
)
def test_degenerate_ratings_have_no_coefficients(codes: list[list[int]], scale: Scale) -> None:
    found = measure(Ratings.of(np.array(codes, np.int64), 3, scale, np.array([1.0, 2.0, 4.0])))
    assert found.kappa == found.alpha == found.ac2 == bootstrap.Estimate()
    assert found.agreement in (bootstrap.Estimate(), bootstrap.Estimate(1.0))


def test_raters_who_never_meet_have_no_kappa_but_alpha() -> None:
    codes = np.array([[0, 0, -1], [1, 1, -1], [-1, 0, 1], [-1, 1, 1], [0, 1, -1]])
    found = measure(Ratings.of(codes, 2))
    assert found.kappa == bootstrap.Estimate()
    assert found.alpha.value is not None


def test_one_value_of_many_examples_is_no_rounding_error() -> None:
    codes = np.array([[1, 1]] * 1_000 + [[0, -1], [2, -1]])
    ratings = Ratings.of(codes, 3, Scale.INTERVAL, np.array([0.1, 0.7, 0.9]))
    assert measure(ratings).alpha.value is None
