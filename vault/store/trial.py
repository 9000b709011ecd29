"""A backend for dry runs: it reads what another holds, and keeps what is written to itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from vault.store.backend import Backend


class TrialBackend:
    """Every write goes to `top`, and is read from there first; `below` is never changed.

    What is deleted is gone from `top` alone.
    """

    def __init__(self, below: Backend, top: Backend) -> None:
        self._below = below
        self._top = top
        self.folder = below.folder
        self.shared_between_processes = (
            below.shared_between_processes and top.shared_between_processes
        )

    def read(self, name: str) -> bytes:
        """Return all bytes of a name. Raises KeyError if there is none."""
        return self._holder(name).read(name)

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Write bytes under a name that neither holds: True if this call made it, else False."""
        return not self._below.exists(name) and self._top.put_if_absent(name, data)

    def replace(self, name: str, data: bytes) -> None:
        """Write bytes under a name, whatever it held."""
        self._top.replace(name, data)

    def exists(self, name: str) -> bool:
        """Tell whether the name holds bytes."""
        return self._top.exists(name) or self._below.exists(name)

    def size_bytes(self, name: str) -> int:
        """Return how many bytes a name holds. Raises KeyError if there is none."""
        return self._holder(name).size_bytes(name)

    def written_seconds(self, name: str) -> float:
        """Return when a name got its bytes, in seconds since 1970; KeyError if there is none."""
        return self._holder(name).written_seconds(name)

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin with `prefix` and a slash, in no particular order."""
        own = set(self._top.names(prefix))
        yield from own
        yield from (each for each in self._below.names(prefix) if each not in own)

    def delete(self, name: str) -> None:
        """Remove a name that was written here; nothing happens if there is none."""
        self._top.delete(name)

    def sync(self, *also: str) -> None:
        """Make what was written here durable."""
        self._top.sync(*(each for each in also if self._top.exists(each)))

    def remove_leftovers(self, before_seconds: float) -> tuple[str, ...]:
        """Remove what unfinished writes left here, and return what it was called."""
        return self._top.remove_leftovers(before_seconds)

    def writing(self) -> AbstractContextManager[None]:
        """Hold off garbage collection of what is written here."""
        return self._top.writing()

    def collecting(self) -> AbstractContextManager[None]:
        """Hold off writers here."""
        return self._top.collecting()

    def _holder(self, name: str) -> Backend:
        return self._top if self._top.exists(name) else self._below
