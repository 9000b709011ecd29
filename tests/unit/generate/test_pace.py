"""Pace and group commit: the two places where tasks wait for one another."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.support.asking import Naps
from vault.generate.group_commit import GroupCommit
from vault.generate.pace import Pace


def pace(*, first: int = 4, most: int = 64) -> Pace:
    """Return a pace that does not wait."""
    return Pace(first=first, most=most, sleep=Naps(), changed=lambda: None)


def test_one_more_is_allowed_after_25_successes() -> None:
    grown = pace()
    for _ in range(24):
        grown.rise()
    assert grown.allowed == 4
    grown.rise()
    assert grown.allowed == 5
    for _ in range(25 * 100):
        grown.rise()
    assert grown.allowed == 64


def test_requests_that_were_limited_together_count_once() -> None:
    async def limited() -> list[int]:
        fallen = pace(first=16)
        falls = [await fallen.enter() for _ in range(16)]
        for each in falls:
            fallen.fall(each)
        seen = [fallen.allowed]
        for _ in range(9):
            fallen.leave()
        fallen.fall(await fallen.enter())
        return [*seen, fallen.allowed]

    assert asyncio.run(limited()) == [12, 9]


def test_one_request_is_always_allowed() -> None:
    fallen = pace(first=2)
    for falls in range(9):
        fallen.fall(falls)
    assert fallen.allowed == 1


def test_a_pause_holds_everyone_until_the_longest_ends() -> None:
    async def held() -> list[str]:
        ends: dict[float, asyncio.Event] = {1.0: asyncio.Event(), 9.0: asyncio.Event()}

        async def sleep(seconds: float) -> None:
            await ends[seconds].wait()

        slow = Pace(first=4, most=4, sleep=sleep, changed=lambda: None)
        said: list[str] = []

        async def enter() -> None:
            await slow.enter()
            said.append("entered")

        tasks = [asyncio.create_task(slow.pause(seconds)) for seconds in (1.0, 9.0)]
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(enter()))
        for seconds in (1.0, 9.0):
            await asyncio.sleep(0.001)
            said.append(f"end of {seconds}")
            ends[seconds].set()
        await asyncio.gather(*tasks)
        return said

    assert asyncio.run(held()) == ["end of 1.0", "end of 9.0", "entered"]


def test_lines_that_wait_are_made_durable_together() -> None:
    groups: list[list[bytes]] = []
    started, go_on = threading.Event(), threading.Event()

    def append(lines: list[bytes]) -> None:
        started.set()
        go_on.wait(10)
        groups.append(lines)

    async def write() -> list[str]:
        order: list[str] = []

        async def add(name: str) -> None:
            await commit.add([name.encode()])
            order.append(name)

        async with GroupCommit(append) as commit:
            tasks = [asyncio.create_task(add("a"))]
            await asyncio.to_thread(started.wait, 10)
            tasks += [asyncio.create_task(add(name)) for name in "bcdef"]
            await asyncio.sleep(0)
            tasks[2].cancel()
            go_on.set()
            await asyncio.gather(*tasks, return_exceptions=True)
        return order

    # A task that is gone has its lines written all the same.
    assert asyncio.run(write()) == ["a", "b", "d", "e", "f"]
    assert groups == [[b"a"], [b"b", b"c", b"d", b"e", b"f"]]


def test_an_error_is_raised_by_everyone_whose_lines_it_had() -> None:
    groups: list[list[bytes]] = []

    def append(lines: list[bytes]) -> None:
        groups.append(lines)
        if len(groups) == 1:
            raise OSError("no space is left")

    async def write() -> list[object]:
        async with GroupCommit(append) as commit:
            first = await asyncio.gather(
                *(commit.add([b"a"]) for _ in range(3)), return_exceptions=True
            )
            await commit.add([b"b"])
            return list(first)

    found = asyncio.run(write())
    assert [type(each) for each in found] == [OSError] * 3
    assert groups == [[b"a"] * 3, [b"b"]]


def test_closing_writes_what_waits() -> None:
    groups: list[list[bytes]] = []

    async def write() -> None:
        commit = GroupCommit(groups.append)
        task = asyncio.create_task(commit.add([b"a"]))
        await asyncio.sleep(0)
        await commit.close()
        await task

    asyncio.run(write())
    assert groups == [[b"a"]]


@pytest.mark.parametrize("count", [1, 64])
def test_a_place_that_is_left_lets_another_in(count: int) -> None:
    async def pass_through() -> int:
        narrow, most, inside = pace(first=count, most=count), 0, 0

        async def visit() -> None:
            nonlocal most, inside
            await narrow.enter()
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            narrow.leave()

        await asyncio.gather(*(visit() for _ in range(200)))
        return most

    assert asyncio.run(pass_through()) == count
