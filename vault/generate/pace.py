"""The pace of an endpoint: how many requests may be on the way, and pauses for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

SUCCESSES_A_STEP = 25
"""Successes after which one more request may be on the way."""

Sleep = Callable[[float], Awaitable[object]]
"""A wait of so many seconds: `asyncio.sleep`, or what a test puts in its place."""


class Pace:
    """Requests that may be on the way: one more after 25 successes, a quarter less when limited.

    `changed` is called when there may be room for another request. Belongs to one event loop.
    """

    def __init__(self, *, first: int, most: int, sleep: Sleep, changed: Callable[[], None]) -> None:
        self._most = max(most, 1)
        self._allowed = min(max(first, 1), self._most)
        self._sleep = sleep
        self._changed = changed
        self._successes = 0
        self._pauses = 0
        self._running = 0
        self._falls = 0
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def allowed(self) -> int:
        """The number of requests that may be on the way."""
        return self._allowed

    @property
    def is_paused(self) -> bool:
        """True while all requests wait."""
        return self._pauses > 0

    async def enter(self) -> int:
        """Wait until another request may go; return the number of falls until then, for `fall`."""
        while self.is_paused or self._running >= self._allowed:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(turn)
            try:
                await turn
            finally:
                self._waiting.discard(turn)
        self._running += 1
        return self._falls

    def leave(self) -> None:
        """Say that a request is no longer on the way."""
        self._running -= 1
        self._notify()

    def rise(self) -> None:
        """Count a success."""
        self._successes += 1
        if self._successes >= SUCCESSES_A_STEP:
            self._successes = 0
            self._allowed = min(self._allowed + 1, self._most)
            self._notify()

    def fall(self, falls: int) -> None:
        """Allow a quarter less, once for all requests that were on the way together.

        `falls` is what `enter` returned for the request that was limited.
        """
        if falls == self._falls:
            self._falls += 1
            self._successes = 0
            self._allowed = max(self._allowed * 3 // 4, 1)

    async def pause(self, seconds: float) -> None:
        """Let all requests wait, and wait as long. The longest of several pauses counts."""
        self._pauses += 1
        try:
            await self._sleep(seconds)
        finally:
            self._pauses -= 1
            self._notify()

    def _notify(self) -> None:
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
        self._changed()
