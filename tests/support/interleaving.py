"""Two writers in a fixed order: an act between reading the log's tip and appending to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.library import NOW
from vault.repository import Repository
from vault.store.local import LocalBackend


class InterruptedBackend(LocalBackend):
    """A local backend that calls `act` once, just before the next operation is published."""

    def __init__(self, folder: Path, act: Callable[[], object]) -> None:
        super().__init__(folder)
        self._act: Callable[[], object] | None = act

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Write bytes under a new name, after the other writer if it is an operation."""
        if name.startswith("operations/") and self._act is not None:
            act, self._act = self._act, None
            act()
        return super().put_if_absent(name, data)


def repository_after(folder: Path, act: Callable[[], object]) -> Repository:
    """Open a repository whose first operation is recorded only after `act` has recorded its own."""
    backend = InterruptedBackend(folder / ".vault", act)
    return Repository(backend, folder=folder, author="grace", clock=lambda: NOW)
