"""Places that keep bytes: one class for each backend that the conformance suite is run over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from vault.store.backend import Backend
from vault.store.local import LocalBackend
from vault.store.memory import MemoryBackend
from vault.store.trial import TrialBackend


class Place(Protocol):
    """A place of its own for one test; every backend that it opens stands for the same bytes."""

    def open(self) -> Backend:
        """Return another backend at this place, as another program would open it."""
        ...


class LocalPlace:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "place"

    def open(self) -> Backend:
        """Return a backend in the folder."""
        return LocalBackend(self.folder)


class MemoryPlace:
    """A dictionary; nothing else can open it, so there is one backend."""

    def __init__(self, folder: Path) -> None:
        self._backend = MemoryBackend()

    def open(self) -> Backend:
        """Return the backend."""
        return self._backend


class TrialPlace(LocalPlace):
    """A folder over a dictionary that is never changed."""

    def open(self) -> Backend:
        """Return a backend that keeps what is written in the folder."""
        return TrialBackend(MemoryBackend(), LocalBackend(self.folder))


PLACES: Sequence[type[LocalPlace] | type[MemoryPlace]] = (LocalPlace, MemoryPlace, TrialPlace)
"""Every place that the suite is run over; one for S3 is added here."""
