"""Coefficients are those that the public implementations publish for their examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from vault.statistics.agreement import (
    cohen_kappa,
    gwet_ac,
    krippendorff_alpha,
    light_kappa,
    raw_agreement,
)
from vault.statistics.bootstrap import Resamples
from vault.statistics.measure import measure
from vault.statistics.ratings import Ratings, Scale, table_of_pair, table_of_pairs

_ = 0
"""A missing rating of the tables below; others count from 1."""

FOUR_RATERS = [
    [1, 1, _, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [_, 5, 5, 5],
    [_, _, 1, 1],
    [_, _, 3, _],
]
"""Twelve units by four raters: Krippendorff (2011), page 8; `cac.raw4raters` of irrCAC."""

THREE_RATERS = [
    [_, _, _, _, _, 3, 4, 1, 2, 1, 1, 3, 3, _, 3],
    [1, _, 2, 1, 3, 3, 4, 3, _, _, _, _, _, _, _],
    [_, _, 2, 1, 3, 4, 4, _, 2, 1, 1, 3, 3, _, 4],
]
"""The first example of the package krippendorff 0.9.0, a line a rater."""


def ratings(table: Sequence[Sequence[int]], scale: Scale = Scale.NOMINAL, most: int = 0) -> Ratings:
    """Return ratings of a table with a row for each example."""
    codes = np.array(table, np.int64) - 1
    categories = most or int(codes.max()) + 1
    return Ratings.of(codes, categories, scale, np.arange(categories, dtype=np.float64))


def alpha(table: Sequence[Sequence[int]], scale: Scale) -> float:
    given = ratings(table, scale)
    return float(krippendorff_alpha(given, Resamples.of(given.counts, 1))[0])


def kappa(one: Sequence[int], other: Sequence[int], scale: Scale = Scale.NOMINAL) -> float:
    given = ratings(np.column_stack([one, other]).tolist(), scale)
    return float(cohen_kappa(given, Resamples.of(given.counts, 1))[0])


def test_alpha_is_that_of_krippendorff() -> None:
    # Computing Krippendorff's Alpha-Reliability (2011), page 8; doctests of krippendorff 0.9.0.
    assert round(alpha(FOUR_RATERS, Scale.NOMINAL), 3) == 0.743
    assert round(alpha(FOUR_RATERS, Scale.ORDINAL), 3) == 0.815
    assert round(alpha(FOUR_RATERS, Scale.INTERVAL), 3) == 0.849
    by_example = np.array(THREE_RATERS).T.tolist()
    assert round(alpha(by_example, Scale.NOMINAL), 6) == 0.691358
    assert round(alpha(by_example, Scale.INTERVAL), 6) == 0.810845


def test_ac_is_that_of_irrcac() -> None:
    # Documentation of `irrCAC.raw` 0.4.4 (and of R's irrCAC): AC1, percent agreement; its
    # Krippendorff's alpha with identity weights. AC2 with quadratic weights as it computes it.
    given = ratings(FOUR_RATERS)
    resamples = Resamples.of(given.counts, 1)
    assert round(float(gwet_ac(given, resamples)[0]), 5) == 0.77544
    assert round(float(krippendorff_alpha(given, resamples)[0]), 5) == 0.74342
    quadratic = ratings(FOUR_RATERS, Scale.INTERVAL)
    assert round(float(gwet_ac(quadratic, resamples)[0]), 5) == 0.914
    assert round(float(krippendorff_alpha(quadratic, resamples)[0]), 5) == 0.84911


def test_kappa_is_that_of_scikit_learn() -> None:
    # sklearn/metrics/tests/test_classification.py, test_cohen_kappa; Artstein and Poesio (2008).
    assert round(kappa([1] * 40 + [2] * 60, [1] * 20 + [2] * 20 + [1] * 10 + [2] * 50), 3) == 0.348
    first = [1] * 46 + [2] * 44 + [3] * 10
    assert round(kappa(first, [1] * 52 + [2] * 32 + [3] * 16), 4) == 0.8013
    second = [1] * 50 + [2] * 40 + [3] * 10
    assert round(kappa(first, second), 4) == 0.9315
    assert round(kappa(first, second, Scale.ORDINAL), 4) == 0.9541
    # The example of cohen_kappa_score: negative, neutral, positive.
    assert kappa([1, 3, 1, 2, 3], [1, 3, 1, 2, 1]) == pytest.approx(0.6875, abs=1e-12)


def test_light_is_the_mean_of_the_pairs() -> None:
    given = ratings(FOUR_RATERS)
    resamples = Resamples.of(given.counts, 1)
    pairs = [cohen_kappa(given, resamples, a, b)[0] for a in range(4) for b in range(a + 1, 4)]
    assert light_kappa(given, resamples)[0] == pytest.approx(np.mean(pairs))


def test_tables_count_what_raters_said() -> None:
    given = ratings([[1, 1], [1, 2], [1, 2], [2, 2], [2, _]])
    assert table_of_pair(given).tolist() == [[1, 2], [0, 1]]
    three = ratings([[1, 1, 2], [2, _, 2], [_, _, 1]])
    assert table_of_pairs(three).tolist() == [[1, 2], [2, 1]]
    assert raw_agreement(three, Resamples.of(three.counts, 1))[0] == pytest.approx(2 / 4)


def test_an_order_of_other_distances_gives_another_figure() -> None:
    codes = np.array([[0, 1], [1, 1], [2, 2], [0, 0], [2, 1]])
    even = Ratings.of(codes, 3, Scale.INTERVAL, np.array([1.0, 2.0, 3.0]))
    uneven = Ratings.of(codes, 3, Scale.INTERVAL, np.array([1.0, 2.0, 10.0]))
    larger = Ratings.of(codes, 3, Scale.INTERVAL, np.array([100.0, 300.0, 500.0]))
    assert measure(even).kappa.value != pytest.approx(measure(uneven).kappa.value)
    assert measure(even).kappa.value == pytest.approx(measure(larger).kappa.value)


def test_two_ordered_values_are_as_two_without_an_order() -> None:
    codes = np.array([[0, 0], [0, 1], [1, 1], [1, 1], [0, 0], [1, -1]])
    plain, ordered = (measure(Ratings.of(codes, 2, scale)) for scale in list(Scale)[:2])
    for name in ("kappa", "alpha", "ac2"):
        one, other = getattr(plain, name), getattr(ordered, name)
        assert one.value == pytest.approx(other.value)
        assert one.interval == pytest.approx(other.interval)
