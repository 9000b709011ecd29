"""Drawing sides for groups: by a hash, or so that each stratum has its shares. Pure arrays.

A group is drawn once, when its first members come; from then on its side is theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.texts import Rows

LEAST_LARGE = 100
"""In fewer rows than this no group counts as too large for a side."""

_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Drawn:
    """Groups to draw sides for.

    `hashes` order them (64 bits each), `sizes` are in rows, and `may_leave` tells which may go to
    another side than the first.
    """

    hashes: NDArray[np.uint64]
    sizes: Rows
    may_leave: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Strata:
    """The strata of groups: `rows[i]` rows of `group[i]` are of `stratum[i]`, sorted by group.

    `there` has the rows that are on each side already, a row for each stratum.
    """

    group: Rows
    stratum: Rows
    rows: Rows
    there: NDArray[np.int64]


def hashes_of(keys: NDArray[np.void], seed: int) -> NDArray[np.uint64]:
    """Return the hash of each key: the first 8 bytes of SHA-256("split" ‖ seed ‖ key), big-endian.

    The seed is in decimal digits, a key has 16 bytes. Costs 1 µs a key.
    """
    start = hashlib.sha256(b"split" + str(seed).encode())

    def digest(key: bytes) -> bytes:
        one = start.copy()
        one.update(key)
        return one.digest()

    data = keys.tobytes()
    size = keys.itemsize
    digests = b"".join(digest(data[at : at + size]) for at in range(0, len(data), size))
    heads: NDArray[np.uint64] = np.frombuffer(digests, ">u8")[:: _DIGEST_BYTES // 8]
    return heads.astype(np.uint64)


def drawn_by_hash(groups: Drawn, shares: Sequence[float], total: int) -> Rows:
    """Return the side of each group: where its hash falls among the shares.

    So it depends on nothing but the key, the seed and the shares, unless the group is too large:
    one with more rows than a side's share of `total` does not go there. Of the shares that are left
    it falls into one as any group does, and into the largest of all where none is left.
    """
    position = (groups.hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53
    side = _at(position, shares)
    smallest = min(shares) * total
    for group in np.flatnonzero(_is_large(groups.sizes, smallest, total)).tolist():
        open_sides = sides_for(int(groups.sizes[group]), shares, total)
        within = _at(position[group : group + 1], [shares[each] for each in open_sides])
        side[group] = open_sides[int(within[0])]
    return np.where(groups.may_leave, side, 0)


def sides_for(rows: int, shares: Sequence[float], total: int) -> list[int]:
    """Return the sides that a group of so many rows fits into, at least the largest one."""
    every = list(range(len(shares)))
    if total < LEAST_LARGE:
        return every
    fitting = [each for each in every if rows <= shares[each] * total]
    return fitting or [max(every, key=lambda each: shares[each])]


def _is_large(sizes: Rows, smallest: float, total: int) -> NDArray[np.bool_]:
    return sizes > (smallest if total >= LEAST_LARGE else np.inf)


def _at(position: NDArray[np.float64], shares: Sequence[float]) -> Rows:
    bounds = np.cumsum(shares)
    return np.searchsorted(bounds[:-1] / bounds[-1], position, side="right").astype(np.int64)


def drawn_by_strata(groups: Drawn, strata: Strata, shares: Sequence[float]) -> Rows:
    """Return the side of each group, so that each stratum has its shares, and so has the whole.

    In the order of hashes a group goes to the side that is furthest below its target for the
    group's strata. Where sides differ by less than the rows of the group, whole rows cannot tell
    them apart: then it goes to the one furthest below its target in all, which keeps the shares
    although many strata are too small to be divided. Groups that may not leave the first side are
    put there, and count for no target. Costs 2 µs a group.
    """
    counts = _counts(groups, strata)
    targets = np.outer(counts + strata.there.sum(axis=1), shares)
    lacking = (targets - strata.there).tolist()
    in_all = (targets.sum(axis=0) - strata.there.sum(axis=0)).tolist()
    total = int(targets.sum().round())
    parts = _parts(groups, strata)
    side = np.zeros(len(groups.sizes), np.int64)
    every = list(range(len(shares)))
    smallest = min(shares) * total
    is_large = _is_large(groups.sizes, smallest, total)
    for group in np.argsort(groups.hashes, kind="stable").tolist():
        if not groups.may_leave[group]:
            continue
        own, rows = parts[group], int(groups.sizes[group])
        fitting = sides_for(rows, shares, total) if is_large[group] else every
        chosen = _furthest(lacking, in_all, own, rows, fitting)
        side[group] = chosen
        in_all[chosen] -= rows
        for stratum, count in own:
            lacking[stratum][chosen] -= count
    return side


def _furthest(
    lacking: list[list[float]],
    in_all: list[float],
    own: list[tuple[int, int]],
    rows: int,
    fitting: list[int],
) -> int:
    """Return which of some sides lacks most for the strata of a group."""
    if len(own) == 1:
        needs = lacking[own[0][0]]
    else:
        needs = [
            sum(lacking[stratum][each] * count for stratum, count in own) / rows
            for each in range(len(in_all))
        ]
    most = max(needs[each] for each in fitting)
    near = [each for each in fitting if needs[each] > most - rows]
    return near[0] if len(near) == 1 else max(near, key=in_all.__getitem__)


def _counts(groups: Drawn, strata: Strata) -> Rows:
    """Return how many rows each stratum has in groups that may go to any side."""
    counted = groups.may_leave[strata.group]
    result = np.zeros(len(strata.there), np.int64)
    np.add.at(result, strata.stratum[counted], strata.rows[counted])
    return result


def _parts(groups: Drawn, strata: Strata) -> list[list[tuple[int, int]]]:
    bounds = np.searchsorted(strata.group, np.arange(len(groups.sizes) + 1)).tolist()
    pairs = list(zip(strata.stratum.tolist(), strata.rows.tolist(), strict=True))
    return [pairs[start:end] for start, end in pairwise(bounds)]
