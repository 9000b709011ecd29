"""Arguments of an import to files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.formats.files.reading import write_file
from vault.errors import InvalidInput, NotFound
from vault.formats.files.inputs import Compression, InputFile, Layout, TextUnit, find_files


@pytest.mark.parametrize(
    ("name", "layout", "compression"),
    [
        ("a.jsonl", Layout.JSONL, Compression.NONE),
        ("a.NDJSON", Layout.JSONL, Compression.NONE),
        ("a.json.gz", Layout.JSON, Compression.GZIP),
        ("a.csv.zst", Layout.CSV, Compression.ZSTD),
        ("a.parquet", Layout.PARQUET, Compression.NONE),
    ],
)
def test_the_ending_says_layout_and_compression(
    tmp_path: Path, name: str, layout: Layout, compression: Compression
) -> None:
    path = str(write_file(tmp_path / name, b""))
    assert find_files([path]) == (InputFile(path, layout, compression),)


def test_a_folder_is_its_known_files_sorted_without_hidden_ones(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".c").mkdir()
    for name in ("z.jsonl", "a.json", "b/x.csv", ".c/y.csv", ".hidden.jsonl", "notes.md"):
        write_file(tmp_path / name, b"")
    found = [os.path.relpath(file.path, tmp_path) for file in find_files([str(tmp_path)])]
    assert found == ["a.json", "b/x.csv", "z.jsonl"]


def test_a_glob_may_cross_folders_and_a_file_is_found_once(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first = write_file(tmp_path / "b" / "x.jsonl", b"")
    (tmp_path / "link.jsonl").symlink_to(first)
    found = find_files([f"{tmp_path}/**/*.jsonl", str(first)])
    assert [file.path for file in found] == [str(first)]


@pytest.mark.parametrize(
    ("content", "layout", "compression"),
    [
        (b'\n[{"a":1}]', Layout.JSON, Compression.NONE),
        (b'\xef\xbb\xbf {"a":1}', Layout.JSONL, Compression.NONE),
        (b"PAR1....", Layout.PARQUET, Compression.NONE),
        (b"\x1f\x8b\x08", Layout.JSONL, Compression.GZIP),
        (b"\x28\xb5\x2f\xfd", Layout.JSONL, Compression.ZSTD),
    ],
)
def test_a_file_of_unknown_ending_is_what_its_bytes_say(
    tmp_path: Path, content: bytes, layout: Layout, compression: Compression
) -> None:
    path = str(write_file(tmp_path / "data.txt", content))
    assert find_files([path]) == (InputFile(path, layout, compression),)


def test_standard_input_is_a_dash() -> None:
    assert find_files(["-", "-"]) == (InputFile("-", Layout.JSONL),)
    text = InputFile("-", Layout.TEXT, unit=TextUnit.LINE)
    assert find_files(["-"], TextUnit.LINE) == (text,)


@pytest.mark.parametrize("content", [b"Once upon a time", b"", b"{name}, hello", b"[1] A note"])
def test_a_named_text_file_is_plain_text(tmp_path: Path, content: bytes) -> None:
    path = str(write_file(tmp_path / "essay.txt", content))
    assert find_files([path]) == (InputFile(path, Layout.TEXT),)


def test_a_text_file_of_json_is_plain_text_where_that_is_asked_for(tmp_path: Path) -> None:
    path = str(write_file(tmp_path / "data.txt", b'{"a":1}'))
    asked = InputFile(path, Layout.TEXT, unit=TextUnit.PARAGRAPH)
    assert find_files([path], TextUnit.PARAGRAPH) == (asked,)


def test_text_files_are_data_where_no_other_file_is(tmp_path: Path) -> None:
    for name in ("a.txt", "README.txt", "License.txt", "licensed-songs.txt"):
        write_file(tmp_path / name, b"words")
    texts = [str(tmp_path / name) for name in ("a.txt", "licensed-songs.txt")]
    assert [file.path for file in find_files([str(tmp_path)])] == texts
    assert [file.path for file in find_files([f"{tmp_path}/*"])] == texts
    data = str(write_file(tmp_path / "z.jsonl", b""))
    assert [file.path for file in find_files([str(tmp_path)])] == [data]
    asked = find_files([str(tmp_path)], TextUnit.LINE)
    assert [file.path for file in asked] == [*texts, data]


def test_a_unit_of_text_is_refused_where_nothing_is_text(tmp_path: Path) -> None:
    path = str(write_file(tmp_path / "a.jsonl", b""))
    with pytest.raises(InvalidInput) as caught:
        find_files([path], TextUnit.LINE)
    assert caught.value.code == "no-text-files"


def test_a_missing_file_is_reported_with_its_nearest_neighbour(tmp_path: Path) -> None:
    write_file(tmp_path / "train.jsonl", b"")
    with pytest.raises(NotFound) as caught:
        find_files([str(tmp_path / "trian.jsonl")])
    assert caught.value.code == "file-not-found"
    assert "train.jsonl" in (caught.value.hint or "")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    write_file(tmp_path / "essay.doc", b"Once upon a time")
    for name, code in (
        ("empty", "no-files"),
        ("pipe.jsonl", "special-file"),
        ("essay.doc", "unknown-layout"),
    ):
        with pytest.raises(InvalidInput) as caught:
            find_files([str(tmp_path / name)])
        assert caught.value.code == code
    with pytest.raises(NotFound):
        find_files([f"{tmp_path}/*.parquet"])
