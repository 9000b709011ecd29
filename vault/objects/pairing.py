"""Pairing: which example of one side became which of another. Pure arithmetic on arrays.

Two sides are given as arrays of what only they have, and paired by evidence, strongest first:
the same key; one fixed into the other; the same conversation (its metadata changed); the same
prompt (its response changed); texts that are alike, which a caller finds. Where an example stands
is no evidence. Each example has one partner at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Marks = NDArray[np.bool_]

Coexisted = Callable[[Positions, Positions], Marks]
"""Tells of pairs of positions whether both were in one dataset: then neither became the other."""


class What(StrEnum):
    """What changed between the two records of a pair."""

    METADATA = "metadata"
    RESPONSE = "response"
    PROMPT = "prompt"


def what_changed(*, same_conversation: bool, same_prompt: bool) -> What:
    """Return the kind of change between two records, given the parts that are equal."""
    if same_conversation:
        return What.METADATA
    return What.RESPONSE if same_prompt else What.PROMPT


@dataclass(frozen=True, slots=True)
class Side:
    """The examples that only one side has, in dataset order: arrays of one length.

    `content` and `prompt` are 64-bit keys, meaningful where `has_content` and `has_prompt`.
    `taken_out` marks those that the other side took out deliberately: nothing became of them.
    `key` numbers the values of a field that identifies examples, -1 where it has none; None when
    no such field was named. `fixed` numbers what was fixed into what likewise.
    """

    content: NDArray[np.uint64]
    has_content: Marks
    prompt: NDArray[np.uint64]
    has_prompt: Marks
    taken_out: Marks
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


class Matching:
    """Two sides on their way to pairs; `left` and `right` are the positions without a partner yet.

    Where several examples share a key, conversation or prompt, they are paired in dataset order.
    Exchanging the sides exchanges the pairs.
    """

    def __init__(self, old: Side, new: Side, coexisted: Coexisted) -> None:
        self.old, self.new = old, new
        self.left, self.right = np.arange(len(old)), np.arange(len(new))
        self._coexisted = coexisted
        self._found: list[tuple[Positions, Positions]] = []

    def pair_recorded(self) -> None:
        """Pair what has the same key, and what was fixed; then set aside what was taken out."""
        for ours, theirs in ((self.old.key, self.new.key), (self.old.fixed, self.new.fixed)):
            if ours is not None and theirs is not None:
                self._take(*_matches(ours, ours >= 0, self.left, theirs, theirs >= 0, self.right))
        self.left = self.left[~self.old.taken_out[self.left]]
        self.right = self.right[~self.new.taken_out[self.right]]

    def pair_conversations(self) -> None:
        """Pair what has the same conversation."""
        old, new = self.old, self.new
        self._take_possible(
            *_matches(
                old.content, old.has_content, self.left, new.content, new.has_content, self.right
            )
        )

    def pair_prompts(self, *, single: bool) -> None:
        """Pair what has the same prompt; only prompts that each side has once if `single`."""
        old, new = self.old, self.new
        has_old, has_new = old.has_prompt, new.has_prompt
        if single:
            has_old = has_old & _is_single(old.prompt, has_old, self.left)
            has_new = has_new & _is_single(new.prompt, has_new, self.right)
        self._take_possible(
            *_matches(old.prompt, has_old, self.left, new.prompt, has_new, self.right)
        )

    def have_same_prompt(self, old: Positions, new: Positions) -> Marks:
        """Tell of pairs of positions whether they have the same prompt."""
        same: Marks = self.old.has_prompt[old] & self.new.has_prompt[new]
        same &= self.old.prompt[old] == self.new.prompt[new]
        return same

    def may_be_paired(self, old: Positions, new: Positions) -> Marks:
        """Tell of pairs of positions whether both lack a partner and never coexisted."""
        free = np.isin(old, self.left) & np.isin(new, self.right)
        free[free] = ~self._coexisted(old[free], new[free])
        return free

    def pair_in_turn(self, old: Positions, new: Positions) -> None:
        """Take pairs that may be, in this order, unless a partner has gone to an earlier one."""
        gone: set[int] = set()
        come: set[int] = set()
        taken: list[tuple[int, int]] = []
        for a, b in zip(old.tolist(), new.tolist(), strict=True):
            if a not in gone and b not in come:
                gone.add(a)
                come.add(b)
                taken.append((a, b))
        pairs = np.array(taken, np.int64).reshape(-1, 2)
        self._take(pairs[:, 0], pairs[:, 1])

    def can_be_paired(self, old: Positions, new: Positions) -> bool:
        """Tell whether these are pairs of positions that have no partner, each at most once."""
        return all(
            bool(np.isin(each, free).all()) and len(np.unique(each)) == len(each)
            for each, free in ((old, self.left), (new, self.right))
        )

    def count(self) -> int:
        """Return how often pairs were taken."""
        return len(self._found)

    def found_since(self, count: int) -> tuple[Positions, Positions]:
        """Return the pairs taken since then."""
        return _joined(self._found[count:])

    def pairs(self) -> Pairs:
        """Return the pairs, in the order of the new side."""
        old, new = _joined(self._found)
        order = np.argsort(new, kind="stable")
        old, new = old[order], new[order]
        same = self.old.has_content[old] & self.new.has_content[new]
        same &= self.old.content[old] == self.new.content[new]
        response = self.have_same_prompt(old, new)
        what = tuple(
            what_changed(same_conversation=is_same, same_prompt=is_response)
            for is_same, is_response in zip(same.tolist(), response.tolist(), strict=True)
        )
        return Pairs(old, new, what)

    def _take_possible(self, old: Positions, new: Positions) -> None:
        possible = ~self._coexisted(old, new)
        self._take(old[possible], new[possible])

    def _take(self, old: Positions, new: Positions) -> None:
        self._found.append((old, new))
        self.left = np.setdiff1d(self.left, old, assume_unique=True)
        self.right = np.setdiff1d(self.right, new, assume_unique=True)


def _joined(parts: list[tuple[Positions, Positions]]) -> tuple[Positions, Positions]:
    none = np.zeros(0, np.int64)
    return (
        np.concatenate([none, *(each for each, _ in parts)]),
        np.concatenate([none, *(each for _, each in parts)]),
    )


def _is_single(values: NDArray[np.uint64], has: Marks, among: Positions) -> Marks:
    """Tell of all values whether they occur once at the positions `among` that have one."""
    places = among[has[among]]
    places = places[np.argsort(values[places], kind="stable")]
    ordered = values[places]
    single = np.ones(len(places), np.bool_)
    equal = ordered[1:] == ordered[:-1]
    single[1:] &= ~equal
    single[:-1] &= ~equal
    result = np.zeros(len(values), np.bool_)
    result[places[single]] = True
    return result


def _matches(
    old: NDArray[np.generic],
    old_has: Marks,
    left: Positions,
    new: NDArray[np.generic],
    new_has: Marks,
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
