"""Files of vault's own are reached through no link, pipe or device."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vault.errors import Corrupt
from vault.plain_files import FOREIGN, PlainFolder, new_file_in, read_plain


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the user's."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "file").write_bytes(b"mine")
    return folder


@pytest.fixture
def plain(tmp_path: Path) -> PlainFolder:
    """A folder of vault's."""
    folder = PlainFolder(tmp_path / "own")
    folder.make("objects/ab")
    (folder.path / "objects/ab/file").write_bytes(b"ours")
    return folder


def link(path: Path, outside: Path) -> None:
    """Put a link to a file there."""
    path.symlink_to(outside / "file")


def dangling(path: Path, outside: Path) -> None:
    """Put a link to nothing there."""
    path.symlink_to(outside / "nothing")


def pipe(path: Path, outside: Path) -> None:
    """Put a pipe there, which nobody writes to."""
    os.mkfifo(path)


def listener(path: Path, outside: Path) -> None:
    """Put a socket there."""
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(path.parent)  # the path of a socket is short
        server.bind(path.name)


def folder(path: Path, outside: Path) -> None:
    """Put a folder there."""
    path.mkdir()


FOREIGN_FILES = [link, dangling, pipe, listener, folder]


@pytest.mark.parametrize("put", FOREIGN_FILES)
@pytest.mark.parametrize(
    "use",
    [
        lambda plain: plain.read("objects/ab/strange"),
        lambda plain: plain.status("objects/ab/strange"),
        lambda plain: plain.open("objects/ab/strange", os.O_RDWR | os.O_CREAT),
        lambda plain: plain.remove("objects/ab/strange"),
        lambda plain: plain.replace("objects/ab/strange", "objects/ab/file"),
    ],
    ids=["read", "status", "open", "remove", "replace"],
)
def test_what_is_no_regular_file_is_left_alone(
    put: Callable[[Path, Path], None],
    use: Callable[[PlainFolder], object],
    plain: PlainFolder,
    outside: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(outside)
    path = plain.path / "objects/ab/strange"
    put(path, outside)
    before = path.lstat()
    start = time.monotonic()
    with pytest.raises(Corrupt) as caught:
        use(plain)
    assert time.monotonic() - start < 5, "a pipe was waited for"
    assert (caught.value.code, str(path) in caught.value.message) == (FOREIGN, True)
    assert path.lstat() == before
    assert os.listdir(outside) == ["file"]
    assert (outside / "file").read_bytes() == b"mine"


@pytest.mark.parametrize("depth", ["", "objects", "objects/ab"])
@pytest.mark.parametrize(
    "use",
    [
        lambda plain: plain.read("objects/ab/file"),
        lambda plain: plain.exists("objects/ab/file"),
        lambda plain: plain.remove("objects/ab/file"),
        lambda plain: plain.new_file("objects/ab"),
        lambda plain: plain.make("objects/ab/more"),
        lambda plain: list(plain.names("objects/ab")),
        lambda plain: plain.folders("objects/ab"),
    ],
    ids=["read", "exists", "remove", "new_file", "make", "names", "folders"],
)
def test_a_folder_on_the_way_that_is_a_link_is_not_entered(
    depth: str, use: Callable[[PlainFolder], object], plain: PlainFolder, tmp_path: Path
) -> None:
    real = tmp_path / "moved"
    (plain.path / depth).rename(real)
    (plain.path / depth).symlink_to(real)
    with pytest.raises(Corrupt) as caught:
        use(plain)
    assert caught.value.code == FOREIGN
    assert sorted(each.name for each in real.rglob("*") if each.is_file()) == ["file"]


def test_a_link_is_listed_and_not_followed(plain: PlainFolder, outside: Path) -> None:
    (plain.path / "objects/cd").symlink_to(outside)
    os.mkfifo(plain.path / "pipe")
    assert sorted(plain.names()) == ["objects/ab/file", "objects/cd", "pipe"]
    assert plain.folders("objects") == ["objects/ab"]
    told = {name: error.message for name, error in plain.foreign()}
    assert sorted(told) == ["objects/cd", "pipe"]
    assert "is a symbolic link" in told["objects/cd"]
    assert "is a pipe" in told["pipe"]


def test_the_hint_removes_the_link_and_nothing_else(plain: PlainFolder, outside: Path) -> None:
    path = plain.path / "a link; rm -rf"
    path.symlink_to(outside)
    (_, error), *_ = plain.foreign()
    assert error.hint is not None
    os.system(error.hint.split("`")[1])
    assert (path.is_symlink(), os.listdir(outside)) == (False, ["file"])


def test_temporary_files_have_names_that_nobody_can_guess(
    plain: PlainFolder, outside: Path
) -> None:
    names = {plain.new_file("objects")[1] for _ in range(3)}
    paths = {new_file_in(outside)[1].name for _ in range(3)}
    assert (len(names), len(paths)) == (3, 3)
    assert all(len(name) >= 16 + len("objects/") for name in (*names, *paths))


def test_a_file_beside_the_repository_is_no_link_either(outside: Path, tmp_path: Path) -> None:
    assert read_plain(outside / "file") == b"mine"
    assert read_plain(outside / "file", 2) == b"mi"
    link(tmp_path / "vault.lock", outside)
    with pytest.raises(Corrupt) as caught:
        read_plain(tmp_path / "vault.lock")
    assert caught.value.code == FOREIGN
