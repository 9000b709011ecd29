"""A full disk, a read-only folder, another user: a clear error, and the repository as it was."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.contract.source import ROOT
from tests.crash.commands import COMMANDS, FEW, Command, Judge, named
from tests.crash.conftest import Scene
from tests.crash.test_power_cuts import read_in, write_out
from tests.support.library import Library, chat
from tests.support.repositories import opened
from vault.dedupe.scratch import Scratch
from vault.errors import StorageFailed, VaultError
from vault.operations.duplicates.plan import near_clusters
from vault.store.local import LocalBackend


def mounted(folder: Path, options: str) -> bool:
    """Mount a memory file system; tell whether this machine lets us."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    if not mounted(folder, "size=1m"):
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, leave_bytes: int) -> None:
    """Fill the file system of a folder until some bytes are left."""
    status = os.statvfs(folder)
    with open(folder / "filler", "wb") as filler:
        filler.write(b"x" * max(0, status.f_bavail * status.f_frsize - leave_bytes))


LEFT_BYTES = [0, 4_096, 8_192, 16_384, 28_672]


@pytest.mark.parametrize("left_bytes", LEFT_BYTES)
@pytest.mark.parametrize("name", [each for each in FEW if each != "init"])
def test_a_full_disk_is_told_and_leaves_the_repository_as_it_was(
    left_bytes: int, name: str, scene: Scene, small_disk: Path
) -> None:
    on_a_full_disk(named(name), left_bytes, scene, small_disk)


@pytest.mark.slow
@pytest.mark.parametrize("left_bytes", LEFT_BYTES)
@pytest.mark.parametrize("each", COMMANDS, ids=lambda each: each.name)
def test_a_full_disk_is_told_by_every_command(
    left_bytes: int, each: Command, scene: Scene, small_disk: Path
) -> None:
    on_a_full_disk(each, left_bytes, scene, small_disk)


def on_a_full_disk(command: Command, left_bytes: int, scene: Scene, small_disk: Path) -> None:
    """Run a command where some bytes are left; check what it says and leaves, then give room."""
    place = small_disk / "project" / ".vault"
    write_out(scene.before(command), place)
    judge = Judge(command, scene.before(command), scene.folder)
    fill(small_disk, left_bytes)
    must = "after"
    try:
        command.act(LocalBackend(place), scene.folder)
    except StorageFailed as error:
        must = "before"
        assert "No space left on device" in error.message
        assert error.hint is not None
        assert "free some space" in error.hint
    judge.look(read_in(place), f"{command.name} with {left_bytes} bytes left", must=must)
    assert judge.violations == []
    assert opened(LocalBackend(place)).fsck().ok
    (small_disk / "filler").unlink()
    # With room again the same command goes through where it stands.
    if must == "before":
        command.act(LocalBackend(place), scene.folder)
        judge.look(read_in(place), f"{command.name} with room again", must="after")
        assert judge.violations == []


@pytest.mark.parametrize("left_bytes", [0, 20_000, 300_000])
def test_a_full_disk_is_told_where_dedupe_needs_it_for_its_arrays(
    left_bytes: int, small_disk: Path
) -> None:
    fill(small_disk, left_bytes)
    scratch = Scratch(1_000, small_disk)
    texts = (pa.array([f"text {at} " * 100 for at in range(500)]) for _ in range(10))
    with pytest.raises(StorageFailed, match="No space left on device") as of_texts:
        scratch.texts(texts)
    with pytest.raises(StorageFailed, match="No space left on device") as of_array:
        scratch.array((1 << 20,), np.uint64)
    for error in (of_texts.value, of_array.value):
        assert error.code == "no-room-to-compare"
        assert f"df -h {small_disk}" in str(error.hint)
    assert [each.name for each in small_disk.iterdir()] == ["filler"]
    # With room again the same scratch does what it is asked.
    (small_disk / "filler").unlink()
    assert len(scratch.array((50_000,), np.uint64)) == 50_000


def test_a_dedupe_that_a_full_disk_ends_leaves_the_repository_as_it_was(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(small_disk / "project")
    library.write("a.jsonl", [chat(f"Question {at}?", f"Answer {at}.") for at in range(300)])
    library.run("a.jsonl")
    before = library.repository.status()
    monkeypatch.setattr(near_clusters, "_IN_MEMORY_BYTES", 1_000)
    fill(small_disk, 4_096)
    with pytest.raises(StorageFailed, match="No space left on device"):
        library.repository.dedupe()
    assert library.repository.status() == before
    assert list((library.folder / ".vault" / "tmp").iterdir()) == []
    assert library.repository.fsck().ok


def test_a_read_only_file_system_can_be_read_and_checked(scene: Scene, small_disk: Path) -> None:
    place = small_disk / "project" / ".vault"
    write_out(scene.full, place)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    repository = opened(LocalBackend(place))
    assert repository.fsck().ok
    assert repository.status().has_stage
    assert len(repository.log().commits) == 2
    for command in COMMANDS:
        with pytest.raises(StorageFailed, match="Read-only file system"):
            command.act(LocalBackend(place), scene.folder)
    with pytest.raises(StorageFailed, match="Read-only file system"):
        repository.fsck(repair=True)


AS_NOBODY = """
import os, sys
from pathlib import Path
place, folder = map(Path, sys.argv[1:])
import json, tempfile
from tests.crash.commands import COMMANDS, prepare
from tests.support.repositories import copy_of, opened
from vault.errors import VaultError
from vault.store.local import LocalBackend
# The other user may not read the installation: doing all of it once loads all that is needed.
with tempfile.TemporaryDirectory() as practice:
    backend = prepare(Path(practice))
    for command in COMMANDS:
        command.act(copy_of(backend), Path(practice))
    opened(copy_of(backend), Path(practice)).fsck()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
print(json.dumps(opened(LocalBackend(place)).fsck().ok))
for command in COMMANDS:
    try:
        command.act(LocalBackend(place), folder)
        print(command.name, "was done")
    except VaultError as error:
        print(type(error).__name__, error.message)
"""


def test_another_user_who_may_only_read_is_told_so(scene: Scene, tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    place = tmp_path / "project" / ".vault"
    write_out(scene.full, place)
    top = Path(tempfile.gettempdir())
    for folder in (tmp_path, scene.folder):
        for each in (folder, *folder.parents):
            if each != top and each.is_relative_to(top):
                each.chmod(0o755)
    result = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(place), str(scene.folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    lines = result.stdout.splitlines()
    assert lines[:1] == ["true"], result.stderr
    assert len(lines) == 1 + len(COMMANDS)
    assert all("StorageFailed" in line and "Permission denied" in line for line in lines[1:])


def test_an_unreadable_log_is_a_storage_failure_and_not_an_empty_repository(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_out(scene.full, tmp_path / "project" / ".vault")
    (tmp_path / "project/.vault/tip").unlink()

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(VaultError) as caught:
        opened(LocalBackend(tmp_path / "project/.vault")).status()
    assert isinstance(caught.value, StorageFailed)
