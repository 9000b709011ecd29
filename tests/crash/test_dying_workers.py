"""Workers of a Ray cluster are killed (SIGKILL) in the middle of `dedupe`, once or every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.property.test_kept_duplicates import apply
from tests.support.library import Library
from tests.support.mortal import DONE, Mortal
from vault.catalogue.index.array_files import ArrayFiles
from vault.cli.frame.main import main
from vault.operations.duplicates.report import DedupeReport
from vault.operations.duplicates.workers import cluster_engine, partition_rows

OTHERS = ("read_rows", "pairs_of_bands", "sets_of_rows", "compare_rows")
"""Tasks of every stage of the work that write nothing; `sign_rows` does."""


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a task of every chunk."""
    monkeypatch.setattr(partition_rows, "SHARE_ROWS", 8)


def mortal(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, moments: list[int]) -> Mortal:
    """Have a kind of task die at these moments."""
    made = Mortal(getattr(cluster_engine, name), folder, moments)
    monkeypatch.setattr(cluster_engine, name, made)
    return made


def given(folder: Path) -> Library:
    """Return a repository of two chunks with duplicates in each and between them."""
    folder.mkdir()
    library = Library(folder)
    apply(library, ("import", 0, 60))
    apply(library, ("import", 40, 60))
    return library


def deduped(library: Library, engine: str) -> tuple[DedupeReport, list[str]]:
    """Take duplicates out; return every pair with its similarities, and the ids that stay."""
    report = library.repository.dedupe(engine=engine, yes=True, all_pairs=True)
    return replace(report, staged=None), library.ids()


def assert_whole(library: Library) -> None:
    """Check that everything that is kept under a name is sound, and was so all the time."""
    folder = library.folder / ".vault" / "catalogue"
    files = ArrayFiles(folder)
    names = list(files.names("duplicates"))
    assert len(names) >= 6  # texts, signatures and band keys of two chunks
    assert all(files.read(name) is not None for name in names)
    assert not list(folder.rglob("*.damaged"))


def drafts(library: Library) -> list[Path]:
    return list((library.folder / ".vault" / "catalogue").rglob("draft-*"))


def test_tasks_whose_process_died_are_run_again(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = deduped(given(tmp_path / "local"), "local")
    assert wanted[0].near > 10
    # Before its signatures are in place, and before its band keys are.
    dying = [mortal(monkeypatch, tmp_path, "sign_rows", [1, 2])]
    dying += [mortal(monkeypatch, tmp_path, each, [DONE]) for each in OTHERS]
    library = given(tmp_path / "ray")
    assert deduped(library, "ray") == wanted
    assert [each.deaths for each in dying] == [2] + [1] * len(OTHERS)
    assert len(drafts(library)) == 2
    assert_whole(library)
    library.repository.gc()
    assert not drafts(library)
    assert_whole(library)


def test_a_task_that_dies_every_time_ends_the_command_and_nothing_is_recorded(
    cluster: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    wanted = deduped(given(tmp_path / "local"), "local")
    library = given(tmp_path / "ray")
    before, operations = library.ids(), library.repository.operations()
    with monkeypatch.context() as patched:
        dying = mortal(patched, tmp_path, "sign_rows", [2] * 100)
        code = main(["-C", str(library.folder), "dedupe", "--engine", "ray", "--yes"])
    assert code == 5
    error, hint, name = capfd.readouterr().err.splitlines()[-3:]
    assert error.startswith("error: a worker of the cluster ended before its work was done: ")
    assert "nothing was recorded" in hint
    assert name == "code:  worker-died"
    assert 1 < dying.deaths < 100
    assert library.ids() == before
    assert library.repository.operations() == operations
    assert deduped(library, "ray") == wanted
    assert_whole(library)
