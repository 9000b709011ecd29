"""How many examples to generate for each slice of a dataset: a proposal from what is known. Pure.

Every slice is first brought to the least number of examples, if one is given. What is left of the
examples to generate is shared in proportion to how far the metric of each slice is below that of
the best one. A metric of few examples says little, so each slice counts as if it had `PRIOR` more
examples with the mean of all: a slice of three failures does not take everything, and one that was
not measured counts as an average one. Where no metric is given, or all slices are equally good,
the smallest slices are filled up first.

Shares are whole by the largest remainder; of equal ones the earlier slice gets more.
Measured in docs/reference/closed-loop-measured.md, against the alternatives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PRIOR = 5
"""The examples with the mean of all that every slice is given besides its own."""

_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Standing:
    """How a slice stands: its examples, how many of it were measured, and their mean."""

    examples: int
    measured: int = 0
    mean: float | None = None


def propose(
    slices: Sequence[Standing], count: int | None = None, at_least: int | None = None
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
    weights = _shortfalls(slices)
    if max(weights, default=0.0) > _SAME:
        more = _shares(weights, left)
    else:
        more = _levelled(
            [each.examples + own for each, own in zip(slices, lacking, strict=True)], left
        )
    return [one + other for one, other in zip(lacking, more, strict=True)]


def _shortfalls(slices: Sequence[Standing]) -> list[float]:
    """Return how far each slice is below the best, each with PRIOR examples of the mean of all."""
    measured = sum(each.measured for each in slices)
    if not measured:
        return [0.0] * len(slices)
    overall = math.fsum(each.measured * (each.mean or 0.0) for each in slices) / measured
    shrunk = [
        (each.measured * (each.mean or 0.0) + PRIOR * overall) / (each.measured + PRIOR)
        for each in slices
    ]
    return [max(shrunk) - each for each in shrunk]


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
