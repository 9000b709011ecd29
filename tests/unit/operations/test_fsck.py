"""`fsck` tells every flipped byte, truncation, swap and loss, and no reading command is misled."""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.repositories import (
    context_of,
    copy_of,
    everything,
    full_backend,
    held_names,
    new_backend,
    opened,
)
from vault.errors import Corrupt
from vault.operations.upkeep.fsck import FsckReport, fsck
from vault.progress import Silent
from vault.repository import Repository
from vault.store.local import LocalBackend
from vault.store.memory import MemoryBackend

SAMPLES = 1
"""Positions at which a byte of each object is flipped in every run of the tests."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> MemoryBackend:
    """A repository with one of everything; not to be changed."""
    return full_backend(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def known(whole: MemoryBackend) -> dict[str, Any]:
    """All that its reading commands say."""
    return everything(whole)


@pytest.fixture
def backend(whole: MemoryBackend) -> MemoryBackend:
    """A copy of it, to be damaged."""
    return copy_of(whole)


def checked(backend: MemoryBackend) -> FsckReport:
    """Return what fsck says of a repository."""
    return fsck(context_of(backend))


def codes(report: FsckReport) -> set[str]:
    """Return the codes of the problems of a report."""
    return {problem.code for problem in report.problems}


def judged(backend: MemoryBackend) -> list[str]:
    """Return every name that damage must be told of: all but the hint, which is tested apart."""
    return [name for name in held_names(backend) if name != "tip"]


def shown(name: str) -> str:
    """Return what a problem calls the thing of this name."""
    folder, _, last = name.rpartition("/")
    return f"operation {int(last)}" if folder == "operations" else last


def assert_told(backend: MemoryBackend, known: dict[str, Any], names: list[str]) -> None:
    """Fsck names each damaged thing, and reading answers rightly or not at all."""
    report = checked(backend)
    assert not report.ok
    told = {problem.object for problem in report.problems}
    assert told >= {shown(name) for name in names}, report.problems
    with contextlib.suppress(Corrupt):
        assert everything(backend) == known


def flipped(data: bytes, position: int, bit: int = 0) -> bytes:
    """Return bytes with one bit changed."""
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    return bytes(changed)


def test_a_whole_repository_is_clean_and_all_of_it_is_read(whole: MemoryBackend) -> None:
    report = checked(whole)
    assert report == FsckReport(True, len(list(whole.names("objects"))), (), ())


def test_the_test_repository_has_every_kind_of_object(known: dict[str, Any]) -> None:
    data = list(known["data"].values())
    for part in ("records", "labels", "quarantine", "removals", "attachments", "sources"):
        assert any(each[part] for each in data), part
    assert len(known["log"].commits) == 2
    assert known["tags"].tags
    assert known["status"].has_stage


def test_a_new_repository_is_clean() -> None:
    assert checked(new_backend()) == FsckReport(True, 0, (), ())


def test_each_object_is_read_once(whole: MemoryBackend) -> None:
    reads: Counter[str] = Counter()

    class Counting(MemoryBackend):
        def read(self, name: str) -> bytes:
            reads[name] += 1
            return super().read(name)

    counting = Counting()
    counting._held = whole._held
    assert checked(counting).ok
    assert set(reads) >= set(whole.names("objects"))
    assert {name for name, count in reads.items() if count > 1} == set()


def test_progress_is_told_object_by_object(whole: MemoryBackend) -> None:
    events: list[str] = []

    class Listener(Silent):
        def start(self, what: str, total: int | None = None) -> None:
            events.append("start")

        def advance(self, count: int = 1) -> None:
            events.append("advance")

        def finish(self) -> None:
            events.append("finish")

    report = Repository(whole, progress=Listener()).fsck()
    assert events == ["start", *["advance"] * report.objects, "finish"]


def test_every_flipped_byte_is_refused_when_its_object_is_read(backend: MemoryBackend) -> None:
    context = context_of(backend)
    for name in list(backend.names("objects")) + list(backend.names("operations")):
        data = backend.read(name)
        last = name.rpartition("/")[2]
        for position in range(len(data)):
            backend.replace(name, flipped(data, position, position % 8))
            with pytest.raises(Corrupt):
                if name.startswith("objects"):
                    context.store.get(last)  # type: ignore[arg-type]
                else:
                    context.log.read(int(last))
        backend.replace(name, data)


def flip_positions(data: bytes, count: int, name: str) -> list[int]:
    """Return the first and last byte, and others chosen by the name."""
    chosen = random.Random(name).sample(range(len(data)), min(count, len(data)))
    return sorted({0, len(data) - 1, *chosen})


def test_flipped_bytes_are_told(backend: MemoryBackend, known: dict[str, Any]) -> None:
    for name in judged(backend):
        data = backend.read(name)
        for position in flip_positions(data, SAMPLES, name):
            backend.replace(name, flipped(data, position, position % 8))
            assert_told(backend, known, [name])
        backend.replace(name, data)
    assert checked(backend).ok


@pytest.mark.slow
def test_every_flipped_byte_is_told(backend: MemoryBackend, known: dict[str, Any]) -> None:
    for name in judged(backend):
        data = backend.read(name)
        for position in range(len(data)):
            backend.replace(name, flipped(data, position, position % 8))
            assert_told(backend, known, [name])
        backend.replace(name, data)


@pytest.mark.parametrize("lengths", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_truncations_are_told(backend: MemoryBackend, known: dict[str, Any], lengths: int) -> None:
    for name in judged(backend):
        data = backend.read(name)
        # The final line feed of the format file may be missing: people put the file back by hand.
        last = len(data) - (2 if name == "format" else 1)
        for length in dict.fromkeys([last, len(data) // 2, 0, 1][:lengths]):
            backend.replace(name, data[:length])
            assert_told(backend, known, [name])
        if name != "format":  # where a line feed more says nothing
            backend.replace(name, data + b"\n")
            assert_told(backend, known, [name])
        backend.replace(name, data)


def test_damage_below_damage_is_told(backend: MemoryBackend, known: dict[str, Any]) -> None:
    names = list(backend.names("objects"))
    for name in names:
        backend.replace(name, flipped(backend.read(name), 0))
    assert_told(backend, known, names)


def test_losses_are_told(backend: MemoryBackend, known: dict[str, Any]) -> None:
    for name in judged(backend):
        data = backend.read(name)
        backend.delete(name)
        assert_told(backend, known, [name])
        backend.put_if_absent(name, data)


def test_swaps_are_told(backend: MemoryBackend, known: dict[str, Any]) -> None:
    names = [name for name in judged(backend) if name != "format"]
    random.Random(5).shuffle(names)
    for one, other in zip(names, names[1:] + names[:1], strict=True):
        first, second = backend.read(one), backend.read(other)
        if first == second:
            continue
        backend.replace(one, second)
        backend.replace(other, first)
        assert_told(backend, known, [one, other])
        backend.replace(one, first)
        backend.replace(other, second)


def test_entries_that_change_places_are_told(backend: MemoryBackend, known: dict[str, Any]) -> None:
    names = sorted(backend.names("operations"))
    for one, other in pairwise(names):
        first, second = backend.read(one), backend.read(other)
        backend.replace(one, second)
        backend.replace(other, first)
        assert_told(backend, known, [one, other])
        backend.replace(one, first)
        backend.replace(other, second)


def test_every_flipped_bit_of_the_hint_is_told_and_misleads_nobody(
    backend: MemoryBackend, known: dict[str, Any]
) -> None:
    hint = backend.read("tip")
    for position in range(len(hint)):
        backend.replace("tip", flipped(hint, position, position % 8))
        assert codes(checked(backend)) == {"hint-damaged"}
        assert everything(backend) == known


def test_much_damage_at_once_is_told_without_a_crash(backend: MemoryBackend) -> None:
    chance = random.Random(7)
    names = judged(backend)
    for _ in range(60):
        broken = copy_of(backend)
        for name in chance.sample(names, chance.randint(1, len(names))):
            match chance.randint(0, 3):
                case 0:
                    broken.delete(name)
                case 1:
                    broken.replace(name, chance.randbytes(chance.randint(0, 300)))
                case 2:
                    broken.replace(name, broken.read(name)[:20])
                case _:
                    broken.replace(name, backend.read(chance.choice(names)) + b" ")
        report = checked(broken)
        assert not report.ok
        assert "check-failed" not in codes(report), report.problems


def test_a_repository_of_which_nothing_is_left_is_told() -> None:
    assert codes(checked(MemoryBackend())) == {"format-missing", "log-empty"}


@pytest.fixture
def folder(whole: MemoryBackend, tmp_path: Path) -> Iterator[Path]:
    """The same repository in a folder."""
    local = LocalBackend(tmp_path / ".vault")
    for name in held_names(whole):
        local.put_if_absent(name, whole.read(name))
    yield tmp_path


def reopened(folder: Path) -> Repository:
    """Return the repository in a folder, at the time of the tests."""
    return opened(LocalBackend(folder / ".vault"), folder)


def test_repair_removes_temporary_files_older_than_an_hour(folder: Path) -> None:
    now = 1_767_323_045  # the time of the tests
    for name, age in (("11-0d", 3_700), ("12-9e", 3_500)):
        path = folder / ".vault/tmp" / name
        path.write_bytes(b"half")
        os.utime(path, (now - age, now - age))
    assert reopened(folder).fsck() == reopened(folder).fsck()
    report = reopened(folder).fsck(repair=True)
    assert (report.ok, report.repaired) == (True, ("removed tmp/11-0d",))
    assert os.listdir(folder / ".vault/tmp") == ["12-9e"]
    assert reopened(folder).fsck(repair=True).repaired == ()


@pytest.mark.parametrize("hint", [b"garbage", b"", None, "stale"])
def test_repair_renews_a_hint(hint: bytes | str | None, folder: Path) -> None:
    path = folder / ".vault/tip"
    right = path.read_bytes()
    path.unlink()
    if hint == "stale":
        opened(LocalBackend(folder / ".vault"))._log.renew_hint(2)
    elif isinstance(hint, bytes):
        path.write_bytes(hint)
    assert reopened(folder).fsck().ok is (hint in (None, "stale"))
    report = reopened(folder).fsck(repair=True)
    assert (report.ok, report.repaired) == (True, ("renewed tip",))
    assert path.read_bytes() == right


def test_repair_keeps_the_trace_of_an_entry_that_vanished(folder: Path) -> None:
    newest = max((folder / ".vault/operations").iterdir())
    newest.unlink()
    report = reopened(folder).fsck(repair=True)
    assert codes(report) == {"log-truncated"}
    assert report.repaired == ()
    assert codes(reopened(folder).fsck()) == {"log-truncated"}
    (folder / ".vault/tip").unlink()  # what the message tells people who have no copy
    assert reopened(folder).fsck().ok


def test_repair_says_what_it_cannot_do(folder: Path) -> None:
    damaged = next((folder / ".vault/objects").rglob("*/*"))
    damaged.write_bytes(b"")
    problems = reopened(folder).fsck(repair=True).problems
    assert problems
    assert all("cannot repair" in problem.message for problem in problems)
    assert reopened(folder).fsck().problems
