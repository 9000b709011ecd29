"""`vault status`: where things stand, and the next command to type."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import RECORDS, Outcome, write_lines

Run = Callable[..., Outcome]


def test_an_empty_repository_says_how_to_begin(run: Run, project: Path) -> None:
    assert run("status") == Outcome(
        0, "on branch main\nno commit yet\n", "hint:  `vault import FILE` brings in examples\n"
    )


def test_staged_changes_are_counted_and_the_next_step_is_a_commit(run: Run, project: Path) -> None:
    run("import", "data.jsonl")
    outcome = run("status")
    assert outcome.out.splitlines() == [
        "on branch main",
        "no commit yet",
        "staged: 3 added",
        "  the next commit would have 3 examples",
    ]
    assert outcome.err == 'hint:  `vault commit -m "..."` records it\n'


def test_after_a_commit_nothing_is_staged(run: Run, committed: Path) -> None:
    report = json.loads(run("status", "--json").out)
    lines = run("status").out.splitlines()
    assert lines[1] == f'at commit {report["commit"][:12]} "round 1"'
    assert lines[2] == "nothing staged; 3 examples"
    assert len(report["commit"]) == 64
    assert report["staged"] == {"added": 0, "removed": 0, "changed": 0, "relabelled": 0}
    assert report["commit"] in run("status", "-v").out


def test_quarantine_is_mentioned_with_the_command_that_shows_it(run: Run, project: Path) -> None:
    write_lines(project / "bad.jsonl", [*RECORDS, "{"])
    run("import", "bad.jsonl")
    outcome = run("status")
    assert "in quarantine: 1 record that could not be read" in outcome.out
    assert "`vault quarantine list`" in outcome.err
    assert json.loads(run("status", "--json").out)["quarantined"] == 1


def test_bare_vault_is_the_status(run: Run, committed: Path) -> None:
    assert run() == run("status")
    assert run("--json").out == run("status", "--json").out
