"""`edit`: another record in the place of an example, or a new example made from one.

What an example was edited into is recorded as fixes are: importing the old record again finds the
new one and does not bring the old one back, and `diff` pairs the two whatever was written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vault.dataset.changing.carry_labels import kept_labels
from vault.dataset.changing.edit import exchanged_in_place, rearranged
from vault.dataset.changing.stage import Staged, change_and_count
from vault.dataset.choosing.by_id_prefix import rows_named
from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of, open_dataset
from vault.dataset.reading.labels import labels_of_rows
from vault.dataset.reading.removals import (
    FIXED,
    gone_for_good,
    removals_for,
    removals_of,
    with_removals,
    without_removals,
)
from vault.errors import Conflict, InvalidInput
from vault.objects.json.edited_text import rewritten, spread
from vault.objects.json.record import read_record
from vault.objects.manifest import Manifest
from vault.objects.pairing import What, what_changed
from vault.objects.runs import RowKeys
from vault.operations.editing.check_record import examined, not_run
from vault.operations.editing.given_record import (
    Given,
    ReadRecord,
    StagedRecord,
    read_given,
    refuse_half_characters,
    staged_record,
    text_of,
)
from vault.operations.editing.one_text import text_at, with_text_at
from vault.operations.validation.examine_rows import Finding
from vault.operations.validation.validate import RulesToRun, ValidateOptions, rules_to_run
from vault.presentation.report_html import Displayed
from vault.session.context import Context, Draft, draft_of
from vault.session.trial import trial_of


@dataclass(frozen=True, slots=True)
class EditableText(Displayed):
    """The text to edit: an example's whole record, or one text of it (`field`).

    `text` is the record over several lines, or the text itself.
    """

    id: str
    field: str | None
    text: str


@dataclass(frozen=True, slots=True)
class EditOptions:
    """Options of an edit: the text of one `field` or a whole record, replaced or added.

    `copy` adds it as another example and leaves the old one; `dry_run` only tells.
    """

    field: str | None = None
    copy: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class EditReport(Displayed):
    """The result of an edit.

    `id` is that of the new record and `old_id` that of the example that was edited, which stands in
    history; with `copied` it is staged, too. Both are equal where the record is the same, and then
    nothing was recorded; `reordered` tells that it differs in an order of keys that counts, which
    no id tells apart. `what` says what was changed (None of a copy). `labels_kept` and
    `labels_left` are the names of labels that came along and that did not. `findings` are what the
    rules find in the new record, `not_run` the codes of rules that one record cannot answer.
    `data` and `old_data` are the records as JSON texts.
    """

    id: str
    old_id: str
    what: What | None
    copied: bool
    kind: str
    source: str
    line: int
    labels_kept: tuple[str, ...]
    labels_left: tuple[str, ...]
    findings: tuple[Finding, ...]
    not_run: tuple[str, ...]
    data: bytes
    old_data: bytes
    staged: Staged
    reordered: bool = False
    dry_run: bool = False

    @property
    def is_unchanged(self) -> bool:
        """Whether the record was the same, so that nothing was recorded."""
        return self.id == self.old_id

    def to_json(self) -> dict[str, Any]:
        """Return the fields, the records as JSON values."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        records = {name: read_record(getattr(self, name)) for name in ("data", "old_data")}
        return {**fields, **records}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The result of one attempt: the new record, the record it replaces, and the labels."""

    read: ReadRecord
    old: StagedRecord
    what: What | None = None
    kept: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    reordered: bool = False


def editable_text(context: Context, example: str, field: str | None = None) -> EditableText:
    """Return the text of a staged example to edit; `field` is the path of one text.

    Raises NotFound (`example-not-there`), InvalidInput (`example-ambiguous`, `example-invalid`,
    `text-not-found`), Conflict (`detached-head`).
    """
    draft = draft_of(context, context.log.tip().view)
    dataset = open_dataset(context.store, draft.manifest)
    old = _example(dataset, dataset.keys(), example)
    text = spread(old.text).decode() if field is None else text_at(old.text, field)
    return EditableText(old.id.hex(), field, text)


def edit_example(
    context: Context, example: str, record: Given, options: EditOptions = EditOptions()
) -> EditReport:
    """Put a record in the place of a staged example, or add it after that (`copy`).

    Place, source, line and round stay those of the example; labels stay as far as an edit leaves
    them true: all over new metadata, `split` over another answer. A copy has none. Costs reading
    the ids of the stage and comparing it with the commit. Raises InvalidInput (`record-invalid`,
    `text-not-found`, `text-needed`, `example-ambiguous`, `example-invalid`, and what settings of
    `[validate]` raise), NotFound (`example-not-there`), Conflict (`example-exists`,
    `example-taken-out`, `detached-head`); nothing is changed then.
    """
    running = rules_to_run(context.folder, ValidateOptions())
    with trial_of(context, is_trial=options.dry_run) as trial:

        def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, _Outcome]:
            return _Edit(trial, dataset, options, running).of(example, record)

        staged, done = change_and_count(trial, change)
    return EditReport(
        id=done.read.id.hex(),
        old_id=done.old.id.hex(),
        what=done.what,
        copied=options.copy,
        kind=done.read.kind,
        source=done.old.source,
        line=done.old.line,
        labels_kept=done.kept,
        labels_left=done.left,
        findings=done.findings,
        not_run=not_run(running),
        data=done.read.text,
        old_data=done.old.text,
        staged=staged,
        reordered=done.reordered,
        dry_run=options.dry_run,
    )


class _Edit:
    """One attempt at an edit, against the stage as it is now."""

    def __init__(
        self, context: Context, dataset: Dataset, options: EditOptions, running: RulesToRun
    ) -> None:
        self._context = context
        self._dataset = dataset
        self._options = options
        self._running = running
        self._keys = dataset.keys()

    def of(self, example: str, record: Given) -> tuple[Manifest, _Outcome]:
        """Return the manifest after the edit and what it came to; stores what is new."""
        old = _example(self._dataset, self._keys, example)
        reader = old.reader(self._dataset)
        read = read_given(self._context.store, self._text(old, record), reader)
        findings = examined(read.text, read.kind, reader, self._running)
        outcome = _Outcome(read, old, findings=findings)
        if read.id == old.id and not self._options.copy:
            reordered = read.content_id != self._content_id(old.row)
            return self._dataset.manifest, replace(outcome, reordered=reordered)
        self._refuse_known(read.id)
        row = read.store(self._dataset, old.line)
        return self._added(outcome, row) if self._options.copy else self._put(outcome, row)

    def _text(self, old: StagedRecord, record: Given) -> bytes:
        field = self._options.field
        if field is None:
            return rewritten(old.text, text_of(record))
        if not isinstance(record, str):
            raise InvalidInput(
                f"the text of {field} is given as {type(record).__name__}, and not as str",
                code="text-needed",
                hint="give the text, or leave out the field and give a whole record",
            )
        refuse_half_characters(record)
        return text_of(with_text_at(old.text, field, record))

    def _content_id(self, row: int) -> int:
        table = self._dataset.columns(np.array([row], np.uint64), ["content_id"])
        return int(table.column("content_id")[0].as_py() or 0)

    def _refuse_known(self, wanted: bytes) -> None:
        """Refuse a record that the stage has, or that was taken out of it and stays out."""
        ids = ids_of(self._dataset.columns(self._keys, ["id"]))
        name = wanted.hex()
        if bool((ids == np.frombuffer(wanted, ids.dtype)[0]).any()):
            raise Conflict(
                f"the same record is staged already, as example {name}",
                code="example-exists",
                hint=f"`vault show {name[:12]}` shows it; `vault rm EXAMPLE` takes one of them out",
            )
        removals = removals_of(self._dataset.store, self._dataset.manifest)
        if wanted in gone_for_good(removals):
            raise Conflict(
                f"the same record, example {name}, was taken out and stays out",
                code="example-taken-out",
                hint=f"`vault restore {name[:12]}` brings it back",
            )

    def _put(self, outcome: _Outcome, row: int) -> tuple[Manifest, _Outcome]:
        dataset, old = self._dataset, outcome.old.row
        rows = np.array([old, row], np.uint64)
        what = _what(dataset, rows)
        labels = labels_of_rows(dataset, rows[:1]).get(old, {})
        kept = kept_labels(labels, what)
        manifest = exchanged_in_place(dataset, self._keys, {old: row}, {row: kept})
        manifest = without_removals(dataset.store, manifest, {outcome.read.id})
        detail = {"into": outcome.read.id.hex()}
        removals = removals_for(self._context, dataset, rows[:1], FIXED, detail=detail)
        left = tuple(sorted(labels.keys() - kept.keys()))
        outcome = replace(outcome, what=what, kept=tuple(sorted(kept)), left=left)
        return with_removals(dataset.store, manifest, removals), outcome

    def _added(self, outcome: _Outcome, row: int) -> tuple[Manifest, _Outcome]:
        after = int(np.flatnonzero(self._keys == outcome.old.row)[0]) + 1
        arranged = np.insert(self._keys, after, np.uint64(row))
        claims = [(outcome.old.source, np.array([row], np.uint64))]
        manifest = rearranged(self._dataset, self._keys, arranged, claims=claims)
        return without_removals(self._dataset.store, manifest, {outcome.read.id}), outcome


def _example(dataset: Dataset, keys: RowKeys, example: str) -> StagedRecord:
    return staged_record(dataset, rows_named(dataset, keys, [example], where="the stage"))


def _what(dataset: Dataset, rows: RowKeys) -> What:
    """Return the kind of change between the records of two rows."""
    table = dataset.columns(rows, ["content_id", "prompt_id"])

    def is_same(name: str) -> bool:
        values, has = hashes_of(table, name)
        return bool(has.all() and values[0] == values[1])

    return what_changed(same_conversation=is_same("content_id"), same_prompt=is_same("prompt_id"))
