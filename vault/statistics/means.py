"""The mean of some scores with its 95 % interval."""

from __future__ import annotations

import numpy as np

from vault.statistics.bootstrap import Estimate, Resamples, estimate, quotient
from vault.statistics.ratings import Floats

_Z = 1.959963984540054
"""The normal quantile of a 95 % interval."""


def estimated_share(yes: int, total: int) -> Estimate:
    """Return the share of yes, and Wilson's interval of it (1927), which holds for few too."""
    if not total:
        return Estimate()
    share, z = yes / total, _Z**2 / total
    middle = (share + z / 2) / (1 + z)
    spread = _Z / (1 + z) * (share * (1 - share) / total + z / (4 * total)) ** 0.5
    low = 0.0 if not yes else middle - spread
    high = 1.0 if yes == total else middle + spread
    return Estimate(share, (low, high))


def estimated_mean(values: Floats) -> Estimate:
    """Return the mean of numbers, and the bootstrap's interval of it.

    There is no interval where all are the same. The order of values changes nothing.
    """
    if not len(values):
        return Estimate()
    distinct, counts = np.unique(values, return_counts=True)
    sums = Resamples.of(counts.astype(np.int64)).sums([distinct, np.ones(len(distinct))])
    return estimate(quotient(sums[:, 0], sums[:, 1]))
