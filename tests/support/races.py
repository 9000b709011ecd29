"""Races for names: callers at once put different bytes under the same new names."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.contract.source import ROOT
from vault.store.backend import Backend
from vault.store.local import LocalBackend

CALLERS = 8


class BlindBackend(LocalBackend):
    """A broken backend, to see that the races notice: looks, and then renames over."""

    def _publish(self, data: bytes, path: Path) -> bool:
        self._write_aside(data).replace(path)
        return True


def winners_among_threads(backend: Backend, names: list[str]) -> dict[str, list[int]]:
    """Return for each name the callers that were told that they made it; one backend for all."""
    won: dict[str, list[int]] = {name: [] for name in names}
    gate = threading.Barrier(CALLERS)

    def call(caller: int) -> None:
        for name in names:
            gate.wait()
            if backend.put_if_absent(name, content_of(caller)):
                won[name].append(caller)

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


_RACER = """
import json, sys, time
from pathlib import Path
from vault.store.local import LocalBackend
from tests.support.races import BlindBackend, content_of
kind, folder, caller = sys.argv[1:]
backend = (BlindBackend if kind == "BlindBackend" else LocalBackend)(Path(folder))
print("ready", flush=True)
start, names = json.loads(sys.stdin.readline())
won = []
for number, name in enumerate(names):
    while time.monotonic() < start + number * 0.004:
        pass
    if backend.put_if_absent(name, content_of(int(caller))):
        won.append(name)
print(json.dumps(won))
"""


def winners_among_processes(backend: LocalBackend, names: list[str]) -> dict[str, list[int]]:
    """Return for each name the processes that were told that they made it."""
    kind = type(backend).__name__
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, kind, str(backend.folder), str(caller)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for caller in range(CALLERS)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    order = json.dumps([time.monotonic() + 0.05, names]) + "\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(order)
        racer.stdin.flush()
    won: dict[str, list[int]] = {name: [] for name in names}
    for caller, racer in enumerate(racers):
        for name in json.loads(racer.communicate()[0]):
            won[name].append(caller)
    return won


def content_of(caller: int) -> bytes:
    """Return the bytes that a caller puts, told apart by their beginning."""
    return b"%d\n" % caller * 500


def unfair(backend: Backend, won: dict[str, list[int]]) -> list[str]:
    """Return the names that not exactly one caller made, or that hold another caller's bytes."""
    return [
        name
        for name, callers in won.items()
        if len(callers) != 1 or backend.read(name) != content_of(callers[0])
    ]


class Timeless(LocalBackend):
    """Everything in it looks as if it was written long ago, so that garbage may go at once."""

    def written_seconds(self, name: str) -> float:
        """Return the beginning of time."""
        super().written_seconds(name)
        return 0.0
