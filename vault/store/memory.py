"""A backend in memory: for tests and for data that need not last."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext


class MemoryBackend:
    """Bytes under names in a dictionary; see `Backend` for what each method promises."""

    shared_between_processes = False
    folder = None

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def read(self, name: str) -> bytes:
        """Return all bytes of a name. Raises KeyError if there is none."""
        return self._held[name]

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Write bytes under a new name: True if this call made it."""
        with self._lock:
            if name in self._held:
                return False
            self._held[name] = bytes(data)
            return True

    def replace(self, name: str, data: bytes) -> None:
        """Write bytes under a name, whatever it held."""
        self._held[name] = bytes(data)

    def exists(self, name: str) -> bool:
        """Tell whether the name holds bytes."""
        return name in self._held

    def size_bytes(self, name: str) -> int:
        """Return how many bytes a name holds. Raises KeyError if there is none."""
        return len(self._held[name])

    def written_seconds(self, name: str) -> float:
        """Return 0: memory keeps no times. Raises KeyError if there is no such name."""
        self._held[name]
        return 0.0

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names under a prefix."""
        yield from [name for name in list(self._held) if name.startswith(prefix + "/")]

    def delete(self, name: str) -> None:
        """Remove a name if it is there."""
        self._held.pop(name, None)

    def sync(self, *also: str) -> None:
        """Do nothing: memory has no later."""

    def remove_leftovers(self, before_seconds: float) -> tuple[str, ...]:
        """Remove nothing: memory is written at once."""
        return ()

    def writing(self) -> AbstractContextManager[None]:
        """Return a context that does nothing: nobody collects garbage here."""
        return nullcontext()

    def collecting(self) -> AbstractContextManager[None]:
        """Return a context that does nothing: one process owns its memory."""
        return nullcontext()
