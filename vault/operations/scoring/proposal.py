"""A proposal: the number of examples to generate for each slice of a dataset. Pure.

Every slice is first brought to the least number of examples, if one is given. Of what is left of
the examples to generate, the metric decides on a share as large as its *reliability*: the part of
the differences between slices that chance does not explain. That share is divided in proportion to
how far each slice is below the best one; the rest fills the smallest slices up first. So where few
examples were measured, or slices are equally good, the counts decide, as they do without a metric.

What a few examples say is not believed either: means of slices are drawn towards the mean of all,
the more the fewer examples measure them. A slice of three failures does not take everything, and
one that was not measured counts as an average one. Both follow from the variance between slices
and within them (one-way analysis of variance, by moments; Efron and Morris, Data analysis using
Stein's estimator and its generalizations, 1975).

Shares are whole by the largest remainder; of equal ones the earlier slice gets more. Measured in
docs/reference/closed-loop-measured.md, with what was tried besides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_PRIOR = 1.0
"""The examples with the mean of all that every slice is given at least: three failures in a row
have no variance, and are no certainty."""

_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Standing:
    """A slice: its examples, the number that was measured, their mean and variance.

    The variance is that of the measured examples around their mean, divided by their number.
    """

    examples: int
    measured: int = 0
    mean: float = 0.0
    variance: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A metric by slice: how far each is below the best, and how much of that is no chance.

    `reliability` is from 0 to 1.
    """

    shortfalls: tuple[float, ...]
    reliability: float


def propose(
    slices: Sequence[Standing],
    evidence: Evidence,
    count: int | None = None,
    at_least: int | None = None,
) -> list[int]:
    """Return how many examples to generate for each slice.

    `count` is the number of all, None for as many as `at_least` needs. Where `at_least` needs more
    than `count`, slices get shares of it in proportion to what they lack.
    """
    lacking = [max((at_least or 0) - each.examples, 0) for each in slices]
    if count is None:
        return lacking
    left = count - sum(lacking)
    if left <= 0:
        return _shares([float(each) for each in lacking], count)
    by_metric = _shares(evidence.shortfalls, round(left * evidence.reliability))
    sizes = [
        each.examples + one + other
        for each, one, other in zip(slices, lacking, by_metric, strict=True)
    ]
    levelled = _levelled(sizes, left - sum(by_metric))
    return [sum(each) for each in zip(lacking, by_metric, levelled, strict=True)]


def weigh(slices: Sequence[Standing]) -> Evidence:
    """Return what the metric of some slices says; nothing where fewer than two are measured."""
    known = [each for each in slices if each.measured]
    total, nothing = sum(each.measured for each in known), Evidence((0.0,) * len(slices), 0.0)
    if len(known) < 2 or total <= len(known):
        return nothing
    overall = math.fsum(each.measured * each.mean for each in known) / total
    between = math.fsum(each.measured * (each.mean - overall) ** 2 for each in known)
    between /= len(known) - 1
    within = math.fsum(each.measured * each.variance for each in known) / (total - len(known))
    if between <= within + _SAME:
        return nothing
    squares = math.fsum(each.measured**2 for each in known)
    usual = (total - squares / total) / (len(known) - 1)
    prior = max(within * usual / (between - within), LEAST_PRIOR)
    drawn = [
        (each.measured * each.mean + prior * overall) / (each.measured + prior) for each in slices
    ]
    return Evidence(tuple(max(drawn) - each for each in drawn), 1 - within / between)


def _shares(weights: Sequence[float], count: int) -> list[int]:
    """Return whole numbers in proportion to weights, which add up to `count`."""
    total = math.fsum(weights)
    if not total:
        return [0] * len(weights)
    exact = [count * each / total for each in weights]
    shares = [int(each) for each in exact]
    # Rounded, so that what is equal but for rounding errors is equal.
    order = sorted(range(len(exact)), key=lambda at: (-round(exact[at] - shares[at], 9), at))
    for at in order[: count - sum(shares)]:
        shares[at] += 1
    return shares


def _levelled(sizes: Sequence[int], count: int) -> list[int]:
    """Return what fills up the smallest of some sizes first, `count` in all."""
    order = sorted(range(len(sizes)), key=lambda at: (sizes[at], at))
    result = [0] * len(sizes)
    total = count
    for lowest, at in enumerate(order, 1):
        total += sizes[at]
        height, rest = divmod(total, lowest)
        if lowest == len(order) or height < sizes[order[lowest]]:
            for place, each in enumerate(order[:lowest]):
                result[each] = height + (place < rest) - sizes[each]
            break
    return result
