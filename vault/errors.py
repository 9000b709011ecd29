"""Every error that vault raises on purpose, arranged by what the catcher does next.

The bottom of the house: imports nothing of vault. A class says what can be done about an error
(and so fixes the exit code of the command line); `code` says which error it is. Codes are
append-only: a script may rely on them, so a code is never renamed or reused.
"""

from __future__ import annotations

from functools import partial
from typing import Any


class VaultError(Exception):
    """Base of all errors with a code, a message in the user's words and one next step.

    `message` says what happened, with the value concerned. `hint` is a single step that can be
    typed or done, or None where there is none. `code` is a stable kebab-case word.
    """

    exit_code = 70

    def __init__(self, message: str, *, code: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error travel between processes: keyword arguments are lost otherwise."""
        return _rebuild, (type(self), self.message, self.code, self.hint)


class AnswerIsNo(VaultError):
    """The command ran and its answer is no: nothing to commit, a difference, damage found."""

    exit_code = 1


class InvalidInput(VaultError):
    """The arguments or the input cannot be used; calling again with others may work."""

    exit_code = 2


class InvalidText(InvalidInput):
    """A text that cannot be used; `excerpt` are lines that show the place or the faults.

    Of an expression a line of it and, where a part is meant, a line that marks it; of a file a line
    for each fault.
    """

    def __init__(
        self, message: str, *, excerpt: tuple[str, ...] = (), code: str, hint: str | None = None
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.excerpt = excerpt

    def __str__(self) -> str:
        """Return the message and what it is about, for who sees no more than a traceback."""
        return "\n  ".join((self.message, *self.excerpt))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error travel between processes."""
        kind = partial(type(self), self.message, excerpt=self.excerpt)
        return partial(kind, code=self.code, hint=self.hint), ()


class InvalidExpression(InvalidText):
    """An expression that cannot be used."""


class NotFound(VaultError):
    """A revision, example, file or repository that was named does not exist."""

    exit_code = 3


class Conflict(VaultError):
    """Something else is in the way: a moved ref, staged changes, a name in use."""

    exit_code = 4


class AlreadyExists(Conflict):
    """The name is in use and was not to be replaced."""


class StorageFailed(VaultError):
    """The file system or network refused; the repository is as it was before the command."""

    exit_code = 5


class Corrupt(VaultError):
    """Stored bytes are not what was written: `vault fsck` tells which."""

    exit_code = 6


class Interrupted(VaultError):
    """The user stopped the command; nothing of it was recorded."""

    exit_code = 130


def _rebuild(kind: type[VaultError], message: str, code: str, hint: str | None) -> VaultError:
    return kind(message, code=code, hint=hint)
