"""How often each of some values occurs, for each of some groups; values are numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vault.statistics.lengths import Integers

Tally = tuple[list[int], list[int]]
"""Values that occur, ascending, and how often each does."""


def tally_by_group(group: Integers, value: Integers, groups: int, values: int) -> list[Tally]:
    """Return how often each value occurs in the groups numbered 0 to `groups` - 1.

    Values are numbered 0 to `values` - 1. Memory follows the number of entries, however many groups
    and values there are; costs sorting the entries where both are many.
    """
    joint = group * max(values, 1) + value
    cells = groups * max(values, 1)
    if cells <= 4 * len(joint) + 1024:
        dense = np.bincount(joint, minlength=cells)
        found = np.flatnonzero(dense)
        counts: NDArray[np.int64] = dense[found]
    else:
        found, counts = np.unique(joint, return_counts=True)
    owner, number = np.divmod(found, max(values, 1))
    bounds = np.searchsorted(owner, np.arange(groups + 1)).tolist()
    numbers, times = number.tolist(), counts.tolist()
    return [(numbers[start:end], times[start:end]) for start, end in pairwise(bounds)]
