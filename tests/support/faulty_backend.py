"""A backend that does as another one does, until the n-th call: then it fails as it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from enum import Enum
from typing import TypeVar

from tests.support.disk import Crash
from vault.errors import StorageFailed
from vault.store.backend import Backend
from vault.store.memory import MemoryBackend

_T = TypeVar("_T")


class Fault(Enum):
    """What happens at the chosen call."""

    CRASH_BEFORE = "the process ends before the call does anything"
    CRASH_AFTER = "the process ends when the call has done everything"
    SHORT_WRITE = "the process ends with half of the bytes under a temporary name"
    ERROR = "the call fails once and does nothing"
    ERROR_AFTER = "the call does everything and then says that it failed"
    REFUSED_AFTER = "a put is applied and then says that the name was there"
    FULL = "this and every later write fails, reading goes on"


CRASHES = frozenset({Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.SHORT_WRITE})
"""Faults after which nobody is told anything."""


class FaultyBackend:
    """Counts the calls to a backend, and commits one fault at the call number `at`.

    With `only_writes` reads are not counted, so the fault hits a write: a crash at a read leaves
    what the write before it left. A crash is for good: every later call, such as one made while
    cleaning up, crashes as well.
    """

    shared_between_processes = False
    folder = None

    def __init__(
        self,
        inner: Backend,
        fault: Fault | None = None,
        at: int = 0,
        *,
        only_writes: bool = False,
    ) -> None:
        self.inner = inner
        self._only_writes = only_writes
        self.calls = 0
        self._fault = fault
        self._at = at
        self._is_dead = False

    def read(self, name: str) -> bytes:
        """Read, or fail."""
        return self._call(lambda: self.inner.read(name))

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Put, or fail; a short write leaves a temporary name, as a local backend does."""
        if self._fault is Fault.SHORT_WRITE and self.calls + 1 == self._at:
            self.inner.put_if_absent("tmp/4711-abcdef", data[: len(data) // 2])
        refused = self._fault is Fault.REFUSED_AFTER and self.calls + 1 == self._at
        done = self._call(lambda: self.inner.put_if_absent(name, data), writes=True)
        return done and not refused

    def replace(self, name: str, data: bytes) -> None:
        """Replace, or fail."""
        self._call(lambda: self.inner.replace(name, data), writes=True)

    def exists(self, name: str) -> bool:
        """Look, or fail."""
        return self._call(lambda: self.inner.exists(name))

    def size_bytes(self, name: str) -> int:
        """Measure, or fail."""
        return self._call(lambda: self.inner.size_bytes(name))

    def written_seconds(self, name: str) -> float:
        """Tell the time of writing, or fail."""
        return self._call(lambda: self.inner.written_seconds(name))

    def names(self, prefix: str) -> Iterator[str]:
        """List, or fail."""
        return iter(self._call(lambda: list(self.inner.names(prefix))))

    def delete(self, name: str) -> None:
        """Delete, or fail."""
        self._call(lambda: self.inner.delete(name), writes=True)

    def sync(self, *also: str) -> None:
        """Sync, or fail."""
        self._call(lambda: self.inner.sync(*also), writes=True)

    def remove_leftovers(self, before_seconds: float) -> tuple[str, ...]:
        """Remove, or fail."""
        return self._call(lambda: self.inner.remove_leftovers(before_seconds), writes=True)

    def writing(self) -> AbstractContextManager[None]:
        """Hold off garbage collection, or fail."""
        return self._call(self.inner.writing)

    def collecting(self) -> AbstractContextManager[None]:
        """Hold off writers, or fail."""
        return self._call(self.inner.collecting)

    def _call(self, action: Callable[[], _T], *, writes: bool = False) -> _T:
        if self._is_dead:
            raise Crash
        if self._only_writes and not writes:
            return action()
        self.calls += 1
        if self._fault is Fault.FULL and writes and self._at <= self.calls:
            raise StorageFailed("cannot write: No space left on device", code="storage-failed")
        if self._fault is None or self.calls != self._at:
            return action()
        if self._fault in (Fault.CRASH_BEFORE, Fault.SHORT_WRITE):
            self._is_dead = True
            raise Crash
        if self._fault is Fault.ERROR:
            raise StorageFailed("cannot do it: Input/output error", code="storage-failed")
        result = action()
        if self._fault is Fault.CRASH_AFTER:
            self._is_dead = True
            raise Crash
        if self._fault is Fault.ERROR_AFTER:
            raise StorageFailed("no answer: Input/output error", code="storage-failed")
        return result


class PowerPlace:
    """Bytes under names that are lost when the power is cut, unless their name was synced."""

    def __init__(self, held: dict[str, bytes] | None = None) -> None:
        self.held = {} if held is None else dict(held)
        self.before: dict[str, bytes | None] = {}

    def cut(self, loses: Callable[[str], bool] = lambda name: True) -> MemoryBackend:
        """Cut the power and return what is left: names that no sync made last are lost.

        Of these only those that `loses`: a real file system may have written any of them.
        """
        for name, data in self.before.items():
            if not loses(name):
                continue
            if data is None:
                self.held.pop(name, None)
            else:
                self.held[name] = data
        self.before.clear()
        return self.left()

    def left(self) -> MemoryBackend:
        """Return what the place holds now, as a new program would find it."""
        made = MemoryBackend()
        made._held = dict(self.held)
        return made


class PowerBackend(MemoryBackend):
    """One program at such a place. The options make it a broken one, to see that tests notice.

    `syncs=False` forgets to sync; `claims=False` does not sync names that were there already;
    `reorders=True` writes objects only after the entry of the operation log that names them.
    """

    def __init__(
        self, place: PowerPlace, *, syncs: bool = True, claims: bool = True, reorders: bool = False
    ) -> None:
        super().__init__()
        self._place = place
        self._held = place.held
        self._asked: set[str] = set()
        self._syncs = syncs
        self._claims = claims
        self._reorders = reorders
        self._delayed: dict[str, bytes] = {}

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Put; the name lasts after the next sync."""
        if self._reorders and name.startswith("objects/"):
            self._delayed[name] = data
            return True
        made = name not in self._held
        if made:
            self._place.before.setdefault(name, None)
        if made or self._claims:
            self._asked.add(name)
        return super().put_if_absent(name, data)

    def read(self, name: str) -> bytes:
        """Read, delayed writes included: this program knows of them."""
        return self._delayed[name] if name in self._delayed else super().read(name)

    def replace(self, name: str, data: bytes) -> None:
        """Replace; it lasts after the next sync."""
        self._place.before.setdefault(name, self._held.get(name))
        self._asked.add(name)
        super().replace(name, data)

    def sync(self, *also: str) -> None:
        """Let every name last that was asked for; delayed objects follow their entry."""
        if any(name.startswith("operations/") for name in self._asked):
            self._held.update(self._delayed)
            self._delayed.clear()
        # Only after that look: these names were put by others.
        if self._claims:
            self._asked.update(also)
        if self._syncs:
            for name in self._asked:
                self._place.before.pop(name, None)
        self._asked.clear()
