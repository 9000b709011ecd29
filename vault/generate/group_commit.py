"""Group commit: lines of many tasks made durable together, one fsync at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class GroupCommit(Generic[T]):
    """An adapter between tasks that wait for their lines and an `append` that blocks.

    `append` runs in one thread of its own, with all lines that were added while it ran before, in
    the order in which they were added. An error of it is raised by everyone whose lines it had.
    Belongs to one event loop.
    """

    def __init__(self, append: Callable[[list[T]], object]) -> None:
        self._append = append
        self._thread = ThreadPoolExecutor(1, "group-commit")
        self._waiting: list[tuple[Sequence[T], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write what is waiting, and end the thread."""
        await self.close()

    async def add(self, lines: Sequence[T]) -> None:
        """Add lines; they are durable when this returns. Raises what `append` raises.

        Lines of a task that is cancelled meanwhile are written all the same.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((lines, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        await done

    async def close(self) -> None:
        """Write what is waiting, and end the thread."""
        if self._writer is not None:
            await self._writer
        self._thread.shutdown()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            lines = [line for each, _ in group for line in each]
            error: Exception | None = None
            try:
                await loop.run_in_executor(self._thread, self._append, lines)
            except Exception as caught:
                error = caught
            for _, done in group:
                if done.done():
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)
        self._writer = None
