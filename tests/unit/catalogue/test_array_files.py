"""Arrays of the catalogue: nothing in a file is believed that does not hold together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from vault.catalogue.index.array_files import ArrayFiles

SMALL: dict[str, Any] = {"row": np.arange(5, dtype=np.uint32), "digest": np.ones((5, 32), np.uint8)}
LARGE: dict[str, Any] = {
    "minima": np.arange(1 << 18, dtype=np.uint32).reshape(-1, 128),
    "none": np.zeros(0),
}


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def in_header(data: bytes) -> bytes:
    return data.replace(b"<u4", b"<i4")


DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    flipped,
    in_header,
    lambda data: data[:-1],
    lambda data: data[:20],
    lambda data: b"",
    lambda data: data + b"\0",
    lambda data: data.replace(b"arrays 1", b"arrays 2"),
    lambda data: b"something else entirely" * 10_000,
)


@pytest.mark.parametrize("arrays", [SMALL, LARGE])
def test_arrays_come_back_as_they_were(tmp_path: Path, arrays: dict[str, Any]) -> None:
    files = ArrayFiles(tmp_path)
    files.write("some/name", arrays)
    found = files.read("some/name")
    assert found is not None
    assert set(found) == set(arrays)
    for name, each in arrays.items():
        assert found[name].dtype == each.dtype
        assert np.array_equal(found[name], each)
        assert not found[name].flags.writeable
    assert list(files.names("some")) == ["some/name"]


@pytest.mark.parametrize("arrays", [SMALL, LARGE])
@pytest.mark.parametrize("damage", range(len(DAMAGES)))
def test_what_is_damaged_is_not_believed(
    tmp_path: Path, arrays: dict[str, Any], damage: int
) -> None:
    files = ArrayFiles(tmp_path)
    files.write("name", arrays)
    path = tmp_path / "name.arrays"
    whole = path.read_bytes()
    damaged = DAMAGES[damage](whole)
    assert damaged != whole
    path.write_bytes(damaged)
    assert files.read("name") is None
    files.write("name", arrays)
    assert files.read("name") is not None
    files.sweep(".")
    assert [each.name for each in tmp_path.iterdir()] == ["name.arrays"]


def test_a_file_under_the_name_of_another_is_not_believed(tmp_path: Path) -> None:
    files = ArrayFiles(tmp_path)
    files.write("one", SMALL)
    shutil.copy(tmp_path / "one.arrays", tmp_path / "other.arrays")
    assert files.read("other") is None
    assert files.read("one") is not None


def test_what_is_not_there_is_none_and_deleting_it_is_no_error(tmp_path: Path) -> None:
    files = ArrayFiles(tmp_path)
    assert files.read("name") is None
    files.delete("name")
    nowhere = ArrayFiles(None)
    nowhere.write("name", SMALL)
    assert nowhere.read("name") is None
    assert list(nowhere.names("some")) == []


def test_arrays_that_are_in_use_stay_when_others_take_their_place(tmp_path: Path) -> None:
    files = ArrayFiles(tmp_path)
    files.write("name", LARGE)
    found = files.read("name")
    assert found is not None
    files.write("name", SMALL)
    files.delete("name")
    assert np.array_equal(found["minima"], LARGE["minima"])


class _Usage(NamedTuple):
    free: int


def test_a_disk_that_is_nearly_full_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ArrayFiles(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: _Usage(1 << 20))
    files.write("name", SMALL)
    assert files.read("name") is None
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "group").write_text("a file where a folder should be")
    files = ArrayFiles(tmp_path)
    files.write("group/name", SMALL)
    assert files.read("group/name") is None


def test_only_the_groups_used_last_are_kept(tmp_path: Path) -> None:
    files = ArrayFiles(tmp_path)
    for number in range(4):
        files.write(f"all/{number}/name", SMALL)
        os.utime(tmp_path / "all" / str(number), (number, number))
    files.keep_newest("all/0", 3)
    assert sorted(files.names("all")) == ["all/0/name", "all/2/name", "all/3/name"]
