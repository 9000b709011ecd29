"""`vault quarantine`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import RECORDS, Outcome, write_lines

Run = Callable[..., Outcome]


def test_what_could_not_be_read_is_listed_with_place_and_reason(run: Run, project: Path) -> None:
    write_lines(project / "bad.jsonl", [*RECORDS, '{"a": NaN, "b": "\u202e"}'])
    run("import", "bad.jsonl")
    report = json.loads(run("quarantine", "--json").out)["quarantined"]
    assert [(each["source"], each["line"], each["code"]) for each in report] == [
        ("bad.jsonl", 4, "not-finite")
    ]
    outcome = run("quarantine", "list")
    assert outcome.out.splitlines() == [
        f"{report[0]['id'][:12]}  bad.jsonl, line 4  (not-finite)",
        f"  {report[0]['reason']}",
        '  {"a": NaN, "b": "\\u202e"}',
        "in quarantine: 1 record that could not be read",
    ]
    assert "--replace" in outcome.err
    assert run("quarantine") == outcome


def test_an_empty_quarantine_says_so_also_at_a_revision(run: Run, committed: Path) -> None:
    assert run("quarantine").out == "nothing is in quarantine\n"
    assert run("quarantine", "list", "HEAD").out == "nothing is in quarantine\n"
    assert json.loads(run("quarantine", "--json").out) == {"quarantined": []}
    assert run("quarantine", "list", "nope").code == 3
