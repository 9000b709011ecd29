"""Which rows of a part are drawn, and in which order a mixture is written: all by hashes. Pure.

A hash is the first 8 bytes of SHA-256 over a word for its use, the seed, the part's name, the id of
the example and, for the order, the number of the repetition. It does not depend on other examples:
what is added later leaves the old ones where they are, relative to one another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from vault.operations.exports.mixtures.mixture import Order

Counts = NDArray[np.int64]


def ranks(
    word: str, seed: int, part: str, ids: NDArray[np.void], repeat: int = 0
) -> NDArray[np.uint64]:
    """Return a hash of each id: 16 bytes each in, 64 bits each out. Costs 1 µs an id."""
    prefix = hashlib.sha256(f"{word}\0{seed}\0{repeat}\0{part}\0".encode())

    def digest(each: bytes) -> bytes:
        own = prefix.copy()
        own.update(each)
        return own.digest()[:8]

    data = ids.tobytes()
    size = ids.itemsize
    parts = (digest(data[at : at + size]) for at in range(0, len(data), size))
    return np.frombuffer(b"".join(parts), ">u8").astype(np.uint64)


def by_epochs(epochs: Decimal, ranks: NDArray[np.uint64]) -> Counts:
    """Return how often each row is written in some passes, the last of which may be a part of one.

    A row is in that part if its rank says so, whatever other rows there are.
    """
    whole, rest = divmod(Fraction(epochs), 1)
    limit = np.uint64(min(ceil(rest * (1 << 64)), (1 << 64) - 1))
    return np.int64(int(whole)) + (ranks < limit).astype(np.int64)


def by_count(count: int, ranks: NDArray[np.uint64]) -> Counts:
    """Return how often each row is written so that the sum is `count`: lowest ranks first.

    Every row once before any row twice. No rows give nothing.
    """
    if not len(ranks):
        return np.zeros(0, np.int64)
    whole, rest = divmod(count, len(ranks))
    counts = np.full(len(ranks), whole, np.int64)
    counts[np.argsort(ranks, kind="stable")[:rest]] += 1
    return counts


def by_tokens(budget: int, tokens: NDArray[np.int64], ranks: NDArray[np.uint64]) -> Counts:
    """Return how often each row is written so that all have at most `budget` tokens together.

    Rows follow one another by rank, again from the first after the last, until one does not fit.
    """
    sum_ = int(tokens.sum())
    if not sum_:
        return np.zeros(len(tokens), np.int64)
    whole, rest = divmod(budget, sum_)
    counts = np.full(len(tokens), whole, np.int64)
    order = np.argsort(ranks, kind="stable")
    counts[order[: np.searchsorted(np.cumsum(tokens[order]), rest, side="right")]] += 1
    return counts


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn from one part: row `i` is written `counts[i]` times, and has `ids[i]`."""

    name: str
    ids: NDArray[np.void]
    counts: Counts


def arranged(drawn: Sequence[Drawn], order: Order, seed: int) -> tuple[Counts, Counts]:
    """Return, for each line of the mixture, the number of its part and its row there.

    `shuffle` sorts by hash. `interleave` puts the k-th of n lines of a part at (2k + 1) / 2n, in
    the order of their hashes, a repetition after the one before. `parts` keeps the order of rows.
    """
    parts, rows, places = [], [], []
    for number, each in enumerate(drawn):
        own_rows, own_places = _lines(each, order, seed)
        parts.append(np.full(len(own_rows), number, np.int64))
        rows.append(own_rows)
        places.append(own_places)
    part, row = (np.concatenate([np.zeros(0, np.int64), *each]) for each in (parts, rows))
    if order is Order.PARTS or not len(row):
        return part, row
    at = np.argsort(np.concatenate(places), kind="stable")
    return part[at], row[at]


def _lines(drawn: Drawn, order: Order, seed: int) -> tuple[Counts, NDArray[np.generic]]:
    """Return the row of each line of a part, and what lines of all parts are sorted by."""
    rows, found = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
    for repeat in range(int(drawn.counts.max(initial=0))):
        again = np.flatnonzero(drawn.counts > repeat)
        rank = np.zeros(len(again), np.uint64)
        if order is not Order.PARTS:
            rank = ranks("order", seed, drawn.name, drawn.ids[again], repeat)
        if order is Order.INTERLEAVE:
            at = np.argsort(rank, kind="stable")
            again, rank = again[at], rank[at]
        rows.append(again)
        found.append(rank)
    row = np.concatenate(rows)
    if order is Order.INTERLEAVE:
        return row, (2 * np.arange(len(row)) + 1) / (2 * max(len(row), 1))
    return row, np.concatenate(found)
