"""Import workers: as many as there are, the outcome is one; and none is left behind."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.drafting import ids
from tests.support.library import Library, chat
from vault.errors import InvalidInput, StorageFailed
from vault.formats.files.blocks import open_blocks
from vault.operations.imports import import_workers
from vault.progress import Progress, Silent


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut files into many blocks, so that a small one is a large one."""
    smaller = partial(open_blocks, block_bytes=4_000)
    monkeypatch.setattr("vault.formats.files.blocks.open_blocks", smaller)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[import_workers.ProcessWorker]:
    """The worker processes that were started, in order."""
    found: list[import_workers.ProcessWorker] = []
    start = import_workers.ProcessWorker.__init__

    def recorded(self: import_workers.ProcessWorker, *arguments: Any) -> None:
        start(self, *arguments)
        found.append(self)

    monkeypatch.setattr(import_workers.ProcessWorker, "__init__", recorded)
    return found


def filled(folder: Path, wanted: int) -> Library:
    """Import a file with duplicates, broken lines and earlier records, by some workers."""
    library = Library(folder)
    library.write("first.jsonl", [chat(f"q{n}") for n in range(0, 400, 7)])
    library.run("first.jsonl", workers=1)
    lines = [json.dumps(chat(f"q{n % 350}", n=n % 3)) for n in range(600)]
    lines += [json.dumps(chat(f"q{n}")) for n in range(100)]
    for at in range(0, 700, 90):
        lines.insert(at, f"broken {at}")
    path = library.folder / "a.jsonl"
    path.write_text("\n\n".join(lines), encoding="utf-8")
    report = library.run("a.jsonl", workers=wanted)
    assert report.read == 708 == report.imported + report.duplicates + report.quarantined
    return library


def test_the_outcome_does_not_depend_on_how_many_read(
    tmp_path: Path, started: list[import_workers.ProcessWorker]
) -> None:
    one, two = filled(tmp_path / "one", 1), filled(tmp_path / "two", 2)

    assert len(started) == 1  # this process is the other worker
    assert ids(one.repository) == ids(two.repository)
    assert one.records() == two.records()
    assert one.repository.commit("x").fingerprint == two.repository.commit("x").fingerprint
    assert one.repository.quarantine() == two.repository.quarantine()
    shown = [each.repository.show(ids(one.repository)[-1]) for each in (one, two)]
    assert shown[0].line == shown[1].line  # type: ignore[union-attr]
    assert gone(started)


@pytest.mark.parametrize("mode", ["replace", "replace-all", "update"])
def test_every_way_of_importing_gives_the_same_by_two(tmp_path: Path, mode: str) -> None:
    found = []
    for wanted in (1, 2):
        library = filled(tmp_path / str(wanted), wanted)
        library.write("a.jsonl", [chat(f"q{n}", "New.", key=n) for n in reversed(range(300))])
        key = "key" if mode == "update" else None
        library.run("a.jsonl", mode=mode, workers=wanted, key=key)
        found.append(library.records())
    assert found[0] == found[1]


def gone(started: list[import_workers.ProcessWorker]) -> bool:
    return all(each.child.has_ended for each in started)


class Acting(Silent):
    """Progress that does something once, when so many records were read."""

    def __init__(self, records: int, act: Callable[[], object]) -> None:
        self._left = records
        self._act: Callable[[], object] | None = act

    def advance(self, count: int = 1) -> None:
        """Act when it is time."""
        self._left -= count
        if self._left <= 0 and self._act is not None:
            act, self._act = self._act, None
            act()


def interrupted(library: Library, progress: Progress, wanted: int = 2) -> None:
    library.write("a.jsonl", [chat(f"q{n}", "a" * 50) for n in range(2_000)])
    repository = library.repository
    repository._progress = progress
    repository.import_files([str(library.folder / "a.jsonl")], workers=wanted)


def test_a_worker_that_is_killed_ends_the_import(
    library: Library, started: list[import_workers.ProcessWorker]
) -> None:
    def kill() -> None:
        os.kill(started[0].child.pid, signal.SIGKILL)

    with pytest.raises(StorageFailed) as caught:
        interrupted(library, Acting(100, kill))

    assert caught.value.code == "worker-died"
    assert gone(started)
    assert not library.repository.status().has_stage
    assert library.run("a.jsonl", workers=2).imported == 2_000


def test_an_interrupt_leaves_no_process(
    library: Library, started: list[import_workers.ProcessWorker]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted(library, Acting(100, interrupt))

    assert len(started) == 1  # this process is the other worker
    assert gone(started)
    assert not library.repository.status().has_stage


def test_a_worker_that_cannot_start_takes_the_others_along(
    library: Library, started: list[import_workers.ProcessWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = import_workers.ProcessWorker.__init__

    def refused(self: import_workers.ProcessWorker, *arguments: Any) -> None:
        if started:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        start(self, *arguments)

    monkeypatch.setattr(import_workers.ProcessWorker, "__init__", refused)
    with pytest.raises(OSError):
        interrupted(library, Acting(10**9, list), wanted=3)

    assert len(started) == 1
    assert gone(started)


def test_an_error_of_a_worker_is_told_as_it_was_raised(
    library: Library, started: list[import_workers.ProcessWorker]
) -> None:
    library.write("a.jsonl", [{"q": "x" * 100, "n": n} for n in range(2_000)])
    with pytest.raises(InvalidInput) as caught:
        library.run("a.jsonl", workers=2, mapping={"robot": "q"})
    assert caught.value.code == "invalid-mapping"
    assert gone(started)
    assert not library.repository.status().has_stage


def test_a_dry_run_works_with_as_many_processes(
    library: Library, started: list[import_workers.ProcessWorker]
) -> None:
    library.write("a.jsonl", [chat(f"q{n}") for n in range(1_000)])
    assert library.run("a.jsonl", workers=2, dry_run=True).imported == 1_000
    assert started and not library.repository.status().has_stage
