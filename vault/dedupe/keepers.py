"""Keepers: the one example of each cluster that stays."""

from __future__ import annotations

import numpy as np

from vault.dedupe.shingles import is_first
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes


def choose_keepers(cluster: Rows, preference: Rows) -> Rows:
    """Return for each row the row that its cluster keeps: the smallest preference, then position.

    `cluster` is any number that the rows of a cluster share, and only they.
    """
    order = np.lexsort((np.arange(len(cluster)), preference, cluster))
    begins = is_first(cluster[order])
    kept = order[np.flatnonzero(begins)]
    keeper = np.empty(len(cluster), np.int64)
    keeper[order] = kept[np.cumsum(begins) - 1]
    return keeper


def refined(cluster: Rows, number: Hashes) -> Rows:
    """Return clusters whose rows also share a number, each called by its smallest row."""
    order = np.lexsort((np.arange(len(cluster)), number, cluster))
    same = ~is_first(cluster[order])
    same[1:] &= number[order][1:] == number[order][:-1]
    kept = order[np.flatnonzero(~same)]
    result = np.empty(len(cluster), np.int64)
    result[order] = kept[np.cumsum(~same) - 1]
    return result


def set_apart(cluster: Rows, rows: Rows) -> Rows:
    """Return clusters in which each of some rows stands alone."""
    result = cluster.copy()
    result[rows] = len(cluster) + rows
    return result
