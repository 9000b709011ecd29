"""Reading objects for a check: counted, told to progress, and faults kept instead of raised."""

from __future__ import annotations

from vault.errors import Corrupt, StorageFailed
from vault.layout import OBJECTS
from vault.objects.digest import Digest
from vault.operations.upkeep.problems import Problems
from vault.progress import Progress
from vault.store.object_store import ObjectStore


class ObjectReader:
    """Reads objects of a store; what is missing or damaged becomes a problem."""

    def __init__(self, store: ObjectStore, problems: Problems, progress: Progress) -> None:
        self.store = store
        self._problems = problems
        self._progress = progress
        self._seen: set[Digest] = set()

    @property
    def count(self) -> int:
        """Return how many different objects were asked for."""
        return len(self._seen)

    def read(self, digest: Digest, what: str) -> bytes | None:
        """Return the bytes of an object, or of what stands for it; None if there are neither.

        `what` it is for people. One that was erased on purpose is no problem.
        """
        if digest not in self._seen:
            self._seen.add(digest)
            self._progress.advance()
        try:
            return self.store.get(digest)
        except (Corrupt, StorageFailed) as error:
            if error.code != "object-erased":
                self._problems.add(error.code, digest, f"{error.message} ({what})")
            return None

    def is_there(self, digest: Digest) -> bool:
        """Tell whether an object is there itself, and nothing else stands for it."""
        return self.store.has(digest)

    def check(self, digest: Digest, what: str) -> None:
        """Read an object of which nothing but its digest can be checked, unless it was read."""
        if digest not in self._seen:
            self.read(digest, what)

    def check_others(self) -> None:
        """Read every stored object that was not read yet, whatever it is."""
        with self._problems.caught(OBJECTS):
            for digest in self.store.digests():
                self.check(digest, "nothing that could be read leads to it")
