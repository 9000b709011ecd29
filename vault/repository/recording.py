"""Methods that change what is staged, or record it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from vault.repository.opened import Conditions, Opened

if TYPE_CHECKING:
    from vault.operations.commit import CommitReport
    from vault.operations.discard import DiscardReport
    from vault.operations.import_files import ImportReport
    from vault.operations.remove import RemoveReport
    from vault.operations.reset import ResetReport
    from vault.operations.restore import RestoreReport
    from vault.operations.retry_quarantine import RetryReport
    from vault.operations.revert import RevertReport


class Recording(Opened):
    """The commands that stage and commit."""

    def import_files(
        self, paths: Sequence[str], *, stdin: BinaryIO | None = None, **options: Any
    ) -> ImportReport:
        """Read files into the stage; `options` are the fields of `ImportOptions`."""
        from vault.operations.import_files import ImportOptions, import_files

        return import_files(self._context(), paths, ImportOptions(**options), stdin=stdin)

    def commit(
        self,
        message: str | None = None,
        *,
        meta: Mapping[str, str] | None = None,
        amend: bool = False,
        allow_empty: bool = False,
    ) -> CommitReport:
        """Record the stage as the branch's next commit; see `commit_stage`."""
        from vault.operations.commit import CommitOptions, commit_stage

        options = CommitOptions(
            meta=dict(meta or {}), amend=amend, allow_empty=allow_empty, settings=self._settings()
        )
        return commit_stage(self._context(), message, options)

    def rm(
        self,
        examples: Sequence[str] = (),
        *,
        where: Conditions = (),
        filters: Sequence[str] = (),
    ) -> RemoveReport:
        """Take examples out of the stage; see `vault.operations.remove`."""
        from vault.operations.remove import remove_examples

        conditions = self._conditions(where, filters)
        return remove_examples(self._context(), examples, where=conditions)

    def restore(self, examples: Sequence[str], *, revision: str | None = None) -> RestoreReport:
        """Bring examples back into the stage; see `vault.operations.restore`."""
        from vault.operations.restore import restore

        return restore(self._context(), examples, revision=revision)

    def revert(self, revision: str, *, readmit: bool = False) -> RevertReport:
        """Stage the opposite of what a commit changed; see `vault.operations.revert`."""
        from vault.operations.revert import revert

        return revert(self._context(), revision, readmit=readmit)

    def discard(self) -> DiscardReport:
        """Empty the stage."""
        from vault.operations.discard import discard

        return discard(self._context())

    def reset(self, revision: str, *, hard: bool = False) -> ResetReport:
        """Move the branch to a commit; `hard` empties the stage, else it stays as it is."""
        from vault.operations.reset import reset

        return reset(self._context(), revision, hard=hard)

    def import_records(
        self, rows: Iterable[Mapping[str, Any]], *, source: str, **options: Any
    ) -> ImportReport:
        """Read records that a program has into the stage; `options` as in `import_files`.

        They go the way of files: duplicates are not stored again, and a row with a value that JSON
        does not have (NaN, a set, a date) goes to quarantine with the reason.
        """
        from vault.operations.import_files import ImportOptions
        from vault.operations.import_records import import_records

        return import_records(self._context(), rows, ImportOptions(source=source, **options))

    def retry_quarantine(self, entries: Sequence[str] = (), **options: Any) -> RetryReport:
        """Read what is in quarantine again (all, or those named); `options` as `RetryOptions`."""
        from vault.operations.retry_quarantine import RetryOptions, retry_quarantine

        return retry_quarantine(self._context(), entries, RetryOptions(**options))
