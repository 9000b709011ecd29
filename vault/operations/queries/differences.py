"""Differences: what changed between two versions, page by page, without reading the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from vault.dataset.comparing.compare import Comparison
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.examples import Example, read_examples
from vault.dataset.reading.removals import commands_of, removals_of
from vault.errors import InvalidInput, NotFound
from vault.objects.commit import ChangeCounts
from vault.objects.pairing import What
from vault.objects.quarantine import Removal
from vault.objects.runs import RowKeys
from vault.operations.queries.browse import MOST_ROWS, Listing
from vault.operations.queries.diff import Sides, compared, name_of, sides_of
from vault.operations.queries.shown_example import Row, Whole
from vault.presentation.record_diff import RecordDiff, record_diff
from vault.session.context import Context

CHANGES = ("changed", "relabelled", "added", "removed")
"""Kinds of changes, in the order in which they are listed."""

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A change as a list shows it; `row` is of the new side, of a removed example of the old."""

    change: str
    what: What | None
    row: Row


@dataclass(frozen=True, slots=True)
class ChangedLabel:
    """A label that differs: its values on both sides, None where there is none."""

    name: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class WhyRemoved:
    """Why an example was taken out deliberately: the reason, the command, and when."""

    reason: str
    command: str
    time: str


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One change to be read: how the records differ, or the example where they do not.

    `old` and `new` are the two sides, None where there is none; `diff` is there of a changed one,
    `example` of all others; `removal` of what was removed deliberately.
    """

    change: str
    what: What | None
    old: Row | None
    new: Row | None
    diff: RecordDiff | None
    example: Whole | None
    labels: tuple[ChangedLabel, ...]
    removal: WhyRemoved | None


class _Found(NamedTuple):
    comparison: Comparison
    unchanged: int


class Differences:
    """The changes between two versions, compared on first use. Threads may share it.

    `version` says which two versions these are, and `from_` and `to` are their commits, STAGE, or
    None for nothing.
    """

    def __init__(self, context: Context, sides: Sides, where: Sequence[str] = ()) -> None:
        self.version = f"{sides.old.manifest or ''}:{sides.new.manifest or ''}"
        self.from_ = name_of(sides.old)
        self.to = name_of(sides.new)
        self._context = context
        self._sides = sides
        self._where = where
        self._lock = threading.Lock()
        self._found: _Found | None = None

    @property
    def counts(self) -> ChangeCounts:
        """The number of examples of each kind of change."""
        return self._comparison.counts

    @property
    def unchanged(self) -> int:
        """The number of examples that both sides have with the same labels."""
        return self._compared().unchanged

    @property
    def compared_texts(self) -> bool:
        """Whether alike texts were looked for: not where too many examples have no partner."""
        return self._comparison.compared_texts

    def total(self, change: str | None = None) -> int:
        """Return the number of changes, of one kind or all. Raises as `page`."""
        return sum(len(keys) for _, _, keys in self._parts(change))

    def page(self, offset: int, limit: int, change: str | None = None) -> tuple[ChangedRow, ...]:
        """Return some changes, of one kind or all, at most MOST_ROWS.

        Costs reading their records. Raises InvalidInput (`change-unknown`), Corrupt.
        """
        start = max(0, offset)
        left = max(0, min(limit, MOST_ROWS))
        rows: list[ChangedRow] = []
        for kind, dataset, keys in self._parts(change):
            own = _listing(dataset, keys).page(start, left)
            rows += [
                ChangedRow(kind, self._what(kind, start + at), row) for at, row in enumerate(own)
            ]
            left -= len(own)
            start = max(0, start - len(keys))
        return tuple(rows)

    def shown(self, place: int, change: str | None = None, *, clips: bool = True) -> ShownChange:
        """Return the change at a place, with long texts cut unless all is wanted.

        Raises NotFound (`change-not-there`), InvalidInput (`change-unknown`), Corrupt.
        """
        at = place
        for kind, _, keys in self._parts(change):
            if 0 <= at < len(keys):
                return self._shown(kind, at, clips=clips)
            at -= len(keys)
        raise NotFound(
            f"there is no change number {place + 1:,}: there are {self.total(change):,}",
            code="change-not-there",
            hint="go to one that is in the list",
        )

    def _compared(self) -> _Found:
        with self._lock:
            if self._found is None:
                self._found = _Found(*compared(self._context, self._sides, None, self._where))
            return self._found

    @property
    def _comparison(self) -> Comparison:
        return self._compared().comparison

    def _parts(self, change: str | None) -> Iterator[tuple[str, Dataset, RowKeys]]:
        if change is not None and change not in CHANGES:
            raise InvalidInput(
                f'there are no changes called "{change}"',
                code="change-unknown",
                hint=f"there are {', '.join(CHANGES)}",
            )
        found = self._comparison
        keys = (found.changed_new, found.relabelled_new, found.added, found.removed)
        for kind, own in zip(CHANGES, keys, strict=True):
            if change in (None, kind):
                yield kind, found.old if kind == "removed" else found.new, own

    def _what(self, kind: str, at: int) -> What | None:
        return self._comparison.what[at] if kind == "changed" else None

    def _shown(self, kind: str, at: int, *, clips: bool) -> ShownChange:
        found = self._comparison
        sides = {
            "changed": (found.changed_old, found.changed_new),
            "relabelled": (found.relabelled_old, found.relabelled_new),
            "added": (None, found.added),
            "removed": (found.removed, None),
        }
        old_keys, new_keys = sides[kind]
        old = None if old_keys is None else _Side(found.old, old_keys, at)
        new = None if new_keys is None else _Side(found.new, new_keys, at)
        one = new or old
        is_changed = kind == "changed"
        return ShownChange(
            kind,
            self._what(kind, at),
            None if old is None else old.row,
            None if new is None else new.row,
            record_diff(old.example.data, new.example.data) if is_changed and old and new else None,
            None if is_changed or one is None else one.whole(clips=clips),
            tuple(_changed_labels(old.row.labels, new.row.labels)) if old and new else (),
            self._why(old.row.id) if kind == "removed" and old is not None else None,
        )

    def _why(self, example: str) -> WhyRemoved | None:
        removal = self._removals.get(bytes.fromhex(example))
        if removal is None:
            return None
        (command,) = commands_of(self._context.store, [removal])
        return WhyRemoved(removal.reason, command, removal.time)

    @cached_property
    def _removals(self) -> Mapping[bytes, Removal]:
        found = removals_of(self._context.store, self._comparison.new.manifest)
        return {each.id: each for each in found}


class _Side:
    """One side of a change."""

    def __init__(self, dataset: Dataset, keys: RowKeys, at: int) -> None:
        self._listing = _listing(dataset, keys[at : at + 1])
        (self.row,) = self._listing.page(0, 1)

    @property
    def example(self) -> Example:
        (found,) = read_examples(self._listing.dataset, self._listing.keys)
        return found

    def whole(self, *, clips: bool) -> Whole:
        return self._listing.whole(0, clips=clips)


def differences(
    context: Context,
    old: str | None = None,
    new: str | None = None,
    *,
    where: Sequence[str] = (),
) -> Differences:
    """Return what changed between two revisions, by default HEAD and the stage.

    Costs nothing yet: they are compared when something is asked of it, and that raises what `diff`
    raises. Raises NotFound (`revision-not-found`).
    """
    if old is None and new is not None:
        old = "HEAD"
    return Differences(context, sides_of(context, old, new), where)


def _listing(dataset: Dataset, keys: RowKeys) -> Listing:
    return Listing.of_rows("", len(keys), dataset, keys)


def _changed_labels(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[ChangedLabel]:
    for name in sorted({*old, *new}):
        if old.get(name, _ABSENT) != new.get(name, _ABSENT):
            yield ChangedLabel(name, old.get(name), new.get(name))
