"""What a split did, in numbers: the sides, what is new on each, and what got none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vault.dataset.changing.stage import Staged
from vault.dedupe.texts import Rows
from vault.objects.split_rule import SplitRule
from vault.operations.splitting.draw import LEAST_LARGE
from vault.operations.splitting.groups import Bound, connected
from vault.operations.splitting.members import Members
from vault.presentation.report_html import Displayed

_SHOWN = 10
_LARGE = 0.05


@dataclass(frozen=True, slots=True)
class Connecting:
    """A new example without a side, and an example on each of two sides that it belongs with.

    With one side alone: it belongs there, and may not be held out.
    """

    id: str
    sides: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LargeGroup:
    """A group with many examples: the id of its first, how many, and how many on each side."""

    id: str
    examples: int
    sides: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SplitReport(Displayed):
    """How a dataset is split now.

    `splits` counts the examples on each side, those of the rule first; `new` those of them that
    had none before. `unassigned` examples have no side: each belongs with examples of two sides, or
    with such as are held out while it may not be; `connecting` has the first of them. `groups`
    counts groups of two examples or more, `divided` those that are on several sides since before,
    and `large_groups` has those of more than 5 %. `may_leave` counts the examples that `hold_out`
    lets go to another side than the first, None without it. `not_compared` have no text to compare.
    `changed` tells that sides were given by another rule before.
    """

    examples: int
    splits: Mapping[str, int]
    unassigned: int
    new: Mapping[str, int]
    groups: int
    divided: int
    connecting: tuple[Connecting, ...]
    large_groups: tuple[LargeGroup, ...]
    rule: SplitRule
    changed: bool = False
    may_leave: int | None = None
    not_compared: int = 0
    staged: Staged | None = None
    dry_run: bool = False


def report_of(members: Members, bound: Bound, drawn: Rows, rule: SplitRule) -> SplitReport:
    """Return how rows are split once each group of new ones is on the side that it has drawn."""
    side = members.side.copy()
    new = np.append(drawn, -1)[bound.group]
    side[bound.rows] = new
    placed = np.flatnonzero(side >= 0)
    number = connected(placed, members.shared)
    groups, divided = _groups(number, side[placed])
    return SplitReport(
        examples=len(side),
        splits=_counted(members.names, side[placed], len(rule.sides)),
        unassigned=len(side) - len(placed),
        new=_counted(members.names, new[new >= 0], len(rule.sides)),
        groups=groups,
        divided=divided,
        connecting=_connecting(members, bound),
        large_groups=tuple(_large_groups(members, side, placed, number)),
        rule=rule,
        not_compared=members.near.not_compared,
    )


def _counted(names: Sequence[str], sides: Rows, least: int) -> Mapping[str, int]:
    """Return how many rows are on each side; the first ones are named although nothing is there."""
    counts = np.bincount(sides, minlength=len(names)).tolist()
    pairs = enumerate(zip(names, counts, strict=True))
    return {name: count for at, (name, count) in pairs if count or at < least}


def _groups(number: Rows, side: Rows) -> tuple[int, int]:
    """Return how many groups have two rows or more, and how many have rows on several sides."""
    sizes = np.bincount(number)
    first = np.zeros(len(sizes), np.int64)
    first[number] = side
    apart = np.bincount(number[side != first[number]], minlength=len(sizes))
    return int((sizes > 1).sum()), int((apart > 0).sum())


def _large_groups(members: Members, side: Rows, placed: Rows, number: Rows) -> Iterator[LargeGroup]:
    """Yield the groups of many rows, largest first."""
    sizes = np.bincount(number)
    if len(side) < LEAST_LARGE:
        return
    large = np.flatnonzero(sizes > _LARGE * len(side))
    for each in large[np.argsort(-sizes[large], kind="stable")].tolist():
        rows = placed[number == each]
        counts = _counted(members.names, side[rows], 0)
        yield LargeGroup(_id(members, int(rows[0])), len(rows), counts)


def _connecting(members: Members, bound: Bound) -> tuple[Connecting, ...]:
    left = np.flatnonzero(bound.group < 0)[:_SHOWN]
    told = zip(
        *(each[left].tolist() for each in (bound.rows, bound.first, bound.second)), strict=True
    )
    return tuple(
        Connecting(
            _id(members, row),
            {members.names[members.side[each]]: _id(members, each) for each in (first, second)},
        )
        for row, first, second in told
    )


def _id(members: Members, row: int) -> str:
    found: bytes = members.ranks.ids[members.ranks.own[row]].tobytes()
    return found.hex()
