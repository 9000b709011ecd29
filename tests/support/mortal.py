"""Work whose process is killed (SIGKILL) in the middle of it; it travels to other processes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

DONE = 0
"""The moment at which all is done, and nobody was told yet."""


class Mortal:
    """A function that ends its process, each time at the next of some moments, and then no more.

    A moment is DONE, or n: when the n-th file of arrays, written as a draft, is about to be put in
    its place. Each death leaves a file in `folder`.
    """

    def __init__(self, work: Callable[..., Any], folder: Path, moments: Sequence[int]) -> None:
        self.__name__ = work.__name__
        self._work = work
        self._folder = folder
        self._moments = tuple(moments)

    def __call__(self, *arguments: Any) -> Any:
        moment = self._next_moment()
        if moment:
            _die_before_renaming(moment)
        result = self._work(*arguments)
        if moment is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    @property
    def deaths(self) -> int:
        """How often it died."""
        return len(list(self._folder.glob(f"{self.__name__}-*")))

    def _next_moment(self) -> int | None:
        for number, moment in enumerate(self._moments):
            try:
                (self._folder / f"{self.__name__}-{number}").touch(exist_ok=False)
            except FileExistsError:
                continue
            return moment
        return None


def _die_before_renaming(count: int) -> None:
    left = count

    def heard(event: str, details: tuple[Any, ...]) -> None:
        nonlocal left
        if event == "os.rename" and str(details[1]).endswith(".arrays"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    # It cannot be taken away again, and need not be: this process ends.
    sys.addaudithook(heard)
