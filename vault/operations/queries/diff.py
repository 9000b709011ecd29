"""`diff`: what was added, removed, changed and relabelled between two datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any, NamedTuple

from vault.dataset.comparing.compare import Comparison, compare
from vault.dataset.comparing.past import Past
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.labels import labels_of_each
from vault.dataset.reading.records import WINDOW, record_arrays
from vault.dataset.reading.validation_results import (
    ValidationChange,
    attached_validation,
    recall_validation,
    validation_change,
)
from vault.objects.commit import MOST_UNPAIRED, ChangeCounts
from vault.objects.digest import Digest
from vault.objects.json.record import read_record
from vault.objects.json.text import compact_bytes
from vault.objects.pairing import What
from vault.objects.runs import RowKeys
from vault.objects.validation import Validation, dataset_digest
from vault.presentation.report_html import Displayed
from vault.session.context import Context, head_of, stage_of
from vault.session.revisions import STAGE, Revision, head_revision, resolve, stage_revision


@dataclass(frozen=True, slots=True)
class ChangedExample:
    """One example that differs.

    `change` is added, removed, changed or relabelled; `what` says what of a changed one. `id`,
    `source`, `line`, `data` and `labels` are of the new record (of the only one); those that begin
    with `old_` of the record whose place it took, None where there is none. The data are JSON
    texts as imported.
    """

    change: str
    what: What | None
    id: str
    old_id: str | None
    kind: str
    source: str
    line: int
    labels: Mapping[str, object]
    old_labels: Mapping[str, object] | None
    data: bytes
    old_data: bytes | None

    def to_json(self) -> dict[str, Any]:
        """Return the example with its records as JSON values."""
        return {
            **self._head(),
            "data": read_record(self.data),
            "old_data": None if self.old_data is None else read_record(self.old_data),
        }

    def json_line(self) -> bytes:
        """Return the same as one line of JSON, the records as they were imported."""
        old = b"null" if self.old_data is None else self.old_data
        head = compact_bytes(self._head())[:-1]
        return head + b',"data":' + self.data + b',"old_data":' + old + b"}\n"

    def _head(self) -> dict[str, Any]:
        return {
            "change": self.change,
            "what": None if self.what is None else self.what.value,
            "id": self.id,
            "old_id": self.old_id,
            "kind": self.kind,
            "source": self.source,
            "line": self.line,
            "labels": dict(self.labels),
            "old_labels": None if self.old_labels is None else dict(self.old_labels),
        }


@dataclass(frozen=True, slots=True)
class DiffReport(Displayed):
    """How two revisions differ; `from_` and `to` are commit ids, or STAGE, or None for nothing.

    `by` counts the changes per value of a field; `reasons` why removed examples were taken out,
    as far as they were removed deliberately. Both are empty unless a field was named. `validation`
    is there if somebody had validated both sides. `compared_texts` is False where alike texts were
    not looked for, because more than `MOST_UNPAIRED` examples of a side had no partner.
    """

    from_: str | None
    to: str | None
    added: int
    removed: int
    changed: int
    relabelled: int
    unchanged: int
    by: Mapping[str, ChangeCounts]
    reasons: Mapping[str, int]
    items: tuple[ChangedExample, ...]
    validation: ValidationChange | None = None
    compared_texts: bool = True


class Sides(NamedTuple):
    """The two revisions that a diff compares; an `old` without manifest is the empty dataset."""

    old: Revision
    new: Revision


def sides_of(context: Context, old: str | None, new: str | None) -> Sides:
    """Return the sides for what was typed: nothing, A, A and B, or A..B.

    Raises what `resolve` raises.
    """
    view = context.log.tip().view
    if old is not None and new is None and ".." in old and "..." not in old:
        old, _, new = old.partition("..")
        old, new = old or "HEAD", new or "HEAD"
    if old is None:
        staged = stage_revision(context, view)
        has_commit = any(
            each.branch is None or each.branch in view.branches for each in view.workspaces.values()
        )
        before = head_revision(context, view) if has_commit else Revision("nothing", None, None)
        return Sides(before, staged)
    after = stage_revision(context, view) if new is None else resolve(context, view, new)
    return Sides(resolve(context, view, old), after)


def diff(
    context: Context,
    old: str | None = None,
    new: str | None = None,
    *,
    key: str | None = None,
    by: str | None = None,
    where: Sequence[str] = (),
    limit: int = 20,
) -> DiffReport:
    """Compare two revisions: HEAD and the stage, one and the stage, or one and another.

    Items are the first `limit` changes: changed, relabelled, added, removed, each in dataset
    order. Between a commit and its parent, counts alone (`limit` 0) cost no more than reading the
    commit. With `where`, counts and items are those of which either side satisfies all expressions.
    Raises NotFound, InvalidInput (`field-unknown`, and those of `where`), Corrupt.
    """
    sides = sides_of(context, old, new)
    names = name_of(sides.old), name_of(sides.new)
    quality = validation_change(
        validation_of(context, sides.old), validation_of(context, sides.new)
    )
    is_plain = key is None and by is None and not where and not limit
    known = _recorded_counts(context, sides) if is_plain else None
    if known is not None:
        counts, unchanged = known
        return replace(_report(names, counts, unchanged), validation=quality)
    comparison, unchanged = compared(context, sides, key, where)
    counted: Mapping[str, ChangeCounts] = {}
    reasons: Mapping[str, int] = {}
    if by is not None:
        from vault.dataset.comparing.count_by_field import count_by, count_reasons

        counted, reasons = count_by(context, comparison, by), count_reasons(comparison)
    items = tuple(islice(changes(comparison), limit))
    report = _report(names, comparison.counts, unchanged)
    return replace(
        report,
        by=counted,
        reasons=reasons,
        items=items,
        validation=quality,
        compared_texts=comparison.compared_texts,
    )


def validation_of(context: Context, side: Revision) -> Validation | None:
    """Return what the rules found in one side: kept with the commit, or remembered of the stage."""
    if side.commit is not None:
        return attached_validation(context, side.manifest)
    stage = stage_of(context.log.tip().view)
    if stage is None or stage.manifest != side.manifest:
        return None
    return recall_validation(context, dataset_digest(context.manifest(stage.manifest)))


class Changes(Iterator[ChangedExample]):
    """Every change between two revisions, read as they are asked for, in bounded memory.

    `compared_texts` as in `DiffReport`.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.compared_texts = comparison.compared_texts
        self._changes = changes(comparison)

    def __next__(self) -> ChangedExample:
        """Return the next change."""
        return next(self._changes)


def iterate_diff(
    context: Context,
    old: str | None = None,
    new: str | None = None,
    *,
    key: str | None = None,
    where: Sequence[str] = (),
) -> Changes:
    """Return every change between two revisions, as `diff` orders them. Raises what `diff` does."""
    return Changes(compared(context, sides_of(context, old, new), key, where)[0])


def compared(
    context: Context, sides: Sides, key: str | None, where: Sequence[str]
) -> tuple[Comparison, int]:
    """Return what differs of what `where` leaves, and how many examples of it do not."""
    past = Past(context, [_head_of(context, each) for each in sides])
    comparison = compare(context.store, sides.old.manifest, sides.new.manifest, key=key, past=past)
    if not where:
        return comparison, comparison.unchanged
    from vault.dataset.comparing.filter_comparison import narrow

    narrowed = narrow(context, comparison, where)
    return narrowed.comparison, narrowed.unchanged


def _head_of(context: Context, side: Revision) -> Digest | None:
    """Return the commit of a side; of the stage the one that it is drafted over."""
    if side.commit is not None or side.manifest is None:
        return side.commit
    return head_of(context.log.tip().view)


def changes(comparison: Comparison) -> Iterator[ChangedExample]:
    """Yield the changes of a comparison: changed, relabelled, added, removed."""
    old, new = comparison.old, comparison.new
    yield from _pairs(
        comparison, "changed", comparison.changed_old, comparison.changed_new, comparison.what
    )
    yield from _pairs(
        comparison, "relabelled", comparison.relabelled_old, comparison.relabelled_new, None
    )
    alone = (("added", new, comparison.added), ("removed", old, comparison.removed))
    for change, dataset, keys in alone:
        for row in _rows(dataset, keys):
            yield ChangedExample(
                change=change,
                what=None,
                id=row.id,
                old_id=None,
                kind=row.kind,
                source=row.source,
                line=row.line,
                labels=row.labels,
                old_labels=None,
                data=row.data,
                old_data=None,
            )


def _pairs(
    comparison: Comparison,
    change: str,
    old_keys: RowKeys,
    new_keys: RowKeys,
    what: tuple[What, ...] | None,
) -> Iterator[ChangedExample]:
    before = _rows(comparison.old, old_keys)
    after = _rows(comparison.new, new_keys)
    for position, (was, now) in enumerate(zip(before, after, strict=True)):
        yield ChangedExample(
            change=change,
            what=None if what is None else what[position],
            id=now.id,
            old_id=was.id,
            kind=now.kind,
            source=now.source,
            line=now.line,
            labels=now.labels,
            old_labels=was.labels,
            data=now.data,
            old_data=was.data,
        )


class _Row(NamedTuple):
    id: str
    kind: str
    source: str
    line: int
    labels: Mapping[str, object]
    data: bytes


def _rows(dataset: Dataset, keys: RowKeys) -> Iterator[_Row]:
    # A first small batch, so that showing a few changes of thousands reads little.
    bounds = [0, *range(min(64, len(keys)), len(keys), WINDOW), len(keys)]
    for start, end in pairwise(bounds):
        if start < end:
            yield from _batch(dataset, keys[start:end])


def _batch(dataset: Dataset, keys: RowKeys) -> Iterator[_Row]:
    table = dataset.columns(keys, ["id", "kind", "source", "line"])
    columns = (table.column(name).to_pylist() for name in ("kind", "source", "line"))
    ids = [each.tobytes().hex() for each in ids_of(table)]
    labels = labels_of_each(dataset, keys)
    texts = (
        text for array in record_arrays(dataset, keys) for text in array.cast("binary").to_pylist()
    )
    for each, kind, source, line, said, data in zip(ids, *columns, labels, texts, strict=True):
        yield _Row(each, kind, source, line, said, data)


def _recorded_counts(context: Context, sides: Sides) -> tuple[ChangeCounts, int] | None:
    """Return counts that were recorded when the newer side was made, and what is unchanged."""
    view = context.log.tip().view
    if sides.new.commit is not None:
        commit = context.commit(sides.new.commit)
        if commit.parents[:1] != (sides.old.commit,):
            return None
        counts = commit.counts
    else:
        stage = stage_of(view)
        if stage is None or stage.base != sides.old.commit or stage.counts is None:
            return None
        counts = stage.counts
    if min(counts.added, counts.removed) and max(counts.added, counts.removed) > MOST_UNPAIRED:
        return None  # only a comparison can tell whether alike texts were looked for
    before = 0 if sides.old.manifest is None else context.manifest(sides.old.manifest).examples
    return counts, before - counts.removed - counts.changed - counts.relabelled


def name_of(revision: Revision) -> str | None:
    """Return the name of a side in a report: its commit, STAGE, or None for nothing."""
    return revision.commit or (STAGE if revision.text == STAGE else None)


def _report(
    names: tuple[str | None, str | None], counts: ChangeCounts, unchanged: int
) -> DiffReport:
    return DiffReport(
        from_=names[0],
        to=names[1],
        added=counts.added,
        removed=counts.removed,
        changed=counts.changed,
        relabelled=counts.relabelled,
        unchanged=unchanged,
        by={},
        reasons={},
        items=(),
    )
