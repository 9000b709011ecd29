"""Methods that change what is staged, or record it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from vault.repository.opened import Conditions, Opened

if TYPE_CHECKING:
    from vault.operations.clean import CleanReport
    from vault.operations.duplicates.report import DedupeReport
    from vault.operations.history.commit import CommitReport
    from vault.operations.history.discard import DiscardReport
    from vault.operations.history.reset import ResetReport
    from vault.operations.history.revert import RevertReport
    from vault.operations.imports.import_report import ImportReport
    from vault.operations.quarantine.retry import RetryReport
    from vault.operations.removals.remove import RemoveReport
    from vault.operations.removals.restore import RestoreReport
    from vault.operations.validation.validate import ValidateReport


class Recording(Opened):
    """The commands that stage and commit."""

    def import_files(
        self, paths: Sequence[str], *, stdin: BinaryIO | None = None, **options: Any
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

        `meta` are facts to keep with it. Raises AnswerIsNo (`nothing-to-commit` unless
        `allow_empty`, `validate-gate` unless `verify` is False), InvalidInput (`message-missing`,
        `nothing-to-amend`, `config-invalid`), Conflict (`detached-head`, `branch-moved`).
        """
        from vault.operations.history.commit import CommitOptions, commit_stage

        options = CommitOptions(
            meta=dict(meta or {}),
            amend=amend,
            allow_empty=allow_empty,
            settings=self._settings(),
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
        return remove_examples(self._context(), examples, where=conditions)

    def dedupe(
        self,
        *,
        mark: bool = False,
        yes: bool = False,
        dry_run: bool = False,
        limit: int = 10,
        against: str | None = None,
        containment: int | None = None,
        **comparing: Any,
    ) -> DedupeReport:
        """Take duplicates out of the stage, or mark them; see `vault.operations.duplicates.dedupe`.

        With `against`, a revision or the path of a file, what is there goes instead; with
        `containment` too, what shares a run of so many words with it. `comparing` are `format` and
        `mapping`, which say how that file is read, as for `import_files`; `all_pairs`, which lists
        every pair in the report; `engine` (`local`, `ray` or `ray=ADDRESS`), which says who does
        the work; and fields of `Comparing`: `exact`, `threshold`, `on`, `keep`, `within`,
        `count_shared`. What is not given is as `[dedupe]` of `vault.toml` says.
        """
        from vault.operations.duplicates.dedupe import DedupeOptions, dedupe
        from vault.operations.duplicates.dedupe_against import dedupe_against, require_against
        from vault.operations.duplicates.plan.reference import ReadAs
        from vault.operations.duplicates.settings import comparing_of
        from vault.operations.duplicates.workers.open_engine import LOCAL

        read_as = ReadAs(comparing.pop("format", None), comparing.pop("mapping", None))
        all_pairs = bool(comparing.pop("all_pairs", False))
        engine = str(comparing.pop("engine", LOCAL))
        wanted = comparing_of(self.folder, **comparing)
        options = DedupeOptions(wanted, mark, yes, dry_run, limit, all_pairs, engine)
        if against is None:
            require_against(containment, read_as)
            return dedupe(self._context(), options)
        return dedupe_against(
            self._context(), against, options, containment=containment, read_as=read_as
        )

    def clean(self, *, dry_run: bool = False, yes: bool = False) -> CleanReport:
        """Fix, quarantine and dedupe what is staged by `vault.toml`, as one operation.

        `yes` goes on where dedupe would take out much. Raises Conflict (`dedupe-too-much`,
        `detached-head`), InvalidInput (`config-invalid`, `threshold-invalid`).
        """
        from vault.operations.clean import clean
        from vault.operations.duplicates.settings import comparing_of

        comparing = comparing_of(self.folder)
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
        self, rows: Iterable[Mapping[str, Any]], *, source: str, **options: Any
    ) -> ImportReport:
        """Read records that a program has into the stage; `options` as in `import_files`.

        They go the way of files: duplicates are not stored again, and a row with a value that JSON
        does not have (NaN, a set, a date) goes to quarantine with the reason.
        """
        from vault.operations.imports.import_options import ImportOptions
        from vault.operations.imports.import_records import import_records

        return import_records(self._context(), rows, ImportOptions(source=source, **options))

    def retry_quarantine(self, entries: Sequence[str] = (), **options: Any) -> RetryReport:
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
        **options: Any,
    ) -> ValidateReport:
        """Return what the rules find in a revision (the stage), counted by rule.

        `options` are the fields of `ValidateOptions`. `fix` mends what has one safe answer and
        `quarantine` takes out what has an error, of the stage alone; see
        `vault.operations.validation.fix_and_quarantine`. With `all_items` the report of the two
        lists everything.
        """
        from vault.operations.validation.validate import ValidateOptions, validate

        wanted = ValidateOptions(**options)
        if not fix and not quarantine:
            return validate(self._context(), revision, wanted)
        from vault.operations.validation.fix_and_quarantine import MendOptions, mend

        mending = MendOptions(fix, quarantine, dry_run, all_items)
        return mend(self._context(), revision, wanted, mending)
