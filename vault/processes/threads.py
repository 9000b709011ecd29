"""Threads for work that lets others run meanwhile: decoding, sorting, arithmetic on arrays."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_U = TypeVar("_U")

THREADS = max(2, min(4, os.cpu_count() or 1))
"""Threads that work together in one process; two on one core, as fetching waits for others."""


def in_threads(
    work: Callable[[_T], _U], items: Iterable[_T], threads: int = THREADS
) -> Iterator[_U]:
    """Yield `work(item)` for each item, in order, computed a few ahead by threads, if by several.

    `items` are taken by who asks, and no more than one for each thread is waiting to be asked for.
    What has not begun when nobody asks any more, or work has failed, is dropped.
    """
    if threads < 2:
        yield from map(work, items)
        return
    pending: deque[Future[_U]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def do_each(work: Callable[[_T], object], items: Sequence[_T], threads: int) -> None:
    """Do `work` for each item by threads; no thread is started for a single one."""
    deque(in_threads(work, items, min(threads, len(items))), maxlen=0)
