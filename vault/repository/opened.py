"""An open repository and the circumstances of a call: what all its methods are built on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from vault.progress import Progress, silent
from vault.session.context import Context
from vault.session.expression_cache import ColumnCache
from vault.store.backend import Backend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import Intent, OperationLog

Conditions = str | Sequence[str]
"""One expression, or several that must all hold: docs/reference/expressions.md."""


def utc_now() -> str:
    """Return the time now, UTC in ISO 8601 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Opened:
    """A repository that is open.

    `author` is recorded with what is done, `clock` says when, `command` names it in the operation
    log (a program's own name when it calls the library).
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
        self._columns = ColumnCache()

    @classmethod
    def open(cls, folder: Path, **settings: Any) -> Self:
        """Open the repository that a folder holds; `settings` are those of the class.

        Raises NotFound (`repository-not-found`), InvalidInput (`format-too-new`).
        """
        from vault.session.open_repository import open_backend

        return cls(open_backend(folder), folder=folder, **settings)

    def _context(self) -> Context:
        intent = Intent(self.author, self._clock(), self._command)
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

    def _settings(self) -> bytes | None:
        from vault.plain_files import read_plain

        try:
            return None if self.folder is None else read_plain(self.folder / "vault.toml")
        except FileNotFoundError:
            return None
