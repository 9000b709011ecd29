"""Clusters: connected components of the pairs whose true similarity reaches the threshold.

A pair is compared only while its texts are in different clusters, best estimates first, in the
rounds of Borůvka (1926): a cluster of m texts costs about m comparisons, not m².
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.similarity import Similarities
from vault.dedupe.texts import Rows

Compare = Callable[[Rows, Rows], Similarities]
"""Returns the true similarities of pairs of rows."""

TOLERANCE = 1e-12
"""What a similarity may fall short of the threshold: 4/5 is 0.8, however it is rounded."""

_ROUNDS = 8
_COMPARED_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True)
class Edges:
    """Pairs of rows that were compared and are near-duplicates, with their similarities."""

    first: Rows
    second: Rows
    similarity: Similarities


def components(count: int, first: Rows, second: Rows) -> Rows:
    """Return for each of `count` rows the smallest row that pairs connect it with.

    Smaller numbers are handed over along pairs, and paths halved, until nothing changes.
    """
    smallest = np.arange(count)
    while len(first):
        left, right = smallest[first], smallest[second]
        apart = left != right
        first, second, left, right = first[apart], second[apart], left[apart], right[apart]
        if not len(first):
            break
        np.minimum.at(smallest, np.maximum(left, right), np.minimum(left, right))
        while True:
            further = smallest[smallest]
            if np.array_equal(further, smallest):
                break
            smallest = further
    return smallest


def connect(
    count: int, first: Rows, second: Rows, *, compare: Compare, threshold: float
) -> tuple[Rows, Edges]:
    """Return the component of each of `count` rows, and the edges that were found.

    `first` and `second` are candidate pairs, the most promising first. Every pair is either
    compared or found inside a component, so the components do not depend on their order.
    """
    component = np.arange(count)
    edges: list[Edges] = []
    turn = 0
    while True:
        apart = component[first] != component[second]
        first, second = first[apart], second[apart]
        if not len(first):
            break
        # After a few rounds what is left are mostly pairs that will not do: no more picking.
        chosen = _best(component, first, second) if turn < _ROUNDS else _all(first)
        turn += 1
        found = compare(first[chosen], second[chosen])
        is_near = found >= threshold - TOLERANCE
        good = chosen[is_near]
        new = Edges(first[good], second[good], found[is_near])
        edges.append(new)
        left = np.ones(len(first), np.bool_)
        left[chosen] = False
        first, second = first[left], second[left]
        if len(good):
            joined = components(count, component[new.first], component[new.second])
            component = joined[component]
    return component, _together(edges)


def _best(component: Rows, first: Rows, second: Rows) -> Rows:
    """Return the places of the pairs that are the first one of some component."""
    order = np.arange(len(first))[::-1]
    earliest = np.empty(len(component), np.int64)
    chosen = np.zeros(len(first), np.bool_)
    for side in (component[first], component[second]):
        earliest[side[::-1]] = order
        chosen |= earliest[side] == order[::-1]
    return np.flatnonzero(chosen)


def _all(first: Rows) -> Rows:
    return np.arange(min(len(first), _COMPARED_AT_ONCE))


def _together(edges: list[Edges]) -> Edges:
    none = np.zeros(0, np.int64)
    return Edges(
        np.concatenate([none, *(each.first for each in edges)]),
        np.concatenate([none, *(each.second for each in edges)]),
        np.concatenate([np.zeros(0, np.float64), *(each.similarity for each in edges)]),
    )


def sorted_best_first(estimate: NDArray[np.float32]) -> Rows:
    """Return the order of pairs from the highest estimate to the lowest, equal ones as given."""
    return np.argsort(-estimate, kind="stable")
