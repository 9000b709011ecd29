"""Laws of agreement: coefficients are what their definitions say, example by example."""

from __future__ import annotations

import math
from itertools import combinations, permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vault.statistics.agreement import cohen_kappa, gwet_ac, krippendorff_alpha, raw_agreement
from vault.statistics.bootstrap import Resamples
from vault.statistics.measure import measure
from vault.statistics.ratings import Ratings, Scale

CATEGORIES = 4
POSITIONS = (0.0, 1.0, 3.0, 7.0)
Rows = list[list[int]]

TABLES = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.integers(-1, CATEGORIES - 1), min_size=raters, max_size=raters),
        min_size=1,
        max_size=30,
    )
)
SCALES = st.sampled_from(list(Scale))


def built(rows: Rows, scale: Scale) -> tuple[Ratings, Resamples]:
    ratings = Ratings.of(np.array(rows, np.int64), CATEGORIES, scale, np.array(POSITIONS))
    return ratings, Resamples.of(ratings.counts, 3)


def given_values(rows: Rows) -> list[list[int]]:
    """Return the values that each example with a rating has."""
    found = [[each for each in row if each >= 0] for row in rows]
    return [each for each in found if each]


def weight(one: int, other: int, scale: Scale) -> float:
    """Return how much two values agree: identity or quadratic weights."""
    if scale is Scale.NOMINAL:
        return float(one == other)
    place = POSITIONS if scale is Scale.INTERVAL else range(CATEGORIES)
    return 1 - ((place[one] - place[other]) / (place[-1] - place[0])) ** 2


def same(found: float, wanted: float | None) -> bool:
    if wanted is None:
        return not math.isfinite(found)
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)


def naive_alpha(rows: Rows, scale: Scale) -> float | None:
    units = [each for each in given_values(rows) if len(each) > 1]
    pooled = [value for each in units for value in each]
    total = [pooled.count(value) for value in range(CATEGORIES)]

    def distance(one: int, other: int) -> float:
        if scale is not Scale.ORDINAL:
            return 1 - weight(one, other, scale)
        low, high = sorted((one, other))
        return (sum(total[low : high + 1]) - (total[low] + total[high]) / 2) ** 2 * (low != high)

    observed = sum(
        distance(one, other) / (len(unit) - 1)
        for unit in units
        for one, other in permutations(unit, 2)
    )
    expected = sum(distance(one, other) for one, other in permutations(pooled, 2))
    if len(set(pooled)) < 2:
        return None
    return 1 - (len(pooled) - 1) * observed / expected


def naive_ac(rows: Rows, scale: Scale) -> float | None:
    units = given_values(rows)
    paired = [each for each in units if len(each) > 1]
    if not paired:
        return None
    pairs = [[weight(*pair, scale) for pair in permutations(unit, 2)] for unit in paired]
    observed = sum(sum(each) / len(each) for each in pairs) / len(paired)
    shares = [
        sum(unit.count(value) / len(unit) for unit in units) / len(units)
        for value in range(CATEGORIES)
    ]
    weights = sum(weight(a, b, scale) for a in range(CATEGORIES) for b in range(CATEGORIES))
    chance = weights / (CATEGORIES * (CATEGORIES - 1)) * sum(p * (1 - p) for p in shares)
    return (observed - chance) / (1 - chance)


def naive_kappa(rows: Rows, scale: Scale) -> float | None:
    both = [(row[0], row[1]) for row in rows if row[0] >= 0 and row[1] >= 0]
    if not both:
        return None
    observed = sum(weight(a, b, scale) for a, b in both) / len(both)
    chance = sum(weight(a, b, scale) for a, _ in both for _, b in both) / len(both) ** 2
    return None if math.isclose(chance, 1) else (observed - chance) / (1 - chance)


@given(TABLES, SCALES)
def test_alpha_is_its_definition(rows: Rows, scale: Scale) -> None:
    assert same(float(krippendorff_alpha(*built(rows, scale))[0]), naive_alpha(rows, scale))


@given(TABLES, SCALES)
def test_ac_is_its_definition(rows: Rows, scale: Scale) -> None:
    assert same(float(gwet_ac(*built(rows, scale))[0]), naive_ac(rows, scale))


@given(TABLES, SCALES)
def test_kappa_is_its_definition(rows: Rows, scale: Scale) -> None:
    assert same(float(cohen_kappa(*built(rows, scale))[0]), naive_kappa(rows, scale))


@given(TABLES)
def test_raw_agreement_counts_pairs(rows: Rows) -> None:
    pairs = [pair for each in given_values(rows) for pair in combinations(each, 2)]
    wanted = sum(one == other for one, other in pairs) / len(pairs) if pairs else None
    assert same(float(raw_agreement(*built(rows, Scale.NOMINAL))[0]), wanted)


@given(TABLES, SCALES)
def test_figures_are_numbers_or_nothing(rows: Rows, scale: Scale) -> None:
    found = measure(built(rows, scale)[0])
    for each in (found.agreement, found.kappa, found.alpha, found.ac2):
        if each.interval is not None:
            assert each.value is not None
            assert -1e9 < each.interval[0] < each.interval[1] <= 1 + 1e-9
        assert each.value is None or math.isfinite(each.value)


@given(TABLES, SCALES)
def test_neither_the_order_of_raters_nor_of_examples_counts(rows: Rows, scale: Scale) -> None:
    turned = [row[::-1] for row in reversed(rows)]
    one, other = (measure(built(each, scale)[0]) for each in (rows, turned))
    for name in ("agreement", "kappa", "alpha", "ac2"):
        first, second = getattr(one, name).value, getattr(other, name).value
        assert (first is None) == (second is None)
        assert first is None or math.isclose(first, second, abs_tol=1e-9)
