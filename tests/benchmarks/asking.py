"""CPU time of asking beside that of openai's client alone: `python -m tests.benchmarks.asking`.

Both send the same requests, 64 at a time, to the billing server in a process of its own. The keeper
appends to a journal with an fsync for each group. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import httpx2
import openai

from tests.contract.source import ROOT
from tests.support.asking import Texts, request_body
from vault.generate.answers import Answer
from vault.generate.asking import ask
from vault.generate.budget import Limits
from vault.generate.endpoint import Endpoint
from vault.generate.group_commit import GroupCommit

IN_FLIGHT = 64


def text(number: int) -> str:
    """Return the text of a request, about a kilobyte."""
    return f"Text {number}. " + "Write a polite question about a payment. " * 24


class Journal:
    """A keeper that appends checksummed lines."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self.groups = 0
        self._commit = GroupCommit(self._append)

    def _append(self, lines: list[bytes]) -> None:
        self.groups += 1
        self._file.write(b"".join(lines))
        self._file.flush()
        os.fdatasync(self._file.fileno())

    async def sent(self, number: int, most_cost: Decimal | None) -> None:
        """Append a line for a number."""
        await self._commit.add([self._line(b'{"request":%d}' % number)])

    async def answered(self, number: int, answer: Answer) -> None:
        """Append a line with the body."""
        await self._commit.add([self._line(b"%d %s" % (number, answer.body or b""))])

    async def close(self) -> None:
        """Close the file."""
        await self._commit.close()
        self._file.close()

    @staticmethod
    def _line(data: bytes) -> bytes:
        return data + b" " + hashlib.sha256(data).hexdigest().encode() + b"\n"


async def with_vault(url: str, count: int) -> str:
    """Send requests with `ask`."""
    source = Texts(text(number) for number in range(count))
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder, "journal"))
        limits = Limits(first_in_flight=IN_FLIGHT)
        await ask(source, Endpoint(url, "tiny"), journal, limits)
        await journal.close()
    assert len(source.given) == count
    return f"{2 * count / journal.groups:.1f} lines a group"


async def with_openai(url: str, count: int, *, is_raw: bool) -> str:
    """Send requests with openai's client; raw, the answers are left as bytes."""
    numbers = iter(range(count))
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def work() -> None:
            for number in numbers:
                if is_raw:
                    body = request_body(text(number)).encode()
                    headers = {"Content-Type": "application/json"}
                    await client.post(
                        "/chat/completions",
                        cast_to=httpx2.Response,
                        content=body,
                        options={"headers": headers},
                    )
                else:
                    await client.chat.completions.create(
                        model="tiny",
                        max_tokens=20,
                        messages=[{"role": "user", "content": text(number)}],
                    )

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return ""


def measure(name: str, run: Callable[[], Awaitable[str]], count: int) -> None:
    """Print the CPU time and the time of one way to ask."""

    async def timed() -> str:
        return await run()

    start, cpu = time.perf_counter(), time.process_time()
    note = asyncio.run(timed())
    cpu, start = time.process_time() - cpu, time.perf_counter() - start
    each = 1000 / count
    print(f"{name:24} {cpu * each:6.2f} ms CPU an answer {start * each:6.2f} ms  {note}")


def main() -> None:
    """Measure three ways, each twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    count = parser.parse_args().requests
    command = [sys.executable, "-m", "tests.support.billing_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        try:
            for _ in range(2):
                measure("openai, parsed", lambda: with_openai(url, count, is_raw=False), count)
                measure("openai, raw", lambda: with_openai(url, count, is_raw=True), count)
                measure("vault", lambda: with_vault(url, count), count)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
