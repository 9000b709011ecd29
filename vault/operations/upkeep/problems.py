"""What a check of the repository found wrong, each fault once, with a stable code.

Every part of `fsck` adds to one `Problems`. Knows nothing of what is checked.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from vault.errors import VaultError


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a stable code, what it is in, and what is wrong there.

    `object` is a digest, or `operation 12`, `format` or `tip` for what is not an object.
    """

    code: str
    object: str
    message: str


class Problems:
    """Collects faults in the order in which they are found."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Problem] = {}

    def add(self, code: str, object: str, message: str) -> None:
        """Keep a fault, unless one with the same code was found in the same object."""
        self._found.setdefault((code, object), Problem(code, object, message))

    def caught(self, object: str) -> AbstractContextManager[None, bool]:
        """Keep whatever goes wrong inside as a fault of one object, and go on after it."""
        return _Caught(self, object)

    def all(self) -> tuple[Problem, ...]:
        """Return every fault found."""
        return tuple(self._found.values())


class _Caught(AbstractContextManager[None, bool]):
    def __init__(self, problems: Problems, object: str) -> None:
        self._problems = problems
        self._object = object

    def __exit__(self, *raised: Any) -> bool:
        error = raised[1]
        if isinstance(error, VaultError):
            self._problems.add(error.code, self._object, error.message)
        # Damage that a reader did not foresee must be told like any other, not end the check.
        elif isinstance(error, Exception):
            reason = f"it cannot be checked: {type(error).__name__}: {error}"
            self._problems.add("check-failed", self._object, reason)
        else:
            return False
        return True
