"""Methods that look: at history, examples, changes and what was kept out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from vault.repository.opened import Conditions, Opened

if TYPE_CHECKING:
    from vault.dataset.listed import ListedExample
    from vault.operations.exports.export import ExportReport
    from vault.operations.history.log import LogReport
    from vault.operations.history.show import CommitShown, ExampleShown
    from vault.operations.history.status import StatusReport
    from vault.operations.history.undo import OperationsReport
    from vault.operations.quarantine.list_items import (
        QuarantineExport,
        QuarantineReport,
        ShownEntry,
    )
    from vault.operations.queries.diff import Changes, DiffReport
    from vault.operations.queries.grep import GrepReport
    from vault.operations.queries.query import ExamplesReport
    from vault.operations.queries.sql import SqlReport
    from vault.operations.removals.list_removed import RemovedReport
    from vault.operations.validation.examine_rows import Finding
    from vault.repository.snapshot import Snapshot
    from vault.rules.kernel.any_rule import AnyRule


class Reading(Opened):
    """The commands that read, and those that write files outside the repository."""

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
        stdout: BinaryIO | None = None,
        **options: Any,
    ) -> ExportReport:
        """Write a revision (HEAD) to files, byte for byte as it was imported; note it in the lock.

        `options` are the fields of `ExportOptions`; files appear whole and together. Raises
        NotFound (`revision-not-found`, `split-not-found`), AlreadyExists (`file-exists`,
        `file-edited`), InvalidInput (`output-unknown`, `field-not-found` and more), OSError.
        """
        from vault.operations.exports.export import ExportOptions, export

        wanted = ExportOptions(where=self._conditions(where, filters), **options)
        return export(self._context(), revision, wanted, stdout=stdout)

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

    def grep(self, pattern: str, revision: str | None = None, **options: Any) -> GrepReport:
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

    def iterate_findings(self, revision: str | None = None, **options: Any) -> Iterator[Finding]:
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
