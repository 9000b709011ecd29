"""Groups: the examples of a list that belong together, as a cluster or as answers to one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import hashes_of, ids_of
from vault.dataset.reading.examples import read_examples
from vault.dataset.reading.labels import label_of_each
from vault.errors import InvalidInput, NotFound
from vault.objects.conversation import Kind
from vault.objects.runs import RowKeys
from vault.operations.queries.browse import MOST_ROWS, Listing
from vault.operations.queries.shown_example import Row, Whole
from vault.presentation.record_diff import RecordDiff, record_diffs

CLUSTER = "cluster"
"""Examples with one value of the label `cluster`, which `dedupe --mark` gives near-duplicates."""

PROMPT = "prompt"
"""Examples with one prompt, where there are several, and preference records, which have two
answers each."""

KINDS = (CLUSTER, PROMPT)
MOST_MEMBERS = 30
"""Members of a group that are shown; more are counted."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group as a list shows it: its name, how many belong to it, and its first example."""

    name: str
    size: int
    row: Row


@dataclass(frozen=True, slots=True)
class Member:
    """An example of a group; `diff` is how it differs from the first one of a cluster."""

    example: Whole
    diff: RecordDiff | None


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group to be read: its members, of a cluster the one that it is named after first.

    `left_out` members are not there.
    """

    name: str
    members: tuple[Member, ...]
    left_out: int


class Groups:
    """The groups of a list, those of a cluster with most members first. Threads may share it."""

    def __init__(
        self, listing: Listing, keys: RowKeys, starts: NDArray[np.int64], names: Sequence[str]
    ) -> None:
        self.version = listing.version
        self._listing = listing
        self._keys = keys
        self._starts = starts
        self._names = names
        self._ids: NDArray[np.void] | None = None

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self._names)

    def page(self, offset: int, limit: int) -> tuple[GroupRow, ...]:
        """Return some groups, at most MOST_ROWS. Costs a record of each. Raises Corrupt."""
        start = max(0, offset)
        places = range(len(self))[start : start + max(0, min(limit, MOST_ROWS))]
        rows = self._of(self._keys[self._starts[list(places)]]).page(0, MOST_ROWS)
        return tuple(
            GroupRow(self._names[at], int(self._starts[at + 1] - self._starts[at]), row)
            for at, row in zip(places, rows, strict=True)
        )

    def shown(self, place: int, *, compares: bool = False, clips: bool = True) -> ShownGroup:
        """Return the group at a place, with long texts cut unless all is wanted.

        `compares` has each member compared with the first. Raises NotFound (`group-not-there`),
        Corrupt.
        """
        if not 0 <= place < len(self):
            raise NotFound(
                f"there is no group number {place + 1:,}: there are {len(self):,}",
                code="group-not-there",
                hint="go to one that is in the list",
            )
        keys = self._keys[self._starts[place] : self._starts[place + 1]]
        name = self._names[place]
        ids = ids_of(self._listing.dataset.columns(keys, ["id"]))
        named = [each.tobytes().hex().startswith(name) for each in ids]
        members = keys[np.argsort(np.logical_not(named), kind="stable")][:MOST_MEMBERS]
        wholes = self._of(members).wholes(clips=clips)
        diffs: list[RecordDiff | None] = [None] * len(members)
        if compares:
            first, *others = (each.data for each in read_examples(self._listing.dataset, members))
            diffs[1:] = record_diffs(first, others)
        pairs = zip(wholes, diffs, strict=True)
        return ShownGroup(name, tuple(Member(*each) for each in pairs), len(keys) - len(members))

    def place_of(self, example: str) -> int:
        """Return the place of the group that an example (its whole id) is in, -1 for none.

        Costs reading the ids of all groups, once.
        """
        if self._ids is None:
            self._ids = ids_of(self._listing.dataset.columns(self._keys, ["id"]))
        found = np.flatnonzero(self._ids == np.void(_bytes_of(example)))
        return int(np.searchsorted(self._starts, found[0], "right")) - 1 if len(found) else -1

    def _of(self, keys: RowKeys) -> Listing:
        return Listing.of_rows(self.version, len(keys), self._listing.dataset, keys)


def group(listing: Listing, by: str) -> Groups:
    """Return the groups of a list by CLUSTER or PROMPT.

    Costs reading the label sets, or the keys of prompts. Raises InvalidInput (`group-unknown`),
    Corrupt.
    """
    if by == CLUSTER:
        return _by_cluster(listing)
    if by == PROMPT:
        return _by_prompt(listing)
    raise InvalidInput(
        f'examples cannot be grouped by "{by}"',
        code="group-unknown",
        hint=f"there are {', '.join(KINDS)}",
    )


def _by_cluster(listing: Listing) -> Groups:
    labels = label_of_each(listing.dataset, listing.keys, lambda name: name == CLUSTER)
    if CLUSTER not in labels:
        return _groups(listing, np.zeros(0, np.int64), np.zeros(0, np.int64), [])
    found = labels[CLUSTER]
    rows = np.flatnonzero(found.has())
    names = [str(each) for each in found.values]
    sizes = np.bincount(found.place[rows], minlength=len(names))
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(names))
    by_rank = [names[at] for at in np.argsort(rank, kind="stable").tolist()]
    return _groups(listing, rows, rank[found.place[rows]], by_rank)


def _by_prompt(listing: Listing) -> Groups:
    table = listing.dataset.columns(listing.keys, ["prompt_id", "kind"])
    prompts, has_prompt = hashes_of(table, "prompt_id")
    rows = np.flatnonzero(has_prompt)
    values, first, code, count = np.unique(
        prompts[rows], return_index=True, return_inverse=True, return_counts=True
    )
    kinds = table.column("kind").to_pylist()
    is_pair = np.array([kinds[row] == Kind.PREFERENCE.value for row in rows.tolist()], np.bool_)
    wanted = (count[code] > 1) | is_pair
    # Prompts stand in the order of the list, by their first example.
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    names = [f"{value:016x}" for value in values[order].tolist()]
    return _groups(listing, rows[wanted], rank[code[wanted]], names)


def _groups(
    listing: Listing, rows: NDArray[np.int64], rank: NDArray[np.int64], names: Sequence[str]
) -> Groups:
    """Return groups of rows, by their rank; `names` are those of all ranks."""
    order = np.argsort(rank, kind="stable")
    ranks, starts = np.unique(rank[order], return_index=True)
    return Groups(
        listing,
        listing.keys[rows[order]],
        np.append(starts, len(rows)).astype(np.int64),
        [names[each] for each in ranks.tolist()],
    )


def _bytes_of(example: str) -> bytes:
    try:
        found = bytes.fromhex(example)
    except ValueError:
        found = b""
    return found if len(found) == 16 else bytes(16)
