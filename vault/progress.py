"""How long work tells that it goes on, without knowing who listens.

Operations take a `Progress` and report to it; the command line draws it, a program may ignore it.
Knows nothing of terminals or time.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to one piece of work after another: start, advance any number of times, finish."""

    def start(self, what: str, total: int | None = None) -> None:
        """Begin a piece of work; `what` is shown to people, `total` is None when unknown."""

    def advance(self, count: int = 1) -> None:
        """Tell that `count` more units are done; cheap enough to be called per thousand rows."""

    def finish(self) -> None:
        """End the piece of work; without one under way it does nothing."""

    def say(self, what: str) -> None:
        """Tell what happened beside the work and is worth a line, such as an upgrade."""


class Silent:
    """A `Progress` that nobody watches."""

    def start(self, what: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, count: int = 1) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""

    def say(self, what: str) -> None:
        """Do nothing."""


silent: Progress = Silent()
"""The default of every operation that takes a `Progress`."""
