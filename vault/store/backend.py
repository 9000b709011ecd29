"""The narrow waist: what vault needs of a place that keeps bytes under names.

One conformance suite (tests/contract) holds every implementation to this text. Names are relative,
made of `[A-Za-z0-9._-]` segments joined by `/`; a backend may trust that no segment is `.` or `..`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Backend(Protocol):
    """Bytes under names, written once. Every method may raise StorageFailed.

    `shared_between_processes` says that a pickled copy in another process is the same place.
    """

    shared_between_processes: bool

    @property
    def folder(self) -> Path | None:
        """Where on this machine the names lie, if at all; what follows from them is kept there."""
        ...

    def read(self, name: str) -> bytes:
        """Return all bytes of a name. Raises KeyError if there is none."""
        ...

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Write bytes under a name that must be new: True if this call made it, else False.

        Of any number of callers at once exactly one gets True. When it returns, the bytes are
        durable; the name is durable after the next `sync`, whoever made it: a caller that gets
        False may rely on the name as well. A reader sees all bytes or no name. Where it raises,
        the bytes may have been written all the same.
        """
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Write bytes under a name, whatever it held: for hints, and to heal a damaged object."""
        ...

    def exists(self, name: str) -> bool:
        """Tell whether the name holds bytes."""
        ...

    def size_bytes(self, name: str) -> int:
        """Return how many bytes a name holds. Raises KeyError if there is none."""
        ...

    def written_seconds(self, name: str) -> float:
        """Return when a name got its bytes, in seconds since 1970 UTC; KeyError if there is none.

        0 where the place does not know, which reads as long ago.
        """
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin with `prefix` and a slash, in no particular order."""
        ...

    def delete(self, name: str) -> None:
        """Remove a name; nothing happens if there is none."""
        ...

    def sync(self, *also: str) -> None:
        """Make every name durable that this backend was asked to put so far, and those given.

        A name that another writer put is given before it is relied on: that writer may have died.
        """
        ...

    def remove_leftovers(self, before_seconds: float) -> tuple[str, ...]:
        """Remove what unfinished writes left under no name, and return what it was called.

        Only what was last written before `before_seconds` (since 1970, UTC), so that nothing is
        taken from a writer at work.
        """
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Hold off garbage collection meanwhile; writers do not exclude each other."""
        ...

    def collecting(self) -> AbstractContextManager[None]:
        """Hold off all writers meanwhile, having waited for those at work; readers go on."""
        ...
