"""Methods that look: at history, examples, changes and what was kept out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from vault.repository.opened import Opened

if TYPE_CHECKING:
    from vault.operations.diff import ChangedExample, DiffReport
    from vault.operations.export import ExportReport
    from vault.operations.list_quarantine import QuarantineReport
    from vault.operations.list_removed import RemovedReport
    from vault.operations.log import LogReport
    from vault.operations.show import CommitShown, ExampleShown
    from vault.operations.status import StatusReport
    from vault.operations.undo import OperationsReport
    from vault.repository.snapshot import Snapshot


class Reading(Opened):
    """The commands that read, and those that write files outside the repository."""

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

    def removed(self, revision: str | None = None, *, reason: str | None = None) -> RemovedReport:
        """Return what was taken out and stays out, and why."""
        from vault.operations.list_removed import list_removed

        return list_removed(self._context(), revision, reason=reason)

    def operations(self, *, limit: int | None = None) -> OperationsReport:
        """Return what was done, newest first."""
        from vault.operations.undo import list_operations

        return list_operations(self._context(), limit=limit)

    def snapshot(self, revision: str = "HEAD") -> Snapshot:
        """Open a revision for reading; `STAGE` is the draft of the next commit.

        Raises NotFound (`revision-not-found`, `no-commits`), InvalidInput (`revision-ambiguous`,
        `revision-invalid`), Corrupt.
        """
        from vault.operations.dataset import open_dataset
        from vault.operations.revisions import resolve
        from vault.repository.snapshot import Snapshot

        context = self._context()
        found = resolve(context, context.log.tip().view, revision)
        dataset = open_dataset(context.store, found.manifest)
        return Snapshot(context, found, dataset, dataset.keys())

    def revision_names(self) -> tuple[str, ...]:
        """Return HEAD, STAGE and the names of all branches and tags."""
        from vault.operations.revisions import revision_names

        return revision_names(self._log.tip().view)
