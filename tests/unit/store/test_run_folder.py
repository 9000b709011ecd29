"""Folders of model runs: made whole, locked, durable, damage told, and removed on purpose."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.model_runs import (
    RECIPE,
    RUN,
    about,
    changed,
    clock,
    full_run,
    new_folder,
    vault_in,
    without_line,
)
from vault.errors import AlreadyExists, Conflict, Corrupt, InvalidInput, NotFound, StorageFailed
from vault.objects.digest import digest_of
from vault.plain_files import PlainFolder
from vault.store.appended_file import lock_file
from vault.store.journal_lines import written_line
from vault.store.local import LocalBackend
from vault.store.run_folder import RunFolder

LATER = {"type": "later", "says": "line\nfeed ä"}


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    return vault_in(tmp_path)


def opened(vault: Path) -> RunFolder:
    """Open the run to append."""
    return RunFolder.open(vault, RUN, clock=clock)


def values(folder: RunFolder) -> list[object]:
    """Return what the lines of a journal say, by a member that tests write."""
    return [each.value.get("says") for each in folder.lines()]


def test_a_new_folder_has_its_files_and_the_first_line(vault: Path) -> None:
    with new_folder(vault) as folder:
        (line,) = folder.lines()
        assert (line.number, line.value["type"], line.value["version"]) == (1, "run", 1)
        assert folder.about() == about()
        assert folder.files() == [digest_of(RECIPE)]
        assert folder.file(digest_of(RECIPE)) == RECIPE
    found = {each.relative_to(vault).as_posix() for each in vault.rglob("*") if each.is_file()}
    home = f"runs/{RUN}"
    assert found == {f"{home}/journal", f"{home}/lock", f"{home}/files/{digest_of(RECIPE)}"}
    assert (vault / home / "lock").read_bytes() == b""
    assert RunFolder.names(vault) == [RUN]


def test_a_name_is_not_used_again(vault: Path) -> None:
    new_folder(vault).close()
    before = (vault / "runs" / RUN / "journal").read_bytes()
    with pytest.raises(AlreadyExists) as refused:
        new_folder(vault)
    assert refused.value.code == "run-exists"
    assert (vault / "runs" / RUN / "journal").read_bytes() == before
    assert list((vault / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", ["pwrite", "fdatasync", "fsync", "rename"])
def test_a_folder_that_cannot_be_made_leaves_nothing(
    vault: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, "refused")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(StorageFailed):
            new_folder(vault)
    assert list((vault / "tmp").iterdir()) == []
    assert RunFolder.names(vault) == []
    new_folder(vault).close()


def test_what_a_run_is_made_of_must_be_given(vault: Path) -> None:
    with pytest.raises(InvalidInput) as missing:
        RunFolder.create(vault, about(), [], clock=clock)
    with pytest.raises(InvalidInput) as unnamed:
        RunFolder.create(vault, about("../a"), [RECIPE], clock=clock)
    with pytest.raises(InvalidInput) as undescribed:
        RunFolder.create(vault, about(models=()), [RECIPE], clock=clock)
    found = [each.value.code for each in (missing, unnamed, undescribed)]
    assert found == ["run-file-missing", "run-name-invalid", "run-unwritable"]


@pytest.mark.parametrize("run", ["other", "..", "", "../runs", "A"])
def test_a_run_without_a_folder_is_not_found(vault: Path, run: str) -> None:
    full_run(vault)
    with pytest.raises(NotFound) as reading:
        RunFolder.read(vault, run)
    with pytest.raises(NotFound) as appending:
        RunFolder.open(vault, run, clock=clock)
    assert reading.value.code == appending.value.code == "run-not-found"
    assert not RunFolder.is_held(vault, "other")


class Calls(list[str]):
    """Notes of calls of the system, with the last part of the path for folders."""

    def watch(self, patch: pytest.MonkeyPatch, *names: str) -> None:
        """Note calls of these functions of `os`, in their order."""
        for name in names:
            patch.setattr(os, name, self._noted(name))

    def _noted(self, name: str) -> Callable[..., object]:
        real: Callable[..., object] = getattr(os, name)

        def call(*arguments: object) -> object:
            path = Path(os.readlink(f"/proc/self/fd/{arguments[0]}")) if "sync" in name else None
            self.append(f"{name} {path.name}" if path else name)
            return real(*arguments)

        return call


def test_a_folder_is_durable_before_it_has_its_name(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls()
    calls.watch(monkeypatch, "fsync", "fdatasync", "rename")
    monkeypatch.setattr("vault.store.run_folder.temporary_name", lambda: "1-0a")
    new_folder(vault).close()
    assert calls == [
        "fdatasync journal",
        f"fdatasync {digest_of(RECIPE)}",
        "fsync files",
        "fsync 1-0a",
        "rename",
        "fsync runs",
        "fsync .vault",
    ]


def test_many_lines_are_one_write_and_one_sync(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls()
    with new_folder(vault) as folder:
        calls.watch(monkeypatch, "pwrite", "write", "fsync", "fdatasync")
        folder.append([LATER] * 500)
    assert calls == ["pwrite", "fdatasync journal"]


def test_lines_are_numbered_and_read_where_they_stand(vault: Path) -> None:
    with new_folder(vault) as folder:
        made = folder.append([LATER, {"says": 1}])
        assert [each.number for each in made] == [2, 3]
        assert list(folder.lines())[1:] == made
        assert folder.line(made[0].place) == made[0].value
        assert folder.append([]) == []
    with opened(vault) as folder:
        assert [each.number for each in folder.append([LATER])] == [4]
        assert values(folder) == [None, LATER["says"], 1, LATER["says"]]


def test_a_disk_that_is_full_takes_back_what_it_wrote(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwrite

    def half(descriptor: int, data: memoryview, place: int) -> int:
        if len(data) < 300:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[: len(data) // 2], place)

    with new_folder(vault) as folder:
        folder.append([{"says": 1}])
        before = (folder.path / "journal").read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", half)
            with pytest.raises(StorageFailed, match="No space left") as full:
                folder.append([LATER] * 20)
        assert "free some space" in str(full.value.hint)
        assert (folder.path / "journal").read_bytes() == before
        assert [each.number for each in folder.append([{"says": 2}])] == [3]
        assert values(folder) == [None, 1, 2]


def test_what_cannot_be_taken_back_is_cut_off_before_more(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with new_folder(vault) as folder:
        folder.append([{"says": 1}])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", refuse)
            patch.setattr(os, "ftruncate", refuse)
            with pytest.raises(StorageFailed):
                folder.append([LATER] * 20)
            with pytest.raises(StorageFailed):
                folder.append([{"says": 2}])
        folder.append([{"says": 3}])
        assert values(folder) == [None, 1, 3]


def test_one_process_at_a_time_may_append(vault: Path) -> None:
    full_run(vault)
    program = (
        "import sys\nfrom pathlib import Path\nfrom vault.store.run_folder import RunFolder\n"
        "folder = RunFolder.open(Path(sys.argv[1]), sys.argv[2], clock=lambda: sys.argv[3])\n"
        "print('open', flush=True)\nsys.stdin.read()\n"
    )
    words = [sys.executable, "-c", program, str(vault), RUN, clock()]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        assert RunFolder.is_held(vault, RUN)
        with pytest.raises(Conflict) as refused:
            opened(vault)
        assert refused.value.code == "run-locked"
        assert f"lsof {vault}" in str(refused.value.hint)
        with RunFolder.read(vault, RUN) as reading:
            assert len(list(reading.lines())) > 10
        other.kill()
    assert not RunFolder.is_held(vault, RUN)
    opened(vault).close()


def test_looking_at_the_lock_keeps_nobody_out(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = full_run(vault) / "lock"
    with open(path, "rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        waits: list[float] = []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            if seconds:  # meanwhile the other one has looked
                fcntl.flock(looking, fcntl.LOCK_UN)

        monkeypatch.setattr("vault.store.run_folder.time.sleep", wait)
        opened(vault).close()
    assert len(waits) == 2


def append_often(folder: RunFolder) -> None:
    """Append three lines at once, 20 times."""
    for _ in range(20):
        folder.append([LATER] * 3)


def test_lines_of_many_threads_stand_one_after_the_other(vault: Path) -> None:
    with new_folder(vault) as folder:
        threads = [threading.Thread(target=append_often, args=(folder,)) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert [each.number for each in folder.lines()] == list(range(1, 242))


@pytest.mark.parametrize(
    "rest", [b"{", b'{"a": 1} ', b"x" * 70, b"\x00" * 4_096, b"x" * 70 + b"\n"]
)
def test_a_torn_last_line_is_ignored_and_cut_off(vault: Path, rest: bytes) -> None:
    path = full_run(vault) / "journal"
    whole = path.read_bytes()
    path.write_bytes(whole + rest)
    with RunFolder.read(vault, RUN) as reading:
        last = list(reading.lines())[-1]
    assert path.read_bytes() == whole + rest
    with opened(vault) as folder:
        assert folder.append([LATER])[0].number == last.number + 1
    assert path.read_bytes().startswith(whole + b'{"number"')
    assert path.read_bytes().count(b"\n") == whole.count(b"\n") + 1


def first(**members: object) -> Callable[[bytes], bytes]:
    """Return a change of members of line 1, with its checksum."""

    def change(data: bytes) -> bytes:
        import json

        line, _, rest = data.partition(b"\n")
        return written_line({**json.loads(line[:-65]), **members}) + rest

    return change


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a flipped byte": (lambda data: data[:200] + b"~" + data[201:], "line 1: its checksum"),
    "a lost line feed": (lambda data: data[:-1].replace(b"\n", b"~") + b"\n", "line 1: its check"),
    "a lost line": (without_line(3), "line 3: it says number 4"),
    "a lost first line": (without_line(1), "line 1: it says number 2"),
    "nothing": (lambda _: b"", "line 1: it is missing"),
    "a torn first line": (lambda data: data[:100], "line 1: it is missing"),
    "another version": (first(version=2), "line 1: it is 'run' of version 2"),
    "another type": (first(type="walk"), "line 1: it is 'walk'"),
    "no time": (first(time=None), "line 1: None is not a time"),
    "no description": (first(about=None), "line 1:"),
    "another name": (lambda data: first(about=_other())(data), "line 1: it is of the run 'b'"),
}


def _other() -> object:
    from vault.objects.model_run.about import about_to_json

    return about_to_json(about("b"))


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_told_with_file_line_and_reason(vault: Path, kind: str) -> None:
    path = full_run(vault) / "journal"
    change, told = DAMAGE[kind]
    changed(path, change)
    before = path.read_bytes()
    with RunFolder.read(vault, RUN) as reading, pytest.raises(Corrupt) as damaged:
        list(reading.lines())
    assert (damaged.value.code, damaged.value.exit_code) == ("run-damaged", 6)
    assert f"{path}: {told}" in damaged.value.message
    with opened(vault) as folder, pytest.raises(Corrupt):
        folder.append([LATER])
    assert path.read_bytes() == before


def test_a_line_that_is_no_object_is_damage(vault: Path) -> None:
    from hashlib import sha256

    path = full_run(vault) / "journal"
    line = b"[] " + sha256(b"[]").hexdigest().encode() + b"\n"
    changed(path, lambda data: data + line)
    with RunFolder.read(vault, RUN) as reading, pytest.raises(Corrupt, match="no JSON object"):
        list(reading.lines())


def test_a_line_that_changed_since_it_was_read_is_told(vault: Path) -> None:
    path = full_run(vault) / "journal"
    with RunFolder.read(vault, RUN) as reading:
        place = list(reading.lines())[4].place
        changed(path, lambda data: data[: place.offset] + b"~" + data[place.offset + 1 :])
        with pytest.raises(Corrupt) as damaged:
            reading.line(place)
    assert damaged.value.code == "run-damaged"


def test_files_are_checked(vault: Path) -> None:
    folder = full_run(vault)
    path = folder / "files" / digest_of(RECIPE)
    for is_there in (True, False):
        path.write_bytes(b"seed = 8\n") if is_there else path.unlink()
        with RunFolder.read(vault, RUN) as reading:
            with pytest.raises(Corrupt) as of_all:
                reading.files()
            with pytest.raises(Corrupt) as of_one:
                reading.file(digest_of(RECIPE))
        assert of_all.value.code == of_one.value.code == "run-damaged"
        assert str(path) in of_all.value.message
    path.write_bytes(RECIPE)
    (folder / "files" / "notes.txt").write_bytes(b"")
    with RunFolder.read(vault, RUN) as reading, pytest.raises(Corrupt, match="is no digest"):
        reading.files()


def test_a_journal_that_is_missing_is_damage(vault: Path) -> None:
    (full_run(vault) / "journal").unlink()
    with pytest.raises(Corrupt) as reading:
        RunFolder.read(vault, RUN)
    with pytest.raises(Corrupt) as appending:
        opened(vault)
    assert reading.value.code == appending.value.code == "run-damaged"
    assert not RunFolder.is_held(vault, RUN)


def test_a_lock_that_is_missing_is_made_again(vault: Path) -> None:
    (full_run(vault) / "lock").unlink()
    assert not RunFolder.is_held(vault, RUN)
    with opened(vault):
        assert RunFolder.is_held(vault, RUN)


@pytest.mark.parametrize("name", ["", "/journal", "/lock", "/files"])
def test_links_are_not_followed(vault: Path, tmp_path: Path, name: str) -> None:
    place = Path(f"{full_run(vault)}{name}")
    target = tmp_path / "elsewhere"
    os.rename(place, target)
    place.symlink_to(target)
    before = target.read_bytes() if target.is_file() else None
    with pytest.raises(Corrupt) as refused, opened(vault) as folder:
        folder.file(digest_of(RECIPE))
    assert refused.value.code == "foreign-file"
    assert (target.read_bytes() if target.is_file() else None) == before


def test_a_folder_that_is_removed_is_gone(vault: Path) -> None:
    full_run(vault)
    folder, reading = opened(vault), RunFolder.read(vault, RUN)
    last = list(reading.lines())[-1]
    folder.remove()
    assert RunFolder.names(vault) == []
    assert list((vault / "tmp").iterdir()) == []
    # Whoever was reading it still has the journal, and is told that the run is gone.
    assert reading.line(last.place) == last.value
    with pytest.raises(NotFound):
        list(reading.lines())
    reading.close()


def test_what_vault_did_not_make_is_not_removed(vault: Path) -> None:
    full_run(vault)
    (vault / "runs" / RUN / "notes.txt").write_text("mine")
    opened(vault).remove()
    assert RunFolder.names(vault) == []
    assert [each.read_text() for each in (vault / "tmp").rglob("*") if each.is_file()] == ["mine"]


def test_a_run_that_goes_while_it_is_opened_is_not_found(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_run(vault)

    def late(folder: PlainFolder, name: str, flags: int) -> int | None:
        lock = lock_file(folder, name, flags)
        os.rename(vault / "runs" / RUN, vault / "gone")
        return lock

    monkeypatch.setattr("vault.store.run_folder.lock_file", late)
    with pytest.raises(NotFound):
        opened(vault)


def test_what_a_crash_left_in_tmp_is_rubbish_after_a_while(vault: Path) -> None:
    full_run(vault)
    os.renames(vault / "runs" / RUN, vault / "tmp" / "4711-09af")
    (vault / "tmp" / "4712-09af" / "files").mkdir(parents=True)
    (vault / "tmp" / "mine").mkdir()
    backend = LocalBackend(vault)
    assert backend.remove_leftovers(0.0) == ()
    removed = backend.remove_leftovers(float("inf"))
    left = f"tmp/4711-09af/files/{digest_of(RECIPE)}"
    assert removed == (left, "tmp/4711-09af/journal", "tmp/4711-09af/lock")
    assert [each.name for each in (vault / "tmp").iterdir()] == ["mine"]


def test_folders_with_other_names_are_no_runs(vault: Path) -> None:
    full_run(vault)
    for name in ("Other", "a.b", "-a"):
        (vault / "runs" / name).mkdir()
    (vault / "runs" / "file").write_bytes(b"")
    assert RunFolder.names(vault) == [RUN]
