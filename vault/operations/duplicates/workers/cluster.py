"""The seam for other machines: functions that are run elsewhere, and values that lie there.

What is run is a function of a module, pure but for files of the repository that it writes whole:
it may be run twice. What it returns stays where it was made until it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NewType, Protocol

from vault.catalogue.index.array_files import ArrayFiles

Handle = NewType("Handle", object)
"""A value that lies elsewhere; as an argument of a task it stands for the value."""


class Tasks(Protocol):
    """Runs functions on other processes or machines."""

    @property
    def workers(self) -> int:
        """How many functions run at once."""
        ...

    def share(self, value: Any) -> Handle:
        """Lay a value where every task can read it."""
        ...

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Handle:
        """Have a function called, whenever its arguments are there. Returns at once."""
        ...

    def submit_parted(
        self, work: Callable[..., Sequence[Any]], parts: int, *arguments: Any
    ) -> list[Handle]:
        """Have a function called that returns so many values, each of which lies on its own."""
        ...

    def get(self, handle: Handle) -> Any:
        """Wait for a value and fetch it.

        Raises what the function raised, StorageFailed (`worker-died`, `engine-failed`), and
        InvalidInput (`engine-version`) where another version of vault is at work.
        """
        ...

    def check(self, files: ArrayFiles) -> None:
        """See that all machines can read what this one writes.

        Raises InvalidInput (`engine-version`, `repository-not-shared`) and what `get` raises.
        """
        ...
