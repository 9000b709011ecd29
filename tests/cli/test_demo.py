"""`vault demo`: the main job, by commands that a person could type."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the demo makes its repository."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_the_demo_shows_the_main_job_and_leaves_nothing_behind(
    run: Run, temporary_folder: Path
) -> None:
    outcome = run("demo")
    assert outcome.code == 0, outcome.err
    commands = [line for line in outcome.out.splitlines() if line.startswith("$ ")]
    assert commands == [
        "$ vault init",
        "$ vault import round-1.jsonl --source support",
        "$ vault quarantine list",
        "$ vault commit -m 'round 1'",
        "$ vault tag v1",
        "$ vault import round-2.jsonl --source support --replace",
        "$ vault diff",
        "$ vault commit -m 'round 2: corrected answers, new questions'",
        "$ vault log",
        """$ vault query --where "data.metadata.topic = 'billing'" --limit 1""",
        "$ vault rm --where 'tokens > 45'",
        "$ vault undo",
        "$ vault split train=0.8 validation=0.2 --seed 7",
        "$ vault commit -m sides",
        "$ vault export -o data",
        "$ vault which data/train.jsonl",
        "$ vault checkout v1 -o train.jsonl",
    ]
    assert "3 could not be read, kept in quarantine" in outcome.out
    assert "5 added, 2 removed, 5 changed; 23 examples unchanged" in outcome.out
    assert "What next" in outcome.out
    wide = [line for line in outcome.out.splitlines() if len(line) > 80]
    assert [line for line in wide if "vault-demo-" not in line] == []
    assert list(temporary_folder.iterdir()) == []
    assert Path.cwd() == temporary_folder


def test_the_repository_can_be_kept(run: Run, temporary_folder: Path) -> None:
    report = json.loads(run("demo", "--keep", "--json").out)
    assert report["kept"]
    assert (Path(report["path"]) / "train.jsonl").read_bytes().count(b"\n") == 30
    assert report["steps"][0]["command"] == "vault init"
    assert "on main: round 1" in report["steps"][3]["output"]
    assert json.loads(run("-C", report["path"], "status", "--json").out)["examples"] == 33


def test_a_quiet_demo_prints_nothing(run: Run) -> None:
    assert run("demo", "-q") == Outcome(0, "", "")
