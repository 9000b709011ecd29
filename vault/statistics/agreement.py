"""Coefficients of agreement: raw, Cohen's kappa, Krippendorff's alpha, Gwet's AC1 and AC2.

Each function returns a figure for the examples (first) and for each resample of them; NaN is
undefined. On ordered scales kappa and AC2 weigh a disagreement by the square of its distance
(quadratic weights), and alpha by its own metric. Below, `n_c` is how many raters gave an example
value `c`, and `m` how many gave one at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from vault.statistics.bootstrap import Resamples, quotient
from vault.statistics.ratings import MISSING, Floats, Ratings, Scale

Columns = Iterator[Floats]


def raw_agreement(ratings: Ratings, resamples: Resamples) -> Floats:
    """Return the share of equal ones among all pairs of ratings of one example."""
    given = ratings.given
    sums = resamples.sums([_equal_pairs(ratings), given * (given - 1) / 2])
    return quotient(sums[:, 0], sums[:, 1])


def cohen_kappa(ratings: Ratings, resamples: Resamples, one: int = 0, other: int = 1) -> Floats:
    """Return the kappa of two raters, over the examples that both rated.

    (p_o - p_e) / (1 - p_e), chance p_e from what each rater gives how often: Cohen, A Coefficient
    of Agreement for Nominal Scales (1960). On an ordered scale it is weighted by squared distances:
    Cohen, Weighted Kappa (1968). Undefined where both raters give one and the same value alone.
    """
    first, second = ratings.patterns[:, one], ratings.patterns[:, other]
    both = (first != MISSING) & (second != MISSING)
    if ratings.positions is not None:
        x = np.where(both, ratings.positions[first], 0.0)
        y = np.where(both, ratings.positions[second], 0.0)
        columns = (both, x, y, x * x, y * y, (x - y) ** 2)
        n, x_sum, y_sum, x_squares, y_squares, distances = resamples.sums(columns).T
        return 1 - quotient(
            quotient(distances, n),
            quotient(x_squares + y_squares, n) - 2 * quotient(x_sum, n) * quotient(y_sum, n),
        )

    def columns_of_values() -> Columns:
        yield both.astype(np.float64)
        yield (both & (first == second)).astype(np.float64)
        for rater in (first, second):
            for value in range(ratings.categories):
                yield (both & (rater == value)).astype(np.float64)

    sums = resamples.sums(columns_of_values())
    n, same = sums[:, 0], sums[:, 1]
    gives, other_gives = np.split(sums[:, 2:], 2, axis=1)
    expected = (gives * other_gives).sum(axis=1)
    return quotient(n * same - expected, n * n - expected)


def light_kappa(ratings: Ratings, resamples: Resamples) -> Floats:
    """Return the mean of the kappas of all pairs of raters, undefined where one of them is.

    Light, Measures of Response Agreement for Qualitative Data (1971); with two raters Cohen's.
    """
    pairs = list(combinations(range(ratings.raters), 2))
    total = np.zeros(len(resamples.weights))
    for one, other in pairs:
        total = total + cohen_kappa(ratings, resamples, one, other)
    return quotient(total, np.full_like(total, len(pairs)))


def krippendorff_alpha(ratings: Ratings, resamples: Resamples) -> Floats:
    """Return alpha = 1 - D_o / D_e over the examples with at least two ratings.

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): any number of raters, values
    may be missing. The metric is nominal, ordinal or interval, as the scale is. Undefined where all
    values are one.
    """
    if ratings.scale is Scale.INTERVAL:
        return _interval_alpha(ratings, resamples)
    is_paired = ratings.given >= 2
    each_less = np.maximum(ratings.given - 1, 1)
    q = ratings.categories

    def columns() -> Columns:
        counts = [np.where(is_paired, each, 0) for each in _counts(ratings)]
        yield from (each.astype(np.float64) for each in counts)
        if ratings.scale is Scale.NOMINAL:
            given = ratings.given
            yield (given * (given - 1) - 2 * _equal_pairs(ratings)) / each_less
        else:
            # The coincidences of each two values: Krippendorff's o_ck, for c < k.
            yield from (one * other / each_less for one, other in combinations(counts, 2))

    sums = resamples.sums(columns())
    values, rest = sums[:, :q], sums[:, q:]
    n = values.sum(axis=1)
    if ratings.scale is Scale.NOMINAL:
        by_chance = n * n - (values**2).sum(axis=1)
        return 1 - quotient((n - 1) * rest[:, 0], by_chance)
    # The ordinal metric of two values is the squared distance of their mid-ranks.
    rank = np.cumsum(values, axis=1) - values / 2
    observed, expected = np.zeros(len(n)), np.zeros(len(n))
    for at, (one, other) in enumerate(combinations(range(q), 2)):
        distance = (rank[:, one] - rank[:, other]) ** 2
        observed += rest[:, at] * distance
        expected += values[:, one] * values[:, other] * distance
    return 1 - quotient((n - 1) * observed, expected)


def _interval_alpha(ratings: Ratings, resamples: Resamples) -> Floats:
    given = np.where(ratings.given >= 2, ratings.given, 0)
    total, squares = (np.where(given, each, 0.0) for each in _moments(ratings))
    distances = 2 * (given * squares - total**2) / np.maximum(given - 1, 1)
    n, x_sum, x_squares, observed = resamples.sums((given, total, squares, distances)).T
    spread = quotient(x_squares, n) - quotient(x_sum, n) ** 2
    return 1 - quotient(quotient((n - 1) * observed, 2 * n * n), spread)


def gwet_ac(ratings: Ratings, resamples: Resamples) -> Floats:
    """Return Gwet's AC1 on a nominal scale, AC2 with quadratic weights on an ordered one.

    Agreement is over examples with at least two ratings, the share pi of each value over all that
    have one; p_e = T_w / (q (q - 1)) * sum of pi (1 - pi). Gwet, Computing Inter-Rater Reliability
    and Its Variance in the Presence of High Agreement (2008); Handbook of Inter-Rater Reliability
    (4th edition, 2014), chapters 4 and 5, for weights and missing values. `q` counts all categories
    of the ratings, T_w is the sum of the weights. Undefined with one category.
    """
    q, given = ratings.categories, ratings.given
    pairs = np.maximum(given * (given - 1), 1)
    is_paired = (given >= 2).astype(np.float64)
    if ratings.positions is None:
        agreed = 2 * _equal_pairs(ratings) / pairs
        weights = float(q)
    else:
        total, squares = _moments(ratings)
        agreed = is_paired - 2 * np.where(given >= 2, given * squares - total**2, 0) / pairs
        places = ratings.positions
        weights = float(q * q - ((places[:, None] - places[None, :]) ** 2).sum())

    def columns() -> Columns:
        yield is_paired
        yield agreed
        yield (given >= 1).astype(np.float64)
        yield from (each / np.maximum(given, 1) for each in _counts(ratings))

    sums = resamples.sums(columns())
    observed = quotient(sums[:, 1], sums[:, 0])
    if q < 2:
        return np.full_like(observed, np.nan)
    shares = sums[:, 3:] / np.maximum(sums[:, 2:3], 1)
    chance = weights / (q * (q - 1)) * (shares * (1 - shares)).sum(axis=1)
    return quotient(observed - chance, 1 - chance)


def _counts(ratings: Ratings) -> Columns:
    """Yield n_c of each pattern, value by value."""
    for value in range(ratings.categories):
        yield (ratings.patterns == value).sum(axis=1).astype(np.float64)


def _equal_pairs(ratings: Ratings) -> Floats:
    """Return how many pairs of ratings of each pattern are equal, by whichever way is shorter."""
    equal = np.zeros(len(ratings.patterns))
    pairs = ratings.raters * (ratings.raters - 1) // 2
    if pairs > ratings.categories:
        for count in _counts(ratings):
            equal += count * (count - 1) / 2
        return equal
    for one, other in combinations(ratings.patterns.T, 2):
        equal += (one == other) & (one != MISSING)
    return equal


def _moments(ratings: Ratings) -> tuple[Floats, Floats]:
    """Return the sum of the positions of each pattern's values, and that of their squares."""
    assert ratings.positions is not None
    places = np.where(ratings.patterns == MISSING, 0.0, ratings.positions[ratings.patterns])
    return places.sum(axis=1), (places**2).sum(axis=1)
