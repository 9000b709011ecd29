"""`Repository`: every command as a method. The comfortable face; thin, no logic of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vault.operations.context import Context
from vault.progress import Progress, silent
from vault.store.backend import Backend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import Intent, OperationLog

if TYPE_CHECKING:
    from vault.operations.commit import CommitReport
    from vault.operations.diff import ChangedExample, DiffReport
    from vault.operations.export import ExportReport
    from vault.operations.fsck import FsckReport
    from vault.operations.import_files import ImportReport
    from vault.operations.init import InitReport
    from vault.operations.list_quarantine import QuarantineReport
    from vault.operations.log import LogReport
    from vault.operations.show import CommitShown, ExampleShown
    from vault.operations.status import StatusReport
    from vault.operations.tag import TagReport


def utc_now() -> str:
    """Return the time now, UTC in ISO 8601 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Repository:
    """A repository that is open: its methods are the commands, and return their reports.

    `author` is recorded with what is done, `clock` says when, `command` names it in the operation
    log (a program's own name when it calls the library). Methods raise `vault.errors`.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        folder: Path | None = None,
        author: str = "unknown",
        clock: Callable[[], str] = utc_now,
        command: str = "python",
        progress: Progress = silent,
    ) -> None:
        self.folder = folder
        self.author = author
        self._clock = clock
        self._command = command
        self._progress = progress
        self._store = ObjectStore(backend)
        self._log = OperationLog(backend)

    @classmethod
    def init(cls, folder: Path, *, author: str, now: str) -> InitReport:
        """Make a repository in a folder; see `vault.operations.init`."""
        from vault.operations.init import init_repository

        return init_repository(folder, Intent(author, now, "init"))

    @classmethod
    def open(cls, folder: Path, **settings: Any) -> Repository:
        """Open the repository that a folder holds; `settings` are those of the class.

        Raises NotFound (`repository-not-found`), InvalidInput (`format-too-new`).
        """
        from vault.operations.init import open_backend

        return cls(open_backend(folder), folder=folder, **settings)

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

    def status(self) -> StatusReport:
        """Return the branch, what is staged, and what is in quarantine."""
        from vault.operations.status import status

        return status(self._context())

    def log(self, revision: str | None = None, *, limit: int | None = None) -> LogReport:
        """Return history, newest first."""
        from vault.operations.log import log

        return log(self._context(), revision, limit=limit)

    def export(
        self, revision: str | None = None, *, stdout: BinaryIO | None = None, **options: Any
    ) -> ExportReport:
        """Write a revision (HEAD) to files; `options` are the fields of `ExportOptions`."""
        from vault.operations.export import ExportOptions, export

        return export(self._context(), revision, ExportOptions(**options), stdout=stdout)

    def show(self, name: str) -> CommitShown | ExampleShown:
        """Return a commit with its statistics, or an example with all that is known of it."""
        from vault.operations.show import show

        return show(self._context(), name)

    def diff(
        self,
        old: str | None = None,
        new: str | None = None,
        *,
        key: str | None = None,
        by: str | None = None,
        limit: int = 20,
    ) -> DiffReport:
        """Compare two revisions; by default HEAD with the stage."""
        from vault.operations.diff import diff

        return diff(self._context(), old, new, key=key, by=by, limit=limit)

    def iterate_diff(
        self, old: str | None = None, new: str | None = None, *, key: str | None = None
    ) -> Iterator[ChangedExample]:
        """Yield every change between two revisions."""
        from vault.operations.diff import iterate_diff

        return iterate_diff(self._context(), old, new, key=key)

    def quarantine(self, revision: str | None = None) -> QuarantineReport:
        """Return what could not be read, and why."""
        from vault.operations.list_quarantine import list_quarantine

        return list_quarantine(self._context(), revision)

    def tags(self) -> TagReport:
        """Return all tags."""
        from vault.operations.tag import list_tags

        return list_tags(self._context())

    def tag(
        self,
        name: str,
        revision: str | None = None,
        *,
        message: str | None = None,
        replace: bool = False,
    ) -> TagReport:
        """Name a commit (HEAD)."""
        from vault.operations.tag import make_tag

        return make_tag(self._context(), name, revision, message=message, replace=replace)

    def delete_tag(self, name: str) -> TagReport:
        """Delete a tag."""
        from vault.operations.tag import delete_tag

        return delete_tag(self._context(), name)

    def fsck(self, *, repair: bool = False) -> FsckReport:
        """Check everything that is stored; see `vault.operations.fsck`."""
        from vault.operations.fsck import fsck

        return fsck(self._context(), repair=repair)

    def _context(self) -> Context:
        intent = Intent(self.author, self._clock(), self._command)
        return Context(self._store, self._log, self.folder, intent, self._progress)

    def _settings(self) -> bytes | None:
        path = None if self.folder is None else self.folder / "vault.toml"
        return path.read_bytes() if path is not None and path.is_file() else None
