"""`vault show`: a commit, the stage, or an example."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RECORDS, Outcome

Run = Callable[..., Outcome]


def test_a_commit_is_shown_with_its_statistics(run: Run, committed: Path) -> None:
    run("tag", "v1")
    lines = run("show", "v1").out.splitlines()
    assert lines[0].startswith("commit ") and lines[0].endswith(" (main, tag v1)")
    assert "changes: 3 added" in lines
    told = next(line for line in lines if line.startswith("turns:"))
    assert re.fullmatch(r"turns:   6, \d+ characters, about \d+ tokens", told)
    assert "kinds:   chat 3" in lines
    assert "sources: data.jsonl 3" in lines
    report = json.loads(run("show", "v1", "--json").out)
    assert report["message"] == "round 1"
    assert report["statistics"]["turns"] == 6


def test_the_stage_can_be_shown(run: Run, project: Path) -> None:
    run("import", "data.jsonl")
    assert run("show", "STAGE").out.startswith("the stage: the draft of the next commit\n")
    assert json.loads(run("show", "STAGE", "--json").out)["commit"] is None


def test_an_example_is_shown_whole(run: Run, committed: Path) -> None:
    commit = json.loads(run("log", "--json").out)["commits"][0]["commit"]
    run("export", "-o", "ids.jsonl", "--with", "id")
    identifier = json.loads((committed / "ids.jsonl").read_text().splitlines()[1])["_vault"]["id"]
    assert run("show", identifier[:8]).out.splitlines() == [
        f"example {identifier[:12]} (chat)",
        "from:    data.jsonl, line 2",
        "size:    2 turns, about 6 tokens",
        f"in:      {commit[:12]}",
        "",
        "  user: Is it waterproof?",
        "  assistant: Yes.",
        "  topic: water",
    ]
    report = json.loads(run("show", identifier, "--json").out)
    assert report["data"] == RECORDS[1]
    assert (report["id"], report["commits"], report["removals"]) == (identifier, [commit], [])


def test_a_word_that_means_nothing_is_not_found(run: Run, committed: Path) -> None:
    for word, code in (("nope", "revision-not-found"), ("abcdef", "example-not-found")):
        outcome = run("show", word)
        assert outcome.code == 3
        assert outcome.err.splitlines()[2] == f"code:  {code}"
        assert len(outcome.err.splitlines()) == 3


@pytest.mark.parametrize("command", ["show HEAD..HEAD", "log HEAD..HEAD", "export HEAD..HEAD -o -"])
def test_a_range_is_for_diff(command: str, run: Run, committed: Path) -> None:
    outcome = run(*command.split())
    assert (outcome.code, outcome.err.splitlines()[2]) == (2, "code:  revision-invalid")
    assert "`vault diff HEAD..HEAD`" in outcome.err


def test_three_dots_are_not_a_range(run: Run, committed: Path) -> None:
    outcome = run("diff", "HEAD...HEAD")
    assert (outcome.code, outcome.err.splitlines()[2]) == (2, "code:  revision-invalid")
    assert "three dots" in outcome.err
