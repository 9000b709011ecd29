"""`vault commit`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import RECORDS, Outcome, chat, write_lines

Run = Callable[..., Outcome]


def test_a_commit_says_what_it_recorded(run: Run, project: Path) -> None:
    run("import", "data.jsonl")
    outcome = run("commit", "-m", "round 1", "--meta", "by=ada", "--meta", "note=a=b")
    first, second = outcome.out.splitlines()
    assert first.endswith(" on main: round 1") and len(first.split()[0]) == 12
    assert second == "  3 examples: 3 added"
    assert "`vault tag NAME`" in outcome.err
    commit = json.loads(run("log", "--json").out)["commits"][0]
    assert commit["meta"] == {"by": "ada", "note": "a=b"}
    assert commit["author"] == "ada"


def test_nothing_staged_is_the_answer_no(run: Run, committed: Path) -> None:
    outcome = run("commit", "-m", "again")
    assert outcome.code == 1
    assert outcome.err.splitlines()[2] == "code:  nothing-to-commit"
    assert json.loads(run("commit", "-m", "again", "--json").out)["error"]["code"] == (
        "nothing-to-commit"
    )
    assert run("commit", "-m", "again", "--allow-empty", "--no-verify").code == 0


def test_a_commit_needs_a_message(run: Run, project: Path) -> None:
    run("import", "data.jsonl")
    for words in ([], ["-m", " "]):
        outcome = run("commit", *words)
        assert (outcome.code, outcome.err.splitlines()[2]) == (2, "code:  message-missing")


def test_amend_takes_the_place_of_the_last_commit(run: Run, committed: Path) -> None:
    write_lines(committed / "more.jsonl", [chat("More?", "Yes.")])
    run("import", "more.jsonl")
    report = json.loads(run("commit", "--amend", "--json").out)
    assert (report["examples"], report["added"], report["parents"]) == (4, 4, [])
    log = json.loads(run("log", "--json").out)["commits"]
    assert [each["message"] for each in log] == ["round 1"]


def test_facts_are_pairs(run: Run, project: Path) -> None:
    run("import", "data.jsonl")
    outcome = run("commit", "-m", "one", "--meta", "by")
    assert outcome.err.splitlines() == [
        'error: --meta takes KEY=VALUE, not "by"',
        "hint:  write --meta by=value",
        "code:  pair-invalid",
    ]


def test_a_commit_with_quarantine_counts_it(run: Run, project: Path) -> None:
    write_lines(project / "bad.jsonl", [*RECORDS, "{"])
    run("import", "bad.jsonl")
    assert run("commit", "-m", "one").out.splitlines()[2] == "  1 record that could not be read"
