"""Gone: examples that were taken out and input that was kept out, page by page, to be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.dataset.listed import open_revision
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.examples import Example, read_examples
from vault.dataset.reading.quarantine import entries_of
from vault.dataset.reading.removals import FIXED, commands_of, removals_of
from vault.errors import Corrupt, NotFound, VaultError
from vault.objects.quarantine import QuarantineEntry, Removal
from vault.objects.runs import Runs
from vault.operations.history.find_example import find_example
from vault.operations.queries.browse import MOST_ROWS, Listing
from vault.operations.queries.shown_example import WHOLE_CHARS, Row, Whole
from vault.presentation.record_diff import RecordDiff, record_diff
from vault.session.context import Context

UNREADABLE = "unreadable"
"""The reason of input that could not be read: it is no example, and waits in quarantine."""

_PREVIEW_BYTES = 200
_PLACES = frozenset({"chunk", "row", "arguments"})


@dataclass(frozen=True, slots=True)
class GoneRow:
    """Something gone as a list shows it.

    `row` is None of input that could not be read, which `beginning` shows the beginning of, and of
    an example that is not stored any more.
    """

    id: str
    reason: str
    time: str | None
    row: Row | None
    beginning: str


@dataclass(frozen=True, slots=True)
class UnreadInput:
    """Input that could not be read: where it stood, what is wrong with it, and its text.

    `clipped` characters of what was kept of it are left out.
    """

    source: str
    line: int
    code: str
    message: str
    size_bytes: int
    raw: str
    clipped: int


@dataclass(frozen=True, slots=True)
class ShownGone:
    """One example or input that is gone, to be read.

    `example` is None if it is not stored any more; `detail` depends on the reason. `other` is the
    example that stayed or took its place, and `diff` how this one differs from it; None if there is
    none. `unread` is there of what could not be read.
    """

    id: str
    reason: str
    command: str | None
    time: str | None
    detail: Mapping[str, Any]
    example: Whole | None
    other: Row | None
    diff: RecordDiff | None
    unread: UnreadInput | None


class Gone:
    """Content that a version lacks: removed examples, the last first, then quarantined input.

    `version` says which version it is. Threads may share it.
    """

    def __init__(self, context: Context, version: str, dataset: Dataset) -> None:
        self.version = version
        self._context = context
        self._dataset = dataset
        self._removals = removals_of(context.store, dataset.manifest)[::-1]
        self._entries = entries_of(context.store, dataset.manifest)
        places = [each.place() for each in self._removals]
        runs = [(place[0], place[1], 1) for place in places if place is not None]
        self._is_stored = np.array([each is not None for each in places], np.bool_)
        self._keys = np.zeros(len(places), np.uint64)
        self._keys[self._is_stored] = Runs.build(dataset.numbers, runs).keys()

    @cached_property
    def reasons(self) -> Mapping[str, int]:
        """The number for each reason, most frequent first."""
        counts = Counter(each.reason for each in self._removals)
        if self._entries:
            counts[UNREADABLE] += len(self._entries)
        return dict(counts.most_common())

    def total(self, reason: str | None = None) -> int:
        """Return the number of items, all or for one reason."""
        return len(self._places(reason))

    def page(self, offset: int, limit: int, reason: str | None = None) -> tuple[GoneRow, ...]:
        """Return some of them, at most MOST_ROWS, all or for one reason.

        Costs reading their records. Raises Corrupt.
        """
        start = max(0, offset)
        places = self._places(reason)[start : start + max(0, min(limit, MOST_ROWS))]
        removed = places[places < len(self._removals)]
        rows = dict(zip(removed.tolist(), self._rows(removed), strict=True))
        return tuple(self._gone_row(place, rows.get(place)) for place in places.tolist())

    def shown(self, place: int, reason: str | None = None, *, clips: bool = True) -> ShownGone:
        """Return the one at a place, with long texts cut unless all is wanted.

        Raises NotFound (`gone-not-there`), Corrupt.
        """
        places = self._places(reason)
        if not 0 <= place < len(places):
            raise NotFound(
                f"there is no number {place + 1:,}: {len(places):,} are gone",
                code="gone-not-there",
                hint="go to one that is in the list",
            )
        at = int(places[place])
        if at >= len(self._removals):
            return _shown_input(self._entries[at - len(self._removals)], clips=clips)
        return self._shown_removal(at, clips=clips)

    def _places(self, reason: str | None) -> NDArray[np.int64]:
        """Return the places of all, or of those with a reason: removals, then input."""
        if reason is None:
            return np.arange(len(self._removals) + len(self._entries))
        reasons = [each.reason for each in self._removals]
        reasons += [UNREADABLE] * len(self._entries)
        return np.array([at for at, each in enumerate(reasons) if each == reason], np.int64)

    def _gone_row(self, at: int, row: Row | None) -> GoneRow:
        if at < len(self._removals):
            removal = self._removals[at]
            return GoneRow(removal.id.hex(), removal.reason, removal.time, row, "")
        entry = self._entries[at - len(self._removals)]
        beginning = entry.raw[:_PREVIEW_BYTES].decode("utf-8", "replace")
        return GoneRow(entry.id.hex(), UNREADABLE, None, None, beginning)

    def _rows(self, removed: NDArray[np.int64]) -> list[Row | None]:
        """Return the rows of removed examples, None of those that are not stored any more."""
        stored = removed[self._is_stored[removed]]
        found: dict[int, Row | None] = {}
        try:
            rows = self._listing(stored).page(0, MOST_ROWS)
            found = dict(zip(stored.tolist(), rows, strict=True))
        except (VaultError, IndexError):
            # One that was erased, or a place that is none, hides nothing of the others.
            for at in stored.tolist():
                listing = self._stored(at)
                found[at] = None if listing is None else listing.page(0, 1)[0]
        rows_of = (found.get(at) for at in removed.tolist())
        pairs = zip(rows_of, removed.tolist(), strict=True)
        return [row if row and row.id == self._removals[at].id.hex() else None for row, at in pairs]

    def _listing(self, removed: NDArray[np.int64]) -> Listing:
        return Listing.of_rows(self.version, len(removed), self._dataset, self._keys[removed])

    def _stored(self, at: int) -> Listing | None:
        """Return a list of one removed example, None where it is not stored any more."""
        removal = self._removals[at]
        listing = self._listing(np.array([at]))
        try:
            if self._is_stored[at] and listing.ids(0, 1) == [removal.id.hex()]:
                listing.page(0, 1)
                return listing
        except (VaultError, IndexError):
            return None
        return self._found(removal.id.hex())

    def _found(self, example: str) -> Listing | None:
        """Return a list of one example, from wherever it is stored."""
        try:
            found = find_example(self._context, self._context.log.tip().view, example)
        except (NotFound, Corrupt):
            return None
        place = found.places[0]
        keys = Runs.build(self._dataset.numbers, [(place.chunk, place.row, 1)]).keys()
        return Listing.of_rows(self.version, 1, self._dataset, keys)

    def _shown_removal(self, at: int, *, clips: bool) -> ShownGone:
        removal = self._removals[at]
        (command,) = commands_of(self._context.store, [removal])
        listing = self._stored(at)
        other = None if listing is None else self._other(removal)
        diff = None
        if listing is not None and other is not None:
            diff = record_diff(_example(other).data, _example(listing).data)
        details = removal.details().items()
        return ShownGone(
            removal.id.hex(),
            removal.reason,
            command,
            removal.time,
            {name: value for name, value in details if name not in _PLACES},
            None if listing is None else listing.whole(0, clips=clips),
            None if other is None else other.page(0, 1)[0],
            diff,
            None,
        )

    def _other(self, removal: Removal) -> Listing | None:
        """Return a list of the example that stayed, or that took the place of a removed one."""
        named = removal.details().get("into" if removal.reason == FIXED else "keeper")
        if not isinstance(named, str) or len(named) != len(removal.id.hex()):
            return None
        return self._found(named)


def list_gone(context: Context, revision: str | None = None) -> Gone:
    """Return the removed examples and quarantined input of a revision (the stage).

    Costs reading what is noted of each. Raises what `resolve` raises, Corrupt.
    """
    opened, dataset = open_revision(context, revision)
    return Gone(context, opened.manifest or "", dataset)


def _example(listing: Listing) -> Example:
    (found,) = read_examples(listing.dataset, listing.keys)
    return found


def _shown_input(entry: QuarantineEntry, *, clips: bool) -> ShownGone:
    raw = entry.raw.decode("utf-8", "replace")
    shown = raw[:WHOLE_CHARS] if clips else raw
    return ShownGone(
        entry.id.hex(),
        UNREADABLE,
        None,
        None,
        {},
        None,
        None,
        None,
        UnreadInput(
            entry.source,
            entry.line,
            entry.code,
            entry.reason,
            entry.size_bytes,
            shown,
            len(raw) - len(shown),
        ),
    )
