"""`vault init`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_init_makes_a_repository_that_git_ignores(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run("init", "new")
    where = tmp_path / "new/.vault"
    assert outcome == Outcome(
        0,
        f"made an empty repository in {where}\n",
        "hint:  `vault import FILE` brings in examples\n",
    )
    assert (where / ".gitignore").read_text() == "*\n"


def test_init_in_a_repository_changes_nothing_and_says_so(run: Run, project: Path) -> None:
    before = sorted(project.rglob("*"))
    outcome = run("init")
    assert (outcome.code, outcome.out.endswith("already; nothing changed\n")) == (0, True)
    assert sorted(project.rglob("*")) == before
    assert json.loads(run("init", "--json").out)["path"] == str(project / ".vault")


def test_init_over_a_file_is_refused(run: Run, project: Path) -> None:
    outcome = run("init", "data.jsonl")
    assert outcome.code == 2
    assert outcome.err.splitlines()[2] == "code:  not-a-folder"
