"""Every backend keeps what `vault.store.backend` promises: one suite, run over each place."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.source import ROOT
from tests.support.disk import Disk
from tests.support.places import PLACES, LocalPlace, Place
from tests.support.races import (
    CALLERS,
    BlindBackend,
    unfair,
    winners_among_processes,
    winners_among_threads,
)
from vault.errors import StorageFailed
from vault.store.backend import Backend
from vault.store.local import LocalBackend

NAMES = [f"race/{number:04d}" for number in range(40)]


@pytest.fixture(params=PLACES, ids=lambda place: place.__name__)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place of its own for each test."""
    made: Place = request.param(tmp_path)
    return made


@pytest.fixture
def backend(place: Place) -> Backend:
    """One backend at the place."""
    return place.open()


@pytest.fixture
def local(tmp_path: Path) -> LocalBackend:
    """A backend in a folder, for what only a folder can do wrong."""
    return LocalBackend(tmp_path / "place")


def test_what_was_put_is_read_wherever_the_place_is_opened(place: Place) -> None:
    name = "objects/ab/ab12"
    assert place.open().put_if_absent(name, b"\x00bytes\n")
    other = place.open()
    assert other.read(name) == b"\x00bytes\n"
    assert other.exists(name)
    assert other.size_bytes(name) == 7


@pytest.mark.parametrize("data", [b"", b"\n", bytes(range(256)) * 4096], ids=len)
def test_any_bytes_can_be_kept(backend: Backend, data: bytes) -> None:
    assert backend.put_if_absent("a", data)
    assert backend.read("a") == data
    assert backend.size_bytes("a") == len(data)


def test_a_name_without_bytes_is_told(backend: Backend) -> None:
    backend.put_if_absent("a/b", b"1")
    for name in ("a", "a/c", "a/b/c", "missing/folder/name"):
        with pytest.raises(KeyError) as caught:
            backend.size_bytes(name) if name != "a" else backend.read("missing")
        assert caught.value is not None
        assert not backend.exists(name)


def test_a_name_is_made_once_and_never_changed(backend: Backend) -> None:
    assert backend.put_if_absent("a/b", b"first")
    assert not backend.put_if_absent("a/b", b"second")
    assert not backend.put_if_absent("a/b", b"first")
    assert backend.read("a/b") == b"first"


def test_a_hint_is_replaced_or_made(backend: Backend) -> None:
    for data in (b"long first", b"2nd", b""):
        backend.replace("hints/tip", data)
        assert backend.read("hints/tip") == data


def test_names_are_listed_by_folder(backend: Backend) -> None:
    held = ["a/1", "a/b/2", "a/b/c/3", "ab/4", "tip"]
    for name in held:
        backend.put_if_absent(name, b"")
    assert sorted(backend.names("a")) == ["a/1", "a/b/2", "a/b/c/3"]
    assert list(backend.names("a/b/c")) == ["a/b/c/3"]
    assert list(backend.names("missing")) == []
    assert list(backend.names("tip")) == []


def test_a_name_can_be_deleted_twice_and_made_again(backend: Backend) -> None:
    backend.put_if_absent("a/b", b"1")
    backend.delete("a/b")
    backend.delete("a/b")
    assert not backend.exists("a/b")
    assert backend.put_if_absent("a/b", b"2")
    assert backend.read("a/b") == b"2"


def test_writers_do_not_exclude_each_other(place: Place) -> None:
    with place.open().writing(), place.open().writing():
        pass


def test_a_copy_in_another_process_is_the_same_place(backend: Backend) -> None:
    if not backend.shared_between_processes:
        pytest.skip("says that it is not")
    backend.put_if_absent("a", b"1")
    assert pickle.loads(pickle.dumps(backend)).read("a") == b"1"


def test_syncing_and_removing_leftovers_may_be_asked_at_any_time(backend: Backend) -> None:
    backend.sync()
    assert backend.remove_leftovers(0) == ()
    backend.put_if_absent("a/b", b"1")
    backend.sync("a/b")
    assert backend.remove_leftovers(1e12) == ()
    assert backend.read("a/b") == b"1"


def test_of_racing_threads_exactly_one_makes_a_name(backend: Backend) -> None:
    assert unfair(backend, winners_among_threads(backend, NAMES)) == []


def test_of_racing_processes_exactly_one_makes_a_name(local: LocalBackend) -> None:
    won = winners_among_processes(local, NAMES)
    assert unfair(local, won) == []
    assert len({callers[0] for callers in won.values()}) > 1, "there was no race"


@pytest.mark.parametrize("race", [winners_among_threads, winners_among_processes])
def test_the_race_notices_a_backend_that_renames_blindly(race, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    broken = BlindBackend(tmp_path)
    assert unfair(broken, race(broken, NAMES))


def test_a_reader_sees_all_bytes_or_none(place: Place) -> None:
    whole = [bytes([number]) * 300_000 for number in range(8)]
    seen: list[bytes] = []
    done = threading.Event()

    def read() -> None:
        reader = place.open()
        while not done.is_set():
            for number in range(len(whole)):
                try:
                    assert reader.size_bytes(f"big/{number}") == 300_000
                    seen.append(reader.read(f"big/{number}")[:300_001])
                    seen.append(reader.read("tip"))
                except KeyError:
                    pass
            del seen[200:]

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    writer = place.open()
    for number, data in enumerate(whole):
        writer.replace("tip", data)
        writer.put_if_absent(f"big/{number}", data)
    done.set()
    for reader in readers:
        reader.join()
    assert seen
    assert set(seen) <= set(whole)


def test_writes_that_are_cut_short_are_continued(
    local: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda to, data: real(to, bytes(data[:7])))
    assert local.put_if_absent("a", b"longer than seven bytes")
    local.replace("b", b"longer than seven bytes, too")
    monkeypatch.undo()
    assert local.read("a") == b"longer than seven bytes"
    assert local.read("b") == b"longer than seven bytes, too"


LIMITED = """
import resource, sys
from pathlib import Path
from vault.errors import StorageFailed
from vault.store.local import LocalBackend
backend = LocalBackend(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
assert backend.put_if_absent("small", b"x" * 1000)
for write in (backend.put_if_absent, backend.replace):
    try:
        write("large", b"x" * 1001)
    except StorageFailed as error:
        print(error.message)
"""


def test_a_file_size_limit_is_told_and_leaves_nothing(local: LocalBackend) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LIMITED, str(local.folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.count("cannot write") == 2, result.stdout
    assert not local.exists("large")
    assert local.read("small") == b"x" * 1000
    assert list(local.names("tmp")) == []


@pytest.mark.parametrize("call", ["write", "fsync", "open"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS])
def test_a_failed_write_is_told_and_leaves_nothing(
    call: str, number: int, local: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.put_if_absent("before", b"1")
    failures: list[int] = []

    def fail(*arguments: object) -> int:
        failures.append(1)
        raise OSError(number, os.strerror(number))

    for write in (local.put_if_absent, local.replace):
        failures.clear()
        monkeypatch.setattr(os, call, fail)
        with pytest.raises(StorageFailed, match=os.strerror(number)) as caught:
            write("name", b"bytes")
        monkeypatch.undo()
        assert len(failures) == 1, "a failed fsync must not be tried again"
        assert caught.value.hint
        assert not local.exists("name")
        assert list(local.names("tmp")) == []
    assert local.read("before") == b"1"


def test_a_write_is_done_even_if_its_temporary_file_cannot_be_removed(
    local: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "unlink", fail)
    assert local.put_if_absent("a", b"1")
    monkeypatch.undo()
    assert local.read("a") == b"1"


def test_a_failed_sync_is_told_and_tried_again_next_time(
    local: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.put_if_absent("a/b", b"1")

    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    for _ in range(2):
        with pytest.raises(StorageFailed):
            local.sync()
    monkeypatch.undo()
    local.sync()


@pytest.mark.parametrize(
    "use",
    [
        lambda backend: backend.read("a/b"),
        lambda backend: backend.exists("a/b"),
        lambda backend: backend.size_bytes("a/b"),
        lambda backend: backend.put_if_absent("a/b", b""),
        lambda backend: backend.replace("a/b", b""),
        lambda backend: backend.delete("a/b"),
        lambda backend: list(backend.names("a")),
        lambda backend: backend.writing().__enter__(),
    ],
    ids=["read", "exists", "size_bytes", "put", "replace", "delete", "names", "writing"],
)
def test_what_the_system_refuses_is_told_as_a_storage_failure(
    use: Callable[[Backend], object], local: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.put_if_absent("a/b", b"1")

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    # Root may do everything, so the refusal is made up.
    for name in ("open", "stat", "scandir", "unlink", "mkdir", "replace"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr("io.open", refuse)
    with pytest.raises(StorageFailed, match="Permission denied"):
        use(local)
    monkeypatch.undo()
    assert local.read("a/b") == b"1"


@pytest.fixture
def leftover(local: LocalBackend) -> Iterator[Path]:
    """A temporary file, two hours old, of a writer that died."""
    local.put_if_absent("objects/a", b"1")
    path = local.folder / "tmp" / "4711-abcdef"
    path.write_bytes(b"half of someth")
    os.utime(path, (10_000, 10_000))
    yield path


def test_a_leftover_temporary_file_is_harmless(local: LocalBackend, leftover: Path) -> None:
    assert local.put_if_absent("objects/b", b"2")
    assert sorted(local.names("objects")) == ["objects/a", "objects/b"]


def test_leftovers_are_removed_by_age(local: LocalBackend, leftover: Path) -> None:
    young = leftover.with_name("4712-abcdef")
    young.write_bytes(b"being written")
    assert local.remove_leftovers(9_999) == ()
    assert local.remove_leftovers(20_000) == ("tmp/4711-abcdef",)
    assert young.exists()
    assert not leftover.exists()


def test_after_a_sync_what_was_put_survives_a_power_cut(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(tmp_path)
        disk.watch(patch)
        backend = LocalPlace(tmp_path).open()
        backend.put_if_absent("objects/ab/1", b"1")
        backend.replace("tip", b"1")
        backend.sync()
        backend.put_if_absent("objects/cd/2", b"2")
        backend.replace("tip", b"2")
    disk.cut()
    after = LocalPlace(tmp_path).open()
    assert after.read("objects/ab/1") == b"1"
    assert after.read("tip") == b"1"
    assert not after.exists("objects/cd/2")


def test_a_sync_covers_names_that_a_dead_writer_left_unsynced(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(tmp_path)
        disk.watch(patch)
        LocalPlace(tmp_path).open().put_if_absent("objects/ab/1", b"1")
        second = LocalPlace(tmp_path).open()
        assert not second.put_if_absent("objects/ab/1", b"1")
        second.sync()
    disk.cut()
    assert LocalPlace(tmp_path).open().read("objects/ab/1") == b"1"


def test_a_sync_covers_a_name_that_is_given(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(tmp_path)
        disk.watch(patch)
        LocalPlace(tmp_path).open().put_if_absent("operations/1", b"1")
        LocalPlace(tmp_path).open().sync("operations/1")
    disk.cut()
    assert LocalPlace(tmp_path).open().read("operations/1") == b"1"


def test_a_sync_in_one_thread_does_not_hide_names_of_another(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(tmp_path)
        disk.watch(patch)
        backend = LocalPlace(tmp_path).open()

        def work(caller: int) -> None:
            for number in range(30):
                backend.put_if_absent(f"objects/{caller % 3}/{caller}-{number}", b"1")
                backend.sync()

        threads = [threading.Thread(target=work, args=(caller,)) for caller in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    disk.cut()
    assert len(list(LocalPlace(tmp_path).open().names("objects"))) == CALLERS * 30
