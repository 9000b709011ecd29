"""How long the main commands take: `pytest -m benchmark tests/benchmarks --sizes 10000,100000`.

Each measures one call of a `Repository` method on chats of about a kilobyte.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat

pytestmark = pytest.mark.benchmark
ROUNDS = 3


def record(number: int) -> dict[str, Any]:
    words = " ".join(f"word{number * 7 % (at + 2)}" for at in range(60))
    return chat(f"Question {number}: {words}?", f"Answer {number}: {words}.", topic=number % 50)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, size: int) -> Library:
    """A repository with one commit of `size` examples."""
    library = Library(tmp_path_factory.mktemp(f"filled-{size}"))
    with open(library.folder / "a.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(record(number)) + "\n" for number in range(size))
    library.run("a.jsonl")
    library.repository.commit("one")
    return library


@pytest.fixture
def copy(filled: Library, tmp_path: Path) -> Callable[[], Library]:
    """Return a maker of copies of the repository, for what changes it."""
    numbers = itertools.count()

    def make() -> Library:
        folder = tmp_path / str(next(numbers))
        shutil.copytree(filled.folder, folder)
        return _opened(folder)

    return make


def _opened(folder: Path) -> Library:
    library = Library.__new__(Library)
    library.folder = folder
    return library


def measured(benchmark: Any, make: Callable[[], Any], run: Callable[[Any], Any]) -> Any:
    """Measure `run` on what `make` returns, made anew for each round."""
    return benchmark.pedantic(run, setup=lambda: ((make(),), {}), rounds=ROUNDS)


def test_import_of_everything(benchmark: Any, filled: Library, tmp_path: Path, size: int) -> None:
    numbers = itertools.count()
    path = str(filled.folder / "a.jsonl")
    report = measured(
        benchmark,
        lambda: Library(tmp_path / str(next(numbers))),
        lambda library: library.repository.import_files([path]),
    )
    assert report.imported == size


def test_import_of_what_is_there(benchmark: Any, filled: Library, size: int) -> None:
    report = benchmark.pedantic(lambda: filled.run("a.jsonl"), rounds=ROUNDS)
    assert report.duplicates == size


def test_commit(benchmark: Any, copy: Callable[[], Library], size: int) -> None:
    def staged() -> Library:
        library = copy()
        library.write("b.jsonl", [record(size)])
        library.run("b.jsonl")
        return library

    report = measured(benchmark, staged, lambda library: library.repository.commit("two"))
    assert report.examples == size + 1


def test_update_of_ten(benchmark: Any, copy: Callable[[], Library], size: int) -> None:
    edits = [record(at) | {"topic": "edited", "key": at} for at in range(0, size, size // 10)]

    def edited() -> Library:
        library = copy()
        output = str(library.folder / "edit.jsonl")
        library.repository.export(output=output, extras=("id",), force=True)
        with open(output, encoding="utf-8") as file:
            ids = [json.loads(line)["_vault"] for line in file]
        chosen = [each | {"_vault": ids[each["key"]]} for each in edits]
        library.write("edit.jsonl", chosen)
        return library

    report = measured(benchmark, edited, lambda library: library.run("edit.jsonl", mode="update"))
    assert (report.imported, report.staged.changed) == (10, 10)


def test_diff_of_one_percent(benchmark: Any, copy: Callable[[], Library], size: int) -> None:
    library = copy()
    with open(library.folder / "a.jsonl", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    for each in records[:: size // 100]:
        each["topic"] = "edited"
    library.write("a.jsonl", records)
    library.run("a.jsonl", mode="replace")

    report = benchmark.pedantic(lambda: library.repository.diff(), rounds=ROUNDS)

    assert report.changed == 100


def test_diff_of_counts_alone(benchmark: Any, filled: Library) -> None:
    benchmark.pedantic(lambda: filled.repository.diff(limit=0), rounds=ROUNDS)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_export(benchmark: Any, filled: Library, size: int, ending: str) -> None:
    output = str(filled.folder / f"out.{ending}")
    report = benchmark.pedantic(
        lambda: filled.repository.export(output=output, force=True), rounds=ROUNDS
    )
    assert report.examples == size


def test_status(benchmark: Any, filled: Library, size: int) -> None:
    report = benchmark.pedantic(lambda: filled.repository.status(), rounds=10)
    assert report.examples == size


def test_dedupe_of_a_round(
    benchmark: Any, copy: Callable[[], Library], filled: Library, size: int
) -> None:
    filled.repository.dedupe(dry_run=True)

    def make() -> Library:
        library = copy()
        library.write("b.jsonl", [record(size + number) for number in range(size // 100)])
        library.run("b.jsonl")
        return library

    report = measured(benchmark, make, lambda library: library.repository.dedupe(dry_run=True))
    assert report.examples == size + size // 100
