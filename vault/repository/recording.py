"""Methods that change what is staged, or record it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from vault.repository.opened import Opened

if TYPE_CHECKING:
    from vault.operations.commit import CommitReport
    from vault.operations.import_files import ImportReport


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
