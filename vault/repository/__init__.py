"""`Repository`: every command as a method. The comfortable face; thin, no logic of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vault.repository.keeping import Keeping
from vault.repository.opened import utc_now
from vault.repository.reading import Reading
from vault.repository.recording import Recording

if TYPE_CHECKING:
    from vault.operations.history.init import InitReport

__all__ = ["Repository", "utc_now"]


class Repository(Recording, Reading, Keeping):
    """A repository that is open: its methods are the commands, and return their reports.

    `author` is recorded with what is done, `clock` says when, `command` names it in the operation
    log (a program's own name when it calls the library). Methods raise `vault.errors`.
    """

    @classmethod
    def init(cls, folder: Path, *, author: str, now: str) -> InitReport:
        """Make a repository in a folder; see `vault.operations.history.init`."""
        from vault.operations.history.init import init_repository
        from vault.store.operation_log import Intent

        return init_repository(folder, Intent(author, now, "init"))

    def __repr__(self) -> str:
        return f"<Repository {self.folder or 'in memory'}>"

    def _repr_html_(self) -> str:
        from vault.presentation.report_html import shown_fields, table_of

        return table_of(repr(self).strip("<>"), shown_fields(self.status()))
