"""Progress on standard error: a bar on a terminal, else one line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from vault.cli.show.terminal import display_width, shorten, terminal_width

REDRAW_SECONDS = 0.1
LINE_SECONDS = 10.0


class ProgressBar:
    """A `Progress` that people see; work that ends before the first redraw shows nothing."""

    def __init__(
        self,
        stream: TextIO,
        *,
        is_terminal: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._is_terminal = is_terminal
        self._clock = clock
        self._wait = REDRAW_SECONDS if is_terminal else LINE_SECONDS
        self._what: str | None = None
        self._total: int | None = None
        self._done = 0
        self._began = 0.0
        self._next = 0.0
        self._drawn = 0

    @classmethod
    def on_standard_error(cls) -> ProgressBar:
        """Return a bar for standard error, in the form that fits what is connected there."""
        return cls(sys.stderr, is_terminal=sys.stderr.isatty())

    def start(self, what: str, total: int | None = None) -> None:
        """Begin a piece of work; one still under way ends."""
        self.finish()
        self._what, self._total, self._done = what, total, 0
        self._began = self._clock()
        self._next = self._began + self._wait

    def advance(self, count: int = 1) -> None:
        """Count `count` more and draw when it is time."""
        self._done += count
        now = self._clock()
        if self._what is None or now < self._next:
            return
        self._next = now + self._wait
        if self._is_terminal:
            self._draw(self._bar(now))
        else:
            self._write(f"{self._label(200)}: {self._count()}\n")

    def finish(self) -> None:
        """Take the bar off the terminal, so that what comes next has a clean line."""
        self._what = None
        self._clear()

    def say(self, what: str) -> None:
        """Write a line, above the bar if one is drawn."""
        self._clear()
        self._write(f"vault: {what}\n")

    def _clear(self) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _label(self, width: int) -> str:
        return shorten(self._what or "", width)

    def _count(self) -> str:
        return f"{self._done:,}" if self._total is None else f"{self._done:,} of {self._total:,}"

    def _bar(self, now: float) -> str:
        end = self._count()
        if self._total:
            share = min(1.0, self._done / self._total)
            filled = int(share * 20)
            end = f"[{'#' * filled}{'.' * (20 - filled)}] {share:4.0%}  {end}"
            if 0 < share < 1 and now - self._began > 2:
                left = (now - self._began) * (1 - share) / share
                end += f"  {_duration(left)} left"
        room = terminal_width() - display_width(end) - 3
        return f"{self._label(room)}  {end}" if room >= 8 else end

    def _draw(self, line: str) -> None:
        width = display_width(line)
        self._write("\r" + line + " " * max(0, self._drawn - width))
        self._drawn = width

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._what = None  # nobody watches any more; the work goes on


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
