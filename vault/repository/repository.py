"""`Repository`: every command as a method. The face of the library: thin, no logic of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypedDict, Unpack

from vault.objects.digest import Digest
from vault.progress import Progress, silent
from vault.session.arguments import LIBRARY
from vault.session.context import Context
from vault.session.expression_cache import ColumnCache
from vault.store.backend import Backend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import Intent, OperationLog

if TYPE_CHECKING:
    from vault.dataset.listed import ListedExample
    from vault.objects.labels.label_set import LabelValue
    from vault.objects.runs import RowKeys
    from vault.operations.clean import CleanReport
    from vault.operations.duplicates.report import DedupeReport
    from vault.operations.duplicates.settings import DedupeArguments
    from vault.operations.editing.check_record import RecordCheck
    from vault.operations.editing.edit_example import EditableText, EditReport
    from vault.operations.editing.given_record import Given
    from vault.operations.exports.export_options import ExportArguments
    from vault.operations.exports.export_report import ExportReport, RenderSummary
    from vault.operations.exports.for_trainers.trainer_view import TrainerTarget
    from vault.operations.generating.estimate import EstimateReport
    from vault.operations.generating.options import GenerateArguments
    from vault.operations.generating.report import GenerateReport
    from vault.operations.history.branches import BranchReport
    from vault.operations.history.commit import CommitReport
    from vault.operations.history.discard import DiscardReport
    from vault.operations.history.init import InitReport
    from vault.operations.history.log import LogReport
    from vault.operations.history.note import NoteReport
    from vault.operations.history.reset import ResetReport
    from vault.operations.history.revert import RevertReport
    from vault.operations.history.show import CommitShown, ExampleShown
    from vault.operations.history.status import StatusReport
    from vault.operations.history.switch import SwitchReport
    from vault.operations.history.tag import TagReport
    from vault.operations.history.undo import OperationsReport, UndoReport
    from vault.operations.imports.import_options import ImportArguments, RecordArguments
    from vault.operations.imports.import_report import ImportReport
    from vault.operations.judging.estimate import JudgeEstimate
    from vault.operations.judging.options import JudgeArguments
    from vault.operations.judging.report import JudgeReport
    from vault.operations.labelling.agreement import AgreementArguments, AgreementReport
    from vault.operations.labelling.choices import LabelChoice
    from vault.operations.labelling.label import LabelArguments, LabelReport
    from vault.operations.labelling.label_journal import LabelJournal
    from vault.operations.labelling.list_labels import LabelsReport
    from vault.operations.labelling.queue import QueueReport
    from vault.operations.labelling.take_over import TakenOver
    from vault.operations.locks.check import LockCheck
    from vault.operations.locks.compare_locks import LockDiff
    from vault.operations.locks.rebuild import RebuildReport
    from vault.operations.locks.which import WhichReport
    from vault.operations.model_runs.runs import RunsReport, ShownRequest, ShownRun
    from vault.operations.quarantine.gone import Gone
    from vault.operations.quarantine.list_items import (
        QuarantineExport,
        QuarantineReport,
        ShownEntry,
    )
    from vault.operations.quarantine.retry import RetryArguments, RetryReport
    from vault.operations.queries.browse import Listing
    from vault.operations.queries.diff import Changes, DiffReport
    from vault.operations.queries.differences import Differences
    from vault.operations.queries.grep import GrepArguments, GrepReport
    from vault.operations.queries.groups import Groups
    from vault.operations.queries.query import ExamplesReport
    from vault.operations.queries.sql import SqlReport
    from vault.operations.queries.system_prompts import SystemPrompt
    from vault.operations.removals.list_removed import RemovedReport
    from vault.operations.removals.remove import RemoveReport
    from vault.operations.removals.restore import RestoreReport
    from vault.operations.scoring.plan import PlanArguments, PlanReport
    from vault.operations.scoring.score import ScoreArguments, ScoreReport
    from vault.operations.splitting.leak_report import LeakReport
    from vault.operations.splitting.report import SplitReport
    from vault.operations.splitting.settings import Shares, SplitArguments
    from vault.operations.statistics.report import StatsReport
    from vault.operations.statistics.stats import StatsArguments
    from vault.operations.upkeep.collect_garbage import GarbageReport
    from vault.operations.upkeep.fsck import FsckReport
    from vault.operations.validation.examine_rows import Finding
    from vault.operations.validation.example_findings import ExampleFindings
    from vault.operations.validation.validate import ValidateArguments, ValidateReport
    from vault.repository.snapshot import Snapshot
    from vault.rules.kernel.any_rule import AnyRule

LabelView = Callable[[Mapping[str, object]], Mapping[str, object]]
"""Returns those of the labels of an example that a person may see."""

Conditions = str | Sequence[str]
"""One expression, or several that must all hold: docs/reference/expressions.md."""


def utc_now() -> str:
    """Return the time now, UTC in ISO 8601 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class OpenArguments(TypedDict, total=False):
    """Circumstances of what a program does: see `Repository`."""

    clock: Callable[[], str]
    command: str
    words: Sequence[str]
    progress: Progress


class RepositoryArguments(OpenArguments, total=False):
    """The same, and who does it."""

    author: str


class Repository:
    """A repository that is open: its methods are the commands, and return their reports.

    `author` is recorded with what is done, `clock` says when, `command` names it in the operation
    log (a program's own name when it calls the library), and `words` are what was typed, which is
    kept apart from the log. Methods raise `vault.errors`.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        folder: Path | None = None,
        author: str = "unknown",
        clock: Callable[[], str] = utc_now,
        command: str = LIBRARY,
        words: Sequence[str] = (),
        progress: Progress = silent,
    ) -> None:
        self.folder = folder
        self.author = author
        self._clock = clock
        self._command = command
        self._words = tuple(words)
        self._progress = progress
        self._store = ObjectStore(backend)
        self._log = OperationLog(backend)
        self._columns = ColumnCache()

    @classmethod
    def open(cls, folder: Path, **settings: Unpack[RepositoryArguments]) -> Self:
        """Open the repository that a folder holds; `settings` are those of the class.

        Raises NotFound (`repository-not-found`), InvalidInput (`format-too-new`).
        """
        from vault.session.open_repository import open_backend

        return cls(open_backend(folder), folder=folder, **settings)

    @classmethod
    def init(cls, folder: Path, *, author: str, now: str) -> InitReport:
        """Make a repository in a folder; see `vault.operations.history.init`."""
        from vault.operations.history.init import init_repository

        return init_repository(folder, Intent(author, now, "init"))

    def __repr__(self) -> str:
        return f"<Repository {self.folder or 'in memory'}>"

    def _repr_html_(self) -> str:
        from vault.presentation.report_html import shown_fields, table_of

        return table_of(repr(self).strip("<>"), shown_fields(self.status()))

    def import_files(
        self,
        paths: Sequence[str],
        *,
        stdin: BinaryIO | None = None,
        **options: Unpack[ImportArguments],
    ) -> ImportReport:
        """Read files into the stage; `options` are the fields of `ImportOptions`.

        A path may be a folder, a pattern, or `-` for `stdin`. What cannot be read goes to
        quarantine. Raises NotFound (`file-not-found`), InvalidInput (`nothing-readable`,
        `format-unknown` and more), Conflict (`detached-head`); nothing is staged then.
        """
        from vault.operations.imports.import_files import import_files
        from vault.operations.imports.import_options import ImportOptions

        return import_files(self._context(), paths, ImportOptions(**options), stdin=stdin)

    def commit(
        self,
        message: str | None = None,
        *,
        meta: Mapping[str, str] | None = None,
        amend: bool = False,
        allow_empty: bool = False,
        verify: bool = True,
    ) -> CommitReport:
        """Record the stage as the branch's next commit; `amend` in place of the last one.

        Labels of an explorer that died come to the stage first. `meta` are facts to keep with it.
        Raises AnswerIsNo (`nothing-to-commit` unless `allow_empty`, `validate-gate` unless `verify`
        is False), InvalidInput (`message-missing`, `nothing-to-amend`, `config-invalid`), Conflict
        (`detached-head`, `branch-moved`).
        """
        from vault.operations.history.commit import CommitOptions, commit_stage

        self._take_over_labels()
        options = CommitOptions(
            meta=dict(meta or {}),
            amend=amend,
            allow_empty=allow_empty,
            verify=verify,
        )
        return commit_stage(self._context(), message, options)

    def rm(
        self,
        examples: Sequence[str] = (),
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
    ) -> RemoveReport:
        """Take examples out of the stage: by the beginnings of their ids, or by expressions.

        `where` is one or several expressions and `filters` names of them in `vault.toml`; all must
        hold. What was taken out stays out when it is imported again. Raises NotFound
        (`example-not-there`), InvalidInput (`examples-missing`, `examples-or-where`, and those of
        expressions), Conflict (`detached-head`).
        """
        from vault.operations.removals.remove import remove_examples

        conditions = self._conditions(where, filters)
        called = ("rm", *_as_options(conditions)) if conditions else ()
        return remove_examples(self._context(called), examples, where=conditions)

    def generate(self, recipe: str, **given: Unpack[GenerateArguments]) -> GenerateReport:
        """Ask a model by the recipe in a file until enough examples are accepted; stage them.

        What was paid for is kept, also where this raises; `resume` goes on with it. Raises what
        `vault.operations.generating.generate` raises.
        """
        from vault.operations.generating.generate import generate
        from vault.operations.generating.options import GenerateOptions

        options = GenerateOptions(**given, token=secrets.token_hex(4), clock=self._clock)
        return generate(self._context(), recipe, options)

    def resume(self, run: str | None = None, **given: Unpack[GenerateArguments]) -> GenerateReport:
        """Go on with a run that is not finished, the last one unless it is named.

        Raises NotFound (`run-not-found`), Conflict (`run-ended`, `run-locked`), and what `generate`
        raises.
        """
        from vault.operations.generating.generate import resume
        from vault.operations.generating.options import GenerateOptions

        return resume(self._context(), run, GenerateOptions(**given, clock=self._clock))

    def reparse(
        self, run: str, recipe: str | None = None, **given: Unpack[GenerateArguments]
    ) -> GenerateReport:
        """Make the examples of a run again from its answers, by a recipe's file; sends nothing.

        Unless a file is named it is the recipe of the run. Raises NotFound (`run-not-found`,
        `recipe-not-found`), Conflict (`run-unfinished`, `detached-head`), InvalidInput
        (`recipe-invalid` …), Corrupt.
        """
        from vault.operations.generating.options import GenerateOptions
        from vault.operations.generating.reparse import reparse

        return reparse(self._context(), run, recipe, GenerateOptions(**given))

    def cancel_run(self, run: str, *, environment: Mapping[str, str] | None = None) -> ShownRun:
        """Give up a model run that may go on, with its batch at the endpoint; answers are kept.

        The key for that is in `environment`. Raises NotFound (`run-not-found`), Conflict
        (`run-ended`, `run-locked`, `batch-cancelling`), StorageFailed, Corrupt.
        """
        from vault.operations.generating.cancel import cancel

        return cancel(self._context(), run, environment or {}, self._clock)

    def estimate(self, recipe: str, **given: Unpack[GenerateArguments]) -> EstimateReport:
        """Return what a run of a recipe would send and may cost; nothing is sent."""
        from vault.operations.generating.estimate import estimate
        from vault.operations.generating.options import GenerateOptions

        return estimate(self._context(), recipe, GenerateOptions(**given))

    def judge(
        self,
        rubric: str,
        revision: str | None = None,
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
        **given: Unpack[JudgeArguments],
    ) -> JudgeReport:
        """Ask models the questions of a rubric about examples, and label them with the verdicts.

        Judged are the examples of the revision (the stage) that satisfy `where` and are staged.
        What was paid for is kept, also where this raises; `resume_judging` goes on with it. Raises
        what `vault.operations.judging.judge` raises.
        """
        from vault.operations.judging.judge import judge
        from vault.operations.judging.options import JudgeOptions

        options = JudgeOptions(**given, token=secrets.token_hex(4), clock=self._clock)
        conditions = self._conditions(where, filters)
        context = self._context()
        return judge(context, rubric, options, revision=revision, expressions=conditions)

    def resume_judging(
        self, run: str | None = None, **given: Unpack[JudgeArguments]
    ) -> JudgeReport:
        """Go on with a run of `judge` that is not finished, the last one unless it is named.

        Raises NotFound (`run-not-found`), Conflict (`run-ended`, `run-locked`), and what `judge`
        raises.
        """
        from vault.operations.judging.judge import resume_judging
        from vault.operations.judging.options import JudgeOptions

        return resume_judging(self._context(), run, JudgeOptions(**given, clock=self._clock))

    def estimate_judging(
        self,
        rubric: str,
        revision: str | None = None,
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
        **given: Unpack[JudgeArguments],
    ) -> JudgeEstimate:
        """Return what `judge` would ask and may cost; nothing is sent."""
        from vault.operations.judging.estimate import estimate_judging
        from vault.operations.judging.options import JudgeOptions

        conditions = self._conditions(where, filters)
        options, context = JudgeOptions(**given), self._context()
        return estimate_judging(context, rubric, options, revision=revision, expressions=conditions)

    def runs(self) -> RunsReport:
        """Return all model runs, newest first. Costs reading what is kept of each."""
        from vault.operations.model_runs.runs import list_runs

        return list_runs(self._context())

    def run(self, run: str) -> ShownRun:
        """Return one model run. Raises NotFound (`run-not-found`, `run-elsewhere`), Corrupt."""
        from vault.operations.model_runs.runs import show_run

        return show_run(self._context(), run)

    def request(self, run: str, number: int) -> ShownRequest:
        """Return one request of a model run, with what was sent and what came back.

        Raises NotFound (`run-not-found`, `run-elsewhere`, `request-not-found`), Corrupt.
        """
        from vault.operations.model_runs.runs import show_request

        return show_request(self._context(), run, number)

    def requests_of(self, run: str) -> Iterator[ShownRequest]:
        """Yield every request of a model run. Raises NotFound, Corrupt."""
        from vault.operations.model_runs.runs import requests_of

        return requests_of(self._context(), run)

    def edit(
        self,
        example: str,
        record: Given,
        *,
        field: str | None = None,
        copy: bool = False,
        dry_run: bool = False,
    ) -> EditReport:
        """Put a record in the place of a staged example, or add it after that one (`copy`).

        The record is JSON text or a mapping; with `field`, the path of one text such as
        `messages[1].content`, it is the new text. Raises InvalidInput (`record-invalid`,
        `text-not-found`, `example-ambiguous`), NotFound (`example-not-there`), Conflict
        (`example-exists`, `example-taken-out`, `detached-head`); nothing is changed then.
        """
        from vault.operations.editing.edit_example import EditOptions, edit_example

        return edit_example(self._context(), example, record, EditOptions(field, copy, dry_run))

    def editable_text(self, example: str, field: str | None = None) -> EditableText:
        """Return the record of a staged example over several lines, or the text of one field.

        Raises NotFound (`example-not-there`), InvalidInput (`text-not-found`,
        `example-ambiguous`), Conflict (`detached-head`).
        """
        from vault.operations.editing.edit_example import editable_text

        return editable_text(self._context(), example, field)

    def check_record(self, record: Given, *, like: str | None = None) -> RecordCheck:
        """Return whether a record can be read, its kind, and what rules find; stores nothing.

        `like` names a staged example as whose source it is read. Raises InvalidInput
        (`config-invalid`), and what `editable_text` raises for `like`.
        """
        from vault.operations.editing.check_record import check_record

        return check_record(self._context(), record, like=like)

    def dedupe(
        self,
        *,
        mark: bool = False,
        yes: bool = False,
        dry_run: bool = False,
        limit: int = 10,
        against: str | None = None,
        containment: int | None = None,
        **options: Unpack[DedupeArguments],
    ) -> DedupeReport:
        """Take duplicates out of the stage, or mark them; see `vault.operations.duplicates.dedupe`.

        With `against`, a revision or the path of a file, what is there goes instead; with
        `containment` too, what shares a run of so many words with it. `options` are `format` and
        `mapping`, which say how that file is read, as for `import_files`; `all_pairs`, which lists
        every pair in the report; `engine` (`local`, `ray` or `ray=ADDRESS`), which says who does
        the work; and fields of `Comparing`: `exact`, `threshold`, `on`, `keep`, `within`,
        `count_shared`. What is not given is as `[dedupe]` of `vault.toml` says.
        """
        from vault.operations.duplicates.remove_duplicates import remove_duplicates
        from vault.operations.duplicates.settings import options_of

        wanted = options_of(self.folder, options)
        wanted = replace(
            wanted,
            mark=mark,
            yes=yes,
            dry_run=dry_run,
            limit=limit,
            against=against,
            containment=containment,
        )
        return remove_duplicates(self._context(), wanted)

    def label(
        self,
        values: Mapping[str, LabelValue],
        examples: Sequence[str] = (),
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
        remove: Sequence[str] = (),
        **options: Unpack[LabelArguments],
    ) -> LabelReport:
        """Give labels to examples of the stage; take those named by `remove` off them.

        Examples are named by the beginnings of their ids, or by expressions that must all hold.
        `options` are the fields of `LabelOptions`. Raises InvalidInput (`label-name-invalid`,
        `label-value-unknown` and more), NotFound (`example-not-there`), Conflict
        (`rater-name-taken`, `detached-head`).
        """
        from vault.operations.labelling.label import LabelOptions, label_examples

        conditions = self._conditions(where, filters)
        given = [f"{name}={value}" for name, value in values.items()]
        called = ("label", *given, *_as_options(conditions)) if conditions else ()
        return label_examples(
            self._context(called),
            values,
            LabelOptions(**options),
            remove=remove,
            examples=examples,
            where=conditions,
        )

    def label_from(
        self,
        path: str,
        columns: Mapping[str, str],
        *,
        key: str = "id",
        stdin: BinaryIO | None = None,
        **options: Unpack[LabelArguments],
    ) -> LabelReport:
        """Give examples of the stage the labels that a file has for them.

        `columns` has for each label the column or dotted path that holds it, `key` is the column
        that says which example: `id`, or a field of the records. Raises what `label` raises, and
        InvalidInput (`column-missing`, `label-contradictory` and more).
        """
        from vault.operations.labelling.label import LabelOptions
        from vault.operations.labelling.label_from_file import label_from_file

        wanted = LabelOptions(**options)
        return label_from_file(self._context(), path, columns, wanted, key=key, stdin=stdin)

    def label_listed(
        self,
        listing: Listing,
        values: Mapping[str, LabelValue | None],
        **options: Unpack[LabelArguments],
    ) -> LabelReport:
        """Give labels to all examples of a list that `browse` made of the stage.

        None takes a label off. Raises what `label` raises, and Conflict (`stage-moved`) where the
        stage has changed since.
        """
        from vault.operations.labelling.label import LabelOptions
        from vault.operations.labelling.label_listed import label_listed

        return label_listed(self._context(), listing, values, LabelOptions(**options))

    def label_choices(self) -> tuple[LabelChoice, ...]:
        """Return the labels to choose from: those of `vault.toml`, then those that people gave."""
        from vault.operations.labelling.choices import label_choices

        return label_choices(self._context())

    def label_view(self) -> LabelView:
        """Return a function that leaves out the labels that the author may not see yet.

        It is made once for many examples: `vault.toml` is read then. See
        `vault.operations.labelling.shown_labels`.
        """
        from vault.operations.labelling.shown_labels import shown_to
        from vault.operations.labelling.vocabulary import vocabularies

        return partial(shown_to, self.author, declared=vocabularies(self.folder))

    def hidden_label_names(self, names: Iterable[str]) -> frozenset[str]:
        """Return the labels that are votes of others or judges; lists of labels leave them out."""
        from vault.operations.labelling.shown_labels import is_vote_of_another
        from vault.operations.labelling.vocabulary import vocabularies

        declared = vocabularies(self.folder)
        return frozenset(each for each in names if is_vote_of_another(self.author, each, declared))

    def label_journal(self) -> LabelJournal:
        """Open a journal for labels that people give one by one to the stage of this branch.

        Each is durable at once; `record` makes operations of them. Raises Conflict
        (`detached-head`), StorageFailed.
        """
        from vault.operations.labelling.label_journal import open_label_journal

        return open_label_journal(self._context)

    def take_over_labels(self) -> TakenOver:
        """Record the labels of explorers that died before they did it themselves."""
        from vault.operations.labelling.take_over import take_over

        return take_over(self._context())

    def labels(self, revision: str | None = None) -> LabelsReport:
        """Return the labels of a revision (the stage), and how many examples have each value."""
        from vault.operations.labelling.list_labels import list_labels

        return list_labels(self._context(), revision)

    def label_queue(
        self,
        queue: str | None = None,
        *,
        person: str | None = None,
        where: Conditions = (),
        filters: Sequence[str] = (),
        limit: int = 20,
    ) -> QueueReport:
        """Return the examples of the stage that wait for a label, or on which people differ.

        `queue` is a label, `conflicts` or `disagreement`; see `vault.operations.labelling.queue`.
        """
        from vault.operations.labelling.queue import label_queue

        conditions = self._conditions(where, filters)
        return label_queue(self._context(), queue, person=person, where=conditions, limit=limit)

    def split(
        self,
        sides: Shares | None = None,
        *,
        dry_run: bool = False,
        **options: Unpack[SplitArguments],
    ) -> SplitReport:
        """Put examples of the stage that have no side on one; see `vault.operations.splitting`.

        `sides` are names with their shares, which add up to 1; `options` are the other fields of
        `SplitRule`: `seed`, `group_by`, `stratify`, `hold_out`. What is not given is as `[split]`
        of `vault.toml` says, or as recorded by the split before. Near-duplicates are found as
        `[dedupe]` says. Raises InvalidInput (`split-rule-missing`, `shares-invalid`,
        `side-invalid`, `field-unknown`), and what expressions raise, Conflict (`detached-head`).
        """
        from vault.operations.duplicates.settings import comparing_of
        from vault.operations.splitting.settings import typed_rule
        from vault.operations.splitting.split import SplitOptions, split

        typed = typed_rule(sides, options)
        comparing = comparing_of(self.folder, {})
        return split(self._context(), SplitOptions(typed, comparing, dry_run))

    def split_leaks(
        self,
        revision: str | None = None,
        *,
        against: Sequence[str] | None = None,
        limit: int = 20,
    ) -> LeakReport:
        """Return which examples of the sides of a split another side gives away.

        `against` are versions or paths of evaluation sets, which are looked for on the training
        side, or in all examples where nothing is split; None takes the files that `protect.files`
        of `vault.toml` names. Near-duplicates are as `[dedupe]` says. See
        `vault.operations.splitting.leaks` for what is raised.
        """
        from vault.operations.duplicates.settings import comparing_of
        from vault.operations.splitting.leaks import LeakOptions, split_leaks

        comparing = comparing_of(self.folder, {})
        return split_leaks(self._context(), LeakOptions(revision, against, comparing, limit))

    def clean(self, *, dry_run: bool = False, yes: bool = False) -> CleanReport:
        """Fix, quarantine and dedupe what is staged by `vault.toml`, as one operation.

        It is split, too, if `vault.toml` or the dataset has the rule of a split. `yes` goes on
        where dedupe would take out much. Raises Conflict (`dedupe-too-much`, `detached-head`),
        InvalidInput (`config-invalid`, `threshold-invalid`).
        """
        from vault.operations.clean import clean
        from vault.operations.duplicates.settings import comparing_of

        comparing = comparing_of(self.folder, {})
        return clean(self._context(), comparing, dry_run=dry_run, yes=yes)

    def restore(self, examples: Sequence[str], *, revision: str | None = None) -> RestoreReport:
        """Bring examples back into the stage where they stood, with the labels that they had.

        From `revision`; else from HEAD, the newest commit that holds them, or where they were kept
        when they were taken out. Raises NotFound (`example-not-found`, `example-not-there`),
        InvalidInput (`examples-missing`, `example-ambiguous`), Conflict (`detached-head`).
        """
        from vault.operations.removals.restore import restore

        return restore(self._context(), examples, revision=revision)

    def revert(self, revision: str, *, readmit: bool = False) -> RevertReport:
        """Stage the opposite of what a commit changed, whatever was done since.

        `readmit` also brings back what was out only as a duplicate of what is taken out. Raises
        AnswerIsNo (`nothing-to-revert`), NotFound (`revision-not-found`), Conflict
        (`detached-head`).
        """
        from vault.operations.history.revert import revert

        return revert(self._context(), revision, readmit=readmit)

    def discard(self) -> DiscardReport:
        """Empty the stage, so that it is what the last commit holds; Conflict (`detached-head`)."""
        from vault.operations.history.discard import discard

        return discard(self._context())

    def reset(self, revision: str, *, hard: bool = False) -> ResetReport:
        """Move the branch to a commit; `hard` empties the stage, else its data stay staged.

        Raises NotFound (`revision-not-found`), InvalidInput (`commit-needed`), Conflict
        (`detached-head`).
        """
        from vault.operations.history.reset import reset

        return reset(self._context(), revision, hard=hard)

    def import_records(
        self, rows: Iterable[Mapping[str, Any]], *, source: str, **options: Unpack[RecordArguments]
    ) -> ImportReport:
        """Read records that a program has into the stage; `options` as in `import_files`.

        They go the way of files: duplicates are not stored again, and a row with a value that JSON
        does not have (NaN, a set, a date) goes to quarantine with the reason.
        """
        from vault.operations.imports.import_options import ImportOptions
        from vault.operations.imports.import_records import import_records

        return import_records(self._context(), rows, ImportOptions(source=source, **options))

    def retry_quarantine(
        self, entries: Sequence[str] = (), **options: Unpack[RetryArguments]
    ) -> RetryReport:
        """Read what is in quarantine again (all, or those named) and stage what can be read.

        `options` are the fields of `RetryOptions`. Raises NotFound (`entry-not-found`),
        InvalidInput (`entry-unreadable` if all of them must be read), Conflict (`detached-head`).
        """
        from vault.operations.quarantine.retry import RetryOptions, retry_quarantine

        return retry_quarantine(self._context(), entries, RetryOptions(**options))

    def restore_quarantined(self, entries: Sequence[str]) -> RetryReport | RestoreReport:
        """Bring back what is in quarantine: read input again, or restore examples with errors.

        All that are named, or none. Raises NotFound (`entry-not-found`), InvalidInput
        (`entry-unreadable`, `entries-mixed`, `entries-missing`), Conflict (`detached-head`).
        """
        from vault.operations.quarantine.restore_items import restore_quarantined

        return restore_quarantined(self._context(), entries)

    def validate(
        self,
        revision: str | None = None,
        *,
        fix: bool = False,
        quarantine: bool = False,
        dry_run: bool = False,
        all_items: bool = False,
        **options: Unpack[ValidateArguments],
    ) -> ValidateReport:
        """Return what the rules find in a revision (the stage), counted by rule.

        `options` are the fields of `ValidateOptions`. `fix` mends what has one safe answer and
        `quarantine` takes out what has an error, of the stage alone; see
        `vault.operations.validation.fix_and_quarantine`. With `all_items` the report of the two
        lists everything.
        """
        from vault.operations.validation.validate import MendOptions, ValidateOptions, validate

        wanted = ValidateOptions(**options)
        mending = MendOptions(fix, quarantine, dry_run, all_items)
        if not mending.changes:
            return validate(self._context(), revision, wanted)
        from vault.operations.validation.fix_and_quarantine import mend

        return mend(self._context(), revision, wanted, mending)

    def status(self) -> StatusReport:
        """Return the branch, what is staged, and what is in quarantine; reads one log entry."""
        from vault.operations.history.status import status

        return status(self._context())

    def log(
        self, revision: str | None = None, *, limit: int | None = None, stat: bool = False
    ) -> LogReport:
        """Return the history of a revision (HEAD), newest first, at most `limit` commits.

        `stat` also tells what `validate` had found in each. Raises NotFound (`revision-not-found`).
        """
        from vault.operations.history.log import log

        return log(self._context(), revision, limit=limit, stat=stat)

    def export(
        self,
        revision: str | None = None,
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
        mix: str | None = None,
        stdout: BinaryIO | None = None,
        on_losses: Callable[[RenderSummary], None] | None = None,
        **options: Unpack[ExportArguments],
    ) -> ExportReport:
        """Write a revision (HEAD) to files, byte for byte as it was imported; note it in the lock.

        `options` are the fields of `ExportOptions`; files appear whole and together. With
        `trainer="trl"` or another target (docs/reference/trainers.md) it writes a folder for that:
        the report is a `TrainerReport`, and `on_losses` is called with what is lost before any file
        is in place. `mix` names the file of a mixture, whose parts make the training side. Raises
        NotFound (`revision-not-found`, `split-not-found`, `file-not-found`), AlreadyExists
        (`file-exists`, `file-edited`), InvalidInput (`output-unknown`, `field-not-found`,
        `format-unsupported`, `format-loses`, `mix-invalid`, `mix-infeasible`, `mix-held-out` and
        more), OSError.
        """
        from vault.operations.exports.export import export
        from vault.operations.exports.export_options import ExportOptions

        context, mixture = self._context(), None
        if mix is not None:
            from vault.operations.exports.mixtures.mixture_file import read_mixture

            mixture = read_mixture(context.folder, mix)
        wanted = ExportOptions(where=self._conditions(where, filters), mixture=mixture, **options)
        return export(context, revision, wanted, stdout=stdout, on_losses=on_losses)

    def export_locked(self, paths: Sequence[str] = (), *, force: bool = False) -> RebuildReport:
        """Write the files of `vault.lock` that are named, or all, byte for byte as they were.

        All or none; unedited ones are left alone. Raises NotFound (`lock-missing`,
        `file-not-locked`), InvalidInput (`lock-not-met`, naming the field), AlreadyExists
        (`file-exists`, `file-edited`).
        """
        from vault.operations.locks.rebuild import export_locked

        return export_locked(self._context(), paths, force=force)

    def check_lock(self, paths: Sequence[str] = (), *, present: bool = False) -> LockCheck:
        """Return which files of `vault.lock` are edited, missing or stale; `present` skips absent.

        Raises NotFound (`lock-missing`, `file-not-locked`), InvalidInput (`lock-damaged`).
        """
        from vault.operations.locks.check import check_lock

        return check_lock(self._context(), paths, present=present)

    def which(
        self, target: str, *, line: int | None = None, stdin: BinaryIO | None = None
    ) -> WhichReport:
        """Return where a file is from: its path, its SHA-256, or `-` for `stdin`.

        `line` asks which example a line of it is. Raises NotFound (`file-not-found`,
        `origin-not-found`, `line-not-found`).
        """
        from vault.operations.locks.which import which

        return which(self._context(), target, line=line, stdin=stdin)

    def compare_locks(self, old: str, new: str) -> LockDiff:
        """Return what differs between two lock files, file by file and in examples.

        Raises NotFound (`file-not-found`), InvalidInput (`lock-damaged`).
        """
        from vault.operations.locks.compare_locks import compare_locks

        return compare_locks(self._context(), old, new)

    def note(
        self, revision: str, facts: Mapping[str, str] | None = None, *, remove: Sequence[str] = ()
    ) -> NoteReport:
        """Note facts about a commit that arrive later; its id stays. Without any, list them.

        Raises NotFound (`revision-not-found`, `note-not-found`), InvalidInput (`note-invalid`).
        """
        from vault.operations.history.note import note

        return note(self._context(), revision, facts or {}, remove=remove)

    def query(
        self,
        where: Conditions,
        revision: str | None = None,
        *,
        filters: Sequence[str] = (),
        limit: int = 20,
    ) -> ExamplesReport:
        """Return the examples of a revision (the stage) that satisfy all expressions."""
        from vault.operations.queries.query import query

        conditions = self._conditions(where, filters)
        return query(self._context(), conditions, revision, limit=limit)

    def iterate_query(
        self, where: Conditions, revision: str | None = None, *, filters: Sequence[str] = ()
    ) -> Iterator[ListedExample]:
        """Yield every example that `query` counts."""
        from vault.operations.queries.query import iterate_query

        return iterate_query(self._context(), self._conditions(where, filters), revision)

    def browse(
        self,
        where: Conditions = (),
        revision: str | None = None,
        *,
        filters: Sequence[str] = (),
        text: str | None = None,
        queue: str | None = None,
        sort: str = "dataset",
        seed: int = 0,
    ) -> Listing:
        """Return the examples of a revision (the stage) in an order, to be read page by page.

        With `text` only those that hold it, in any case; with `queue` only those that wait in it
        for the author, as in `label_queue`.
        Raises NotFound (`revision-not-found`), InvalidInput (`sort-unknown`), InvalidExpression.
        """
        from vault.operations.queries.browse import browse

        context = self._context()
        chosen = None
        if queue is not None:
            from vault.operations.labelling.queue import waiting

            chosen = partial(waiting, context, queue=queue)
        conditions = self._conditions(where, filters)
        return browse(context, conditions, revision, text=text, chosen=chosen, sort=sort, seed=seed)

    def iterate_search(self, listing: Listing, text: str) -> Iterator[tuple[int, RowKeys]]:
        """Yield how many examples of a listing were looked at, and the keys of those with a text.

        `listing.narrowed` makes a listing of such keys. Raises Corrupt.
        """
        from vault.operations.queries.browse import search_listing

        return search_listing(self._context(), listing, text)

    def targets(self) -> tuple[TrainerTarget, ...]:
        """Return the trainers and providers that examples can be seen and exported for."""
        from vault.operations.exports.for_trainers.trainer_view import targets

        return targets()

    def example_findings(self, listing: Listing, place: int) -> ExampleFindings:
        """Return what the rules find in the example at a place of a listing.

        Raises NotFound (`example-not-there`), and what `validate` raises.
        """
        from vault.operations.validation.example_findings import example_findings

        key, version = listing.key(place), listing.version
        manifest = Digest(version) if version else None
        return example_findings(self._context(), listing.dataset, key, manifest)

    def system_text(self, listing: Listing, place: int) -> str | None:
        """Return the system prompt of the example at a place of a listing, None without one.

        Raises NotFound (`example-not-there`), Corrupt.
        """
        from vault.operations.queries.system_prompts import system_text

        return system_text(self._context(), listing.dataset, listing.key(place))

    def system_prompt_of(self, text: str, revision: str | None = None) -> SystemPrompt | None:
        """Return the number of examples of a revision (the stage) with a system prompt.

        None if none has it. The first time costs reading all records. Raises Corrupt.
        """
        from vault.dataset.listed import open_revision
        from vault.operations.queries.system_prompts import system_prompt

        context = self._context()
        opened, dataset = open_revision(context, revision)
        return system_prompt(context, dataset, text, opened.manifest or "")

    def groups(self, listing: Listing, by: str) -> Groups:
        """Return the examples of a list that belong together: by `cluster`, or by `prompt`.

        Raises InvalidInput (`group-unknown`), Corrupt.
        """
        from vault.operations.queries.groups import group

        return group(listing, by)

    def version_of(self, revision: str | None = None) -> str:
        """Return what says which version of examples and labels a revision (the stage) has now.

        It is the `version` of its listings. Raises NotFound (`revision-not-found`).
        """
        from vault.operations.queries.browse import version_of

        return version_of(self._context(), revision)

    def rows_of(self, revision: str | None = None) -> tuple[str, int]:
        """Return an identifier of the examples of a revision (the stage), and their number.

        The first is the `rows` of its listings, whatever their labels. Raises NotFound
        (`revision-not-found`).
        """
        from vault.operations.queries.browse import rows_of

        return rows_of(self._context(), revision)

    def current_branch(self) -> str | None:
        """Return the branch that HEAD is on, None where it is at a commit."""
        from vault.session.context import workspace_of

        return workspace_of(self._log.tip().view).branch

    def sample(
        self,
        count: int,
        revision: str | None = None,
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
        seed: int = 0,
    ) -> ExamplesReport:
        """Return a sample of a revision (the stage): the same for the same seed."""
        from vault.operations.queries.query import sample

        conditions = self._conditions(where, filters)
        return sample(self._context(), count, revision, expressions=conditions, seed=seed)

    def head(self, count: int = 10, revision: str | None = None) -> ExamplesReport:
        """Return the first examples of a revision (the stage)."""
        from vault.operations.queries.query import head

        return head(self._context(), count, revision)

    def grep(
        self, pattern: str, revision: str | None = None, **options: Unpack[GrepArguments]
    ) -> GrepReport:
        """Return the examples of a revision (the stage) with a text in a message.

        `options` are the fields of `GrepOptions`.
        """
        from vault.operations.queries.grep import GrepOptions, grep

        return grep(self._context(), pattern, revision, GrepOptions(**options))

    def show(self, name: str) -> CommitShown | ExampleShown:
        """Return a commit with its statistics, or an example with all that is known of it.

        A word is looked up as branch, tag, commit, then example. Raises NotFound
        (`revision-not-found`, `example-not-found`), InvalidInput (`example-ambiguous`).
        """
        from vault.operations.history.show import show

        return show(self._context(), name)

    def diff(
        self,
        old: str | None = None,
        new: str | None = None,
        *,
        key: str | None = None,
        by: str | None = None,
        where: Conditions = (),
        filters: Sequence[str] = (),
        limit: int = 20,
    ) -> DiffReport:
        """Compare two revisions; by default HEAD with the stage."""
        from vault.operations.queries.diff import diff

        conditions = self._conditions(where, filters)
        return diff(self._context(), old, new, key=key, by=by, where=conditions, limit=limit)

    def iterate_diff(
        self,
        old: str | None = None,
        new: str | None = None,
        *,
        key: str | None = None,
        where: Conditions = (),
        filters: Sequence[str] = (),
    ) -> Changes:
        """Return every change between two revisions, read as they are asked for."""
        from vault.operations.queries.diff import iterate_diff

        conditions = self._conditions(where, filters)
        return iterate_diff(self._context(), old, new, key=key, where=conditions)

    def differences(
        self,
        old: str | None = None,
        new: str | None = None,
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
    ) -> Differences:
        """Return what changed between two revisions, to be read page by page.

        Raises NotFound (`revision-not-found`).
        """
        from vault.operations.queries.differences import differences

        conditions = self._conditions(where, filters)
        return differences(self._context(), old, new, where=conditions)

    def agreement(
        self,
        names: Sequence[str],
        revision: str | None = None,
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
        **options: Unpack[AgreementArguments],
    ) -> AgreementReport:
        """Return how far labels agree, in a revision (the stage); one name: all of its raters.

        `options` are the fields of `AgreementOptions`. The last of several names may be the
        revision. Raises NotFound (`label-not-found`, `revision-not-found`), InvalidInput
        (`raters-missing`, `label-values-mixed` and more).
        """
        from vault.operations.labelling.agreement import AgreementOptions, agreement

        conditions = self._conditions(where, filters)
        wanted = AgreementOptions(**options)
        return agreement(self._context(), names, revision, wanted, expressions=conditions)

    def score(
        self,
        path: str,
        name: str,
        value: str,
        *,
        stdin: BinaryIO | None = None,
        **options: Unpack[ScoreArguments],
    ) -> ScoreReport:
        """Label examples of the stage with evaluation results of a model, which a file has.

        `value` is the field of a result that counts, `options` are the fields of `ScoreOptions`.
        The label is `eval.NAME`; a summary goes into the notes of the commit. Raises InvalidInput
        (`result-invalid`, `results-unmatched`, `lines-unknown` and more), NotFound
        (`file-not-found`), Conflict (`detached-head`).
        """
        from vault.operations.scoring.score import ScoreOptions, score

        return score(self._context(), path, ScoreOptions(name, value, **options), stdin=stdin)

    def plan(self, by: str, **options: Unpack[PlanArguments]) -> PlanReport:
        """Return the weak slices of the stage by a field, and how many examples to generate.

        `options` are the fields of `PlanOptions`; `output` writes the plan for `generate`. Raises
        NotFound (`label-not-found`), InvalidInput (`field-unknown`, `metric-invalid` and more),
        AlreadyExists (`file-exists`).
        """
        from vault.operations.scoring.plan import PlanOptions, plan

        return plan(self._context(), PlanOptions(by, **options))

    def stats(
        self,
        old: str | None = None,
        new: str | None = None,
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
        **options: Unpack[StatsArguments],
    ) -> StatsReport:
        """Return the figures of the stage, of a revision, or of two beside each other.

        `options` are the fields of `StatsOptions`: `by`, `full`, `html`, `force`. Raises NotFound
        (`revision-not-found`), InvalidInput (`field-unknown`, `output-unknown`), AlreadyExists
        (`file-exists`).
        """
        from vault.operations.statistics.stats import StatsOptions, stats

        conditions = self._conditions(where, filters)
        return stats(self._context(), old, new, StatsOptions(**options), expressions=conditions)

    def sql(self, statement: str, *, seconds: float = 60.0) -> SqlReport:
        """Return what a read-only query answers; see `vault.operations.queries.sql`."""
        from vault.operations.queries.sql import sql

        return sql(self._context(), statement, seconds=seconds)

    def quarantine(self, revision: str | None = None) -> QuarantineReport:
        """Return what was kept out of a revision (the stage), and why."""
        from vault.operations.quarantine.list_items import list_quarantine

        return list_quarantine(self._context(), revision)

    def removed(self, revision: str | None = None, *, reason: str | None = None) -> RemovedReport:
        """Return what was taken out and stays out, and why."""
        from vault.operations.removals.list_removed import list_removed

        return list_removed(self._context(), revision, reason=reason)

    def gone(self, revision: str | None = None) -> Gone:
        """Return the removed examples and quarantined input of a revision (the stage), by pages.

        Raises NotFound (`revision-not-found`), Corrupt.
        """
        from vault.operations.quarantine.gone import list_gone

        return list_gone(self._context(), revision)

    def operations(self, *, limit: int | None = None) -> OperationsReport:
        """Return what was done, newest first."""
        from vault.operations.history.undo import list_operations

        return list_operations(self._context(), limit=limit)

    def snapshot(self, revision: str = "HEAD") -> Snapshot:
        """Open a revision for reading; `STAGE` is the draft of the next commit.

        Raises NotFound (`revision-not-found`, `no-commits`), InvalidInput (`revision-ambiguous`,
        `revision-invalid`), Corrupt.
        """
        from vault.dataset.reading.dataset import open_dataset
        from vault.repository.snapshot import Snapshot
        from vault.session.revisions import resolve

        context = self._context()
        found = resolve(context, context.log.tip().view, revision)
        dataset = open_dataset(context.store, found.manifest)
        return Snapshot(context, found, dataset, dataset.keys())

    def revision_names(self) -> tuple[str, ...]:
        """Return HEAD, STAGE and the names of all branches and tags."""
        from vault.session.revisions import revision_names

        return revision_names(self._log.tip().view)

    def show_quarantined(self, entry: str, revision: str | None = None) -> ShownEntry:
        """Return one entry of the quarantine, whole."""
        from vault.operations.quarantine.list_items import show_quarantined

        return show_quarantined(self._context(), entry, revision)

    def export_quarantine(
        self, file: BinaryIO, entries: Sequence[str] = (), *, revision: str | None = None
    ) -> int:
        """Write what is in quarantine (all, or those named) to a file, to be corrected."""
        from vault.operations.quarantine.list_items import export_quarantine

        return export_quarantine(self._context(), entries, file, revision=revision)

    def save_quarantine(
        self, output: str, entries: Sequence[str] = (), *, force: bool = False
    ) -> QuarantineExport:
        """Write what is in quarantine (all, or those named) to a file of this path."""
        from vault.operations.quarantine.list_items import save_quarantine

        return save_quarantine(self._context(), output, entries, force=force)

    def iterate_findings(
        self, revision: str | None = None, **options: Unpack[ValidateArguments]
    ) -> Iterator[Finding]:
        """Yield every finding that `validate` counts."""
        from vault.operations.validation.validate import ValidateOptions, iterate_findings

        return iterate_findings(self._context(), revision, ValidateOptions(**options))

    def rules(self, words: Sequence[str] = ("ALL",)) -> tuple[AnyRule, ...]:
        """Return the rules that codes, beginnings of codes, or names mean, your own included."""
        from vault.operations.validation.project_rules import known_rules
        from vault.rules.codes import ALL_RULES
        from vault.rules.selection import matching_codes

        # Those of vault can be told whatever stands in vault.toml.
        known = ALL_RULES if ALL_RULES.keys() >= set(words) else known_rules(self.folder)
        return tuple(known[code] for word in words for code in matching_codes(word, known))

    def tags(self) -> TagReport:
        """Return all tags, sorted by name."""
        from vault.operations.history.tag import list_tags

        return list_tags(self._context())

    def tag(
        self,
        name: str,
        revision: str | None = None,
        *,
        message: str | None = None,
        replace: bool = False,
    ) -> TagReport:
        """Give a commit (HEAD) a name that stays with it; `replace` moves a tag that is elsewhere.

        Raises AlreadyExists (`tag-exists`, `ref-name-taken`), InvalidInput (`ref-name-invalid`,
        `stage-not-taggable`), NotFound (`revision-not-found`, `no-commits`).
        """
        from vault.operations.history.tag import make_tag

        return make_tag(self._context(), name, revision, message=message, replace=replace)

    def delete_tag(self, name: str) -> TagReport:
        """Delete a tag; its commit stays. Raises NotFound (`tag-not-found`)."""
        from vault.operations.history.tag import delete_tag

        return delete_tag(self._context(), name)

    def fsck(self, *, repair: bool = False) -> FsckReport:
        """Read everything that is stored again and tell what is not as it was written.

        `repair` removes what dead writers left and renews the hint at the newest operation. Costs
        about 1 s for 100 MB of records. Damage is in the report; raises StorageFailed only if the
        log cannot be listed.
        """
        from vault.operations.upkeep.fsck import fsck

        return fsck(self._context(), repair=repair)

    def gc(self, *, undo_days: int | None = None, dry_run: bool = False) -> GarbageReport:
        """Remove what neither a ref, a stage nor an operation of the last days reaches (30 days).

        What is younger than a day stays. Older operations can no longer be undone. `dry_run`
        removes nothing. Raises Corrupt, with nothing removed, if something on the way is damaged.
        """
        from vault.operations.upkeep.collect_garbage import UNDO_DAYS, collect_garbage

        days = UNDO_DAYS if undo_days is None else undo_days
        return collect_garbage(self._context(), undo_days=days, dry_run=dry_run)

    def branches(self) -> BranchReport:
        """Return all branches, sorted by name; the current one also before its first commit."""
        from vault.operations.history.branches import list_branches

        return list_branches(self._context())

    def branch(self, name: str, revision: str | None = None) -> BranchReport:
        """Make a branch at a commit (HEAD); HEAD stays where it is.

        Raises AlreadyExists (`branch-exists`, `ref-name-taken`), InvalidInput (`ref-name-invalid`,
        `commit-needed`), NotFound (`revision-not-found`, `no-commits`).
        """
        from vault.operations.history.branches import make_branch

        return make_branch(self._context(), name, revision)

    def delete_branch(self, name: str, *, force: bool = False) -> BranchReport:
        """Delete a branch; unless `force`, only if nothing is lost with it.

        Raises Conflict (`branch-current`, `branch-not-merged`, `branch-has-stage`), NotFound
        (`branch-not-found`).
        """
        from vault.operations.history.branches import delete_branch

        return delete_branch(self._context(), name, force=force)

    def rename_branch(self, new: str, *, old: str | None = None) -> BranchReport:
        """Give a branch (the current one) another name; its stage and HEAD go along.

        Raises AlreadyExists (`branch-exists`, `ref-name-taken`), NotFound (`branch-not-found`),
        InvalidInput (`ref-name-invalid`), Conflict (`detached-head`).
        """
        from vault.operations.history.branches import rename_branch

        return rename_branch(self._context(), old, new)

    def switch(self, name: str, *, create: bool = False, take_stage: bool = False) -> SwitchReport:
        """Go to a branch; what is staged stays parked where it is.

        `create` makes the branch at HEAD first, and with `take_stage` what is staged comes along.
        Raises NotFound (`branch-not-found`), AlreadyExists (`branch-exists`, `ref-name-taken`),
        InvalidInput (`switch-names-commit`, `take-stage-alone`, `ref-name-invalid`).
        """
        from vault.operations.history.switch import switch

        return switch(self._context(), name, create=create, take_stage=take_stage)

    def checkout(self, revision: str | None = None) -> SwitchReport:
        """Move HEAD to a branch by its name, else to a commit, off any branch; writes no file.

        Raises Conflict (`stage-in-the-way`) over staged changes, InvalidInput (`commit-needed`),
        NotFound (`revision-not-found`).
        """
        from vault.operations.history.switch import checkout

        return checkout(self._context(), revision)

    def undo(self, operation: str | None = None) -> UndoReport:
        """Take back the last operation that stands, as a new operation; again, the one before.

        `operation` is the number of the one that is meant. Raises AnswerIsNo (`nothing-to-undo`),
        Conflict (`operation-not-last`, `operation-of-another`, `operation-overtaken`), NotFound
        (`operation-not-found`), InvalidInput (`operation-invalid`).
        """
        from vault.operations.history.undo import undo

        return undo(self._context(), operation)

    def redo(self) -> UndoReport:
        """Do again what `undo` took back last, unless something else was done since.

        Raises AnswerIsNo (`nothing-to-redo`), Conflict (`operation-overtaken`).
        """
        from vault.operations.history.undo import redo

        return redo(self._context())

    def _take_over_labels(self) -> None:
        """Take over labels and say so, where there may be any."""
        from vault.layout import repository_folder
        from vault.store.journal import Journal

        if self.folder is None or not Journal.any_there(repository_folder(self.folder)):
            return
        taken = self.take_over_labels()
        for line in taken.told():
            self._progress.say(line)

    def _context(self, called: Sequence[str] = ()) -> Context:
        # Where a program calls the library, nobody typed what the operation log shows.
        words = self._words or tuple(called)
        intent = Intent(self.author, self._clock(), self._command, words=words)
        return Context(
            self._store,
            self._log,
            self.folder,
            intent,
            self._progress,
            columns=self._columns,
        )

    def _conditions(self, where: Conditions, filters: Sequence[str] = ()) -> tuple[str, ...]:
        """Return expressions as typed, and those that `vault.toml` gives some names."""
        from vault.dataset.choosing.saved_filters import named_filters

        typed = (where,) if isinstance(where, str) else tuple(where)
        return (*typed, *named_filters(self.folder, filters))


def _as_options(conditions: Sequence[str]) -> list[str]:
    return [word for each in conditions for word in ("--where", each)]
