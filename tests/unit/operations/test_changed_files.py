"""A file that changes while it is imported is told, and nothing of it is staged."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from vault.errors import InvalidInput
from vault.formats.files import lines as lines_of_files
from vault.formats.files.file_state import FileState
from vault.formats.files.inputs import find_files
from vault.progress import Silent
from vault.repository import Repository

NOW = "2026-01-02T03:04:05Z"


def texts(mark: str, count: int) -> list[str]:
    """Return the texts of records, each as long as those of another mark."""
    return [f"{mark} {number:06d} {mark * 40}" for number in range(count)]


def jsonl(path: Path, mark: str, count: int = 50) -> None:
    """Write records as JSON Lines."""
    path.write_text("".join(json.dumps({"text": each}) + "\n" for each in texts(mark, count)))


def json_list(path: Path, mark: str, count: int = 50) -> None:
    """Write records as a JSON list."""
    path.write_text(json.dumps([{"text": each} for each in texts(mark, count)]))


def csv(path: Path, mark: str, count: int = 50) -> None:
    """Write records as CSV."""
    pyarrow.csv.write_csv(pa.table({"text": texts(mark, count)}), path)


def parquet(path: Path, mark: str, count: int = 50) -> None:
    """Write records as Parquet."""
    pq.write_table(pa.table({"text": texts(mark, count)}), path, compression="none")


def gzipped(path: Path, mark: str, count: int = 50) -> None:
    """Write records as JSON Lines in gzip."""
    data = "".join(json.dumps({"text": each}) + "\n" for each in texts(mark, count)).encode()
    path.write_bytes(gzip.compress(data, 0, mtime=0))


def zstd(path: Path, mark: str, count: int = 50) -> None:
    """Write records as JSON Lines in zstd."""
    data = "".join(json.dumps({"text": each}) + "\n" for each in texts(mark, count)).encode()
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(data)


LAYOUTS: dict[str, Callable[..., None]] = {
    "jsonl": jsonl,
    "json": json_list,
    "csv": csv,
    "parquet": parquet,
    "jsonl.gz": gzipped,
    "jsonl.zst": zstd,
}


def exchange(path: Path, other: Path) -> None:
    """Rename another file over it."""
    os.replace(other, path)


def rewrite(path: Path, other: Path) -> None:
    """Write the bytes of another into it, and give it the time that it had."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(other.read_bytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def append(path: Path, other: Path) -> None:
    """Add the bytes of another at its end."""
    with path.open("ab") as file:
        file.write(other.read_bytes())


def truncate(path: Path, other: Path) -> None:
    """Cut it."""
    os.truncate(path, 100)


def delete(path: Path, other: Path) -> None:
    """Remove it."""
    path.unlink()


LATER = (rewrite, truncate, delete)
"""Changes that the long form tries on a file that several processes read."""


class Changing(Silent):
    """Changes a file when the first records were read."""

    def __init__(self, change: Callable[[], None]) -> None:
        self._change = change
        self._is_done = False

    def advance(self, count: int = 1) -> None:
        """Change the file, once."""
        if not self._is_done:
            self._is_done = True
            self._change()


def opened(folder: Path, change: Callable[[], None]) -> Repository:
    """Return a repository whose imports change a file on their way."""
    Repository.init(folder, author="ada", now=NOW)
    return Repository.open(folder, author="ada", clock=lambda: NOW, progress=Changing(change))


@pytest.mark.parametrize("change", [exchange, rewrite, append, truncate, delete])
@pytest.mark.parametrize("ending", LAYOUTS)
def test_a_file_that_changes_while_it_is_read_is_not_staged(
    ending: str, change: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    path, other = tmp_path / f"data.{ending}", tmp_path / f"other.{ending}"
    LAYOUTS[ending](path, "a")
    LAYOUTS[ending](other, "b")
    repository = opened(tmp_path / "project", lambda: change(path, other))
    for dry_run in (True, False):
        with pytest.raises(InvalidInput) as caught:
            repository.import_files([str(path)], dry_run=dry_run)
        assert caught.value.code == "file-changed", caught.value
        assert str(path) in caught.value.message
        assert not repository.status().has_stage
        if not dry_run:
            break
        LAYOUTS[ending](path, "a")
        LAYOUTS[ending](other, "b")
        repository = opened(tmp_path / "project", lambda: change(path, other))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    "change",
    [exchange, append, *(pytest.param(each, marks=pytest.mark.slow) for each in LATER)],
)
def test_no_process_reads_another_file_than_the_first(
    change: Callable[[Path, Path], None], workers: int, tmp_path: Path
) -> None:
    path, other = tmp_path / "data.jsonl", tmp_path / "other.jsonl"
    jsonl(path, "a", 250_000)  # enough blocks for processes
    jsonl(other, "b", 250_000)
    repository = opened(tmp_path / "project", lambda: change(path, other))
    with pytest.raises(InvalidInput) as caught:
        repository.import_files([str(path)], workers=workers)
    assert caught.value.code == "file-changed"
    assert not repository.status().has_stage


def test_a_block_is_read_from_the_file_that_was_found(tmp_path: Path) -> None:
    path, other = tmp_path / "data.jsonl", tmp_path / "other.jsonl"
    jsonl(path, "a")
    jsonl(other, "b")
    (file,) = find_files([str(path)])
    ranges = lines_of_files.plan_ranges(str(path), 0, max_record_bytes=1000, state=file.state)
    blocks = list(ranges)
    assert len(blocks[0].split().texts) == 50
    exchange(path, other)
    with pytest.raises(InvalidInput, match="was exchanged"):
        blocks[0].split()


def test_a_reference_for_dedupe_that_changes_is_told(tmp_path: Path) -> None:
    path, other = tmp_path / "eval.jsonl", tmp_path / "other.jsonl"
    jsonl(path, "a")
    jsonl(other, "b")
    repository = opened(tmp_path / "project", lambda: None)
    repository.import_files([str(path)])
    state = find_files([str(path)])[0].state
    assert state is not None
    exchange(path, other)
    with pytest.raises(InvalidInput, match="was exchanged"):
        state.check()
    jsonl(path, "c")
    assert repository.dedupe(against=str(path), dry_run=True).removed == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: path.touch(), "was written to"),
        (lambda path: path.chmod(0o600), "its text, its permissions or its names"),
    ],
)
def test_a_file_whose_entry_changed_may_have_been_rewritten(
    change: Callable[[Path], None], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "data.jsonl"
    jsonl(path, "a")
    state = FileState.of(str(path), path.stat())
    state.check()
    change(path)
    with pytest.raises(InvalidInput, match=told):
        state.check()


def test_a_file_that_stays_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    jsonl(path, "a")
    repository = opened(tmp_path / "project", lambda: None)
    assert repository.import_files([str(path)]).imported == 50
