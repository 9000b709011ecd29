"""Pairing: which removed example was changed into which added one. Pure arithmetic on arrays.

Two sides are given as arrays of what only they have. Pairs are made in a fixed order of evidence,
each example at most once: the same key; one fixed into the other; the same conversation (its
metadata changed); the same prompt (its response changed); alone between the same neighbours (its
prompt changed).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

OWN = np.uint64(1 << 63)
"""Marks the token of a neighbour that only this side has; its position here is in the low bits."""

_PAIRED = np.uint64(1 << 62)


class What(StrEnum):
    """What changed between the two records of a pair."""

    METADATA = "metadata"
    RESPONSE = "response"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class Side:
    """The examples that only one side has, in dataset order: arrays of one length.

    `content` and `prompt` are 64-bit keys, meaningful where `has_content` and `has_prompt`.
    `before` and `after` are tokens of the neighbouring examples: a number below 2^63 that is equal
    on both sides for an example that both have, or `OWN | position` for one of this side's own.
    `key` numbers the values of a field
    that identifies examples, -1 where it has none; None when no such field was named. `fixed`
    numbers what was fixed into what likewise; None when nothing was.
    """

    content: NDArray[np.uint64]
    has_content: NDArray[np.bool_]
    prompt: NDArray[np.uint64]
    has_prompt: NDArray[np.bool_]
    before: NDArray[np.uint64]
    after: NDArray[np.uint64]
    key: NDArray[np.int64] | None = None
    fixed: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Changed examples: positions into the old and the new side, and what changed, in order."""

    old: Positions
    new: Positions
    what: tuple[What, ...]


def pair(old: Side, new: Side) -> Pairs:
    """Return the pairs of two sides, in the order of the new side; n log n.

    Where several examples share a key, conversation or prompt, they are paired in dataset order.
    """
    left = np.arange(len(old))
    right = np.arange(len(new))
    found: list[tuple[Positions, Positions]] = []
    kinds: list[list[What]] = []

    def take(a: Positions, b: Positions, what: list[What]) -> None:
        nonlocal left, right
        found.append((a, b))
        kinds.append(what)
        left = np.setdiff1d(left, a, assume_unique=True)
        right = np.setdiff1d(right, b, assume_unique=True)

    for ours, theirs in ((old.key, new.key), (old.fixed, new.fixed)):
        if ours is not None and theirs is not None:
            a, b = _matches(ours, ours >= 0, left, theirs, theirs >= 0, right)
            take(a, b, [_what(old, new, i, j) for i, j in zip(a.tolist(), b.tolist(), strict=True)])
    a, b = _matches(old.content, old.has_content, left, new.content, new.has_content, right)
    take(a, b, [What.METADATA] * len(a))
    a, b = _matches(old.prompt, old.has_prompt, left, new.prompt, new.has_prompt, right)
    take(a, b, [What.RESPONSE] * len(a))
    a, b = _between_same_neighbours(old, left, new, right, found)
    take(a, b, [_what(old, new, i, j) for i, j in zip(a.tolist(), b.tolist(), strict=True)])
    all_old = np.concatenate([each for each, _ in found])
    all_new = np.concatenate([each for _, each in found])
    all_what = [what for part in kinds for what in part]
    order = np.argsort(all_new, kind="stable")
    return Pairs(all_old[order], all_new[order], tuple(all_what[at] for at in order.tolist()))


def _what(old: Side, new: Side, i: int, j: int) -> What:
    if old.has_content[i] and new.has_content[j] and old.content[i] == new.content[j]:
        return What.METADATA
    if old.has_prompt[i] and new.has_prompt[j] and old.prompt[i] == new.prompt[j]:
        return What.RESPONSE
    return What.PROMPT


def _matches(
    old: NDArray[np.generic],
    old_has: NDArray[np.bool_],
    left: Positions,
    new: NDArray[np.generic],
    new_has: NDArray[np.bool_],
    right: Positions,
) -> tuple[Positions, Positions]:
    """Pair equal values in order: the k-th example of a value with the k-th on the other side."""
    left, right = left[old_has[left]], right[new_has[right]]
    left = left[np.argsort(old[left], kind="stable")]
    right = right[np.argsort(new[right], kind="stable")]
    ours, theirs = old[left], new[right]
    rank = np.arange(len(left)) - np.searchsorted(ours, ours, side="left")
    place = np.searchsorted(theirs, ours, side="left") + rank
    inside = np.flatnonzero(place < len(right))
    hit = inside[theirs[place[inside]] == ours[inside]]
    return left[hit], right[place[hit]]


def _between_same_neighbours(
    old: Side,
    left: Positions,
    new: Side,
    right: Positions,
    found: list[tuple[Positions, Positions]],
) -> tuple[Positions, Positions]:
    partner = np.full(len(old), -1)
    mirror = np.full(len(new), -1)
    for a, b in found:
        partner[a] = b
        mirror[b] = b
    places = _gaps(old, left, partner)
    pairs = [(places[gap], at) for gap, at in _gaps(new, right, mirror).items() if gap in places]
    return (
        np.array([a for a, _ in pairs], np.int64),
        np.array([b for _, b in pairs], np.int64),
    )


def _gaps(side: Side, wanted: Positions, partner: Positions) -> dict[tuple[int, int], int]:
    """Return the positions that stand alone between two neighbours that have a counterpart."""
    before = _shared_tokens(side.before[wanted], partner)
    after = _shared_tokens(side.after[wanted], partner)
    alone = np.flatnonzero((before != OWN) & (after != OWN))
    gaps = zip(before[alone].tolist(), after[alone].tolist(), strict=True)
    return dict(zip(gaps, wanted[alone].tolist(), strict=True))


def _shared_tokens(tokens: NDArray[np.uint64], partner: Positions) -> NDArray[np.uint64]:
    """Return tokens that mean the same on both sides, `OWN` where there is no counterpart."""
    result = tokens.copy()
    own = np.flatnonzero(tokens >= OWN)
    other = partner[(tokens[own] - OWN).astype(np.int64)]
    result[own] = np.where(other >= 0, _PAIRED | other.astype(np.uint64), OWN)
    return result
