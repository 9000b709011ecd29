"""How far two distributions are apart."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

_Value = TypeVar("_Value", bound=Hashable)


def jensen_shannon_distance(one: Mapping[_Value, int], other: Mapping[_Value, int]) -> float | None:
    """Return the Jensen-Shannon distance of two counts of values: 0 if alike, 1 if disjoint.

    The square root of the divergence in bits (Lin 1991; a metric by Endres and Schindelin 2003).
    None where a side counts nothing.
    """
    values = list(dict.fromkeys([*one, *other]))
    pair = np.array([[each.get(value, 0) for value in values] for each in (one, other)], np.float64)
    totals = pair.sum(axis=1, keepdims=True)
    if not values or not totals.all():
        return None
    shares = pair / totals
    middle = shares.mean(axis=0)
    is_there = shares > 0
    ratios = np.where(is_there, shares, 1) / np.where(is_there, middle, 1)
    divergence = float((shares * np.log2(ratios)).sum()) / 2
    return math.sqrt(min(max(divergence, 0.0), 1.0))
