"""What the page shows: the answers of the API, each from methods of the repository."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from vault.repository import Repository
from vault.version import __version__
from vault.web.guard import PERSON

Opener = Callable[[str], Repository]
"""Opens the repository for a person, who is recorded with what is done."""


@dataclass(frozen=True, slots=True)
class Explorer:
    """One repository that is shown: which version, and which of its examples.

    `revision` None is the stage, as the command line has it. `name` is that of the folder.
    """

    open_for: Opener
    name: str
    revision: str | None = None
    where: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    read_only: bool = False

    def check(self) -> None:
        """Raise what opening the repository, the version and the expressions raises."""
        repository = self.open_for("")
        if self.where or self.filters:
            repository.query(self.where, self.revision, filters=self.filters, limit=1)
        else:
            repository.head(1, self.revision)

    def overview(self, request: Request) -> dict[str, Any]:
        """Return who looks at what, and the statistics of it."""
        repository = self._opened(request)
        status = repository.status()
        return {
            "version": __version__,
            "name": self.name,
            "person": request.scope[PERSON],
            "read_only": self.read_only,
            "branch": status.branch,
            "revision": self.revision or "STAGE",
            "where": [*self.where, *self.filters],
            "stats": repository.stats(self.revision, where=self.where, filters=self.filters),
        }

    def _opened(self, request: Request) -> Repository:
        return self.open_for(request.scope[PERSON])
