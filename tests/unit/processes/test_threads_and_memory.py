"""Work in threads keeps its order and its errors; memory that nobody uses goes back."""

from __future__ import annotations

import platform
import threading
from pathlib import Path

import numpy as np
import pytest

from vault.processes.memory import give_back_memory
from vault.processes.threads import in_threads


@pytest.mark.parametrize("threads", [1, 3])
def test_answers_come_in_the_order_of_what_was_asked(threads: int) -> None:
    assert list(in_threads(lambda each: each * each, range(50), threads)) == [
        each * each for each in range(50)
    ]


def test_no_more_waits_than_threads_can_take() -> None:
    taken: list[int] = []
    items = (taken.append(each) or each for each in range(100))  # type: ignore[func-returns-value]
    answers = in_threads(lambda each: each, items, 2)
    assert next(answers) == 0
    assert len(taken) <= 4


def test_work_overlaps() -> None:
    both = threading.Barrier(2, timeout=20)
    assert len(list(in_threads(lambda _: both.wait(), range(4), 2))) == 4


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_of_the_work_is_raised(threads: int) -> None:
    def work(each: int) -> int:
        if each == 3:
            raise ValueError("the fourth")
        return each

    with pytest.raises(ValueError, match="the fourth"):
        list(in_threads(work, range(9), threads))


def test_what_has_not_begun_is_dropped_when_nobody_asks_any_more() -> None:
    began: list[int] = []
    goes_on = threading.Event()

    def work(each: int) -> int:
        began.append(each)
        if each:
            goes_on.wait(20)
        return each

    answers = in_threads(work, range(9), 1 + 1)
    assert next(answers) == 0
    threading.Timer(0.05, goes_on.set).start()
    answers.close()  # type: ignore[attr-defined]
    assert len(began) <= 4


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others are left alone")
def test_memory_that_nobody_uses_is_given_back() -> None:
    def held_mb() -> int:
        status = Path("/proc/self/status").read_text()
        (line,) = (each for each in status.splitlines() if each.startswith("RssAnon:"))
        return int(line.split()[1]) >> 10

    # The last one lies above all others, so that the heap cannot shrink by itself.
    arrays = [np.ones(1 << 13) for _ in range(2_000)]
    arrays = arrays[-1:]
    before = held_mb()
    give_back_memory()
    assert held_mb() < before - 50
    assert len(arrays) == 1
