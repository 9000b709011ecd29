"""`vault diff --format markdown`: what a reviewer must know first, and nothing that acts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines

Run = Callable[..., Outcome]
EVIL = "x ````evil```` </details> <script>alert(1)</script> @octocat | #1 ![a](http://b) \u202e"


@pytest.fixture
def split(project: Path, run: Run) -> Path:
    """Two commits: what the second brings leaks, has faults, other labels and sources."""
    rows = [chat(f"Question {n} about {n * n}?", f"Answer {n}.") for n in range(40)]
    write_lines(project / "one.jsonl", rows)
    run("import", "one.jsonl")
    run("split", "train=0.8", "validation=0.2", "--seed", "1")
    run("validate")
    run("commit", "-m", "one")
    run("tag", "v1")
    write_lines(project / "one.jsonl", [*rows[:3], chat("Question 3 about 9?", EVIL), *rows[5:]])
    run("import", "one.jsonl", "--replace")
    write_lines(project / "two.jsonl", [chat(f"{n} new?", f"{EVIL} {n}.") for n in range(12)])
    run("import", "two.jsonl")
    run("label", "quality=gold", "--where", "line < 4")
    run("split")
    run("validate")
    run("commit", "-m", "two")
    return project


def code_left_out(text: str) -> str:
    """Return Markdown without its blocks of code and its spans."""
    text = re.sub(r"^(`{3,})diff\n.*?^\1$", "", text, flags=re.M | re.S)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)


def test_the_signal_comes_first(split: Path, run: Run) -> None:
    outcome = run("diff", "v1", "HEAD", "--format", "markdown")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert re.fullmatch(r"### Data: `v1` \(`\w{12}`\) → `HEAD` \(`\w{12}`\)", lines[0])
    assert lines[2].startswith("**12 added**, **1 removed**, **1 changed**")
    order = ["Leaks", "Findings:", "| label |", "| source |", "<summary>12 added, the first 10"]
    places = [outcome.out.index(each) for each in order]
    assert places == sorted(places)
    assert outcome.out.count("<details>") == outcome.out.count("\n</details>") == 4
    assert "| `quality=gold` | 0 | 6 |" in outcome.out
    assert "| `two.jsonl` | 0 | 12 |" in outcome.out


def test_nothing_in_the_data_acts(split: Path, run: Run) -> None:
    text = run("diff", "v1", "HEAD", "--format", "markdown").out
    assert "evil" in text
    outside = code_left_out(text)
    for acting in ("evil", "<script", "@octocat", "http", "\u202e"):
        assert acting not in outside
    assert "\u202e" not in text
    assert outside.count("</details>") == 4


def test_what_is_not_split_is_said(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat("Same?", "Yes.")])
    run("import", "a.jsonl")
    text = run("diff", "--format", "markdown").out
    assert "Leaks: not looked for, since nothing is split." in text
    assert "Findings: not compared, since not both versions were validated." in text


def test_a_leak_is_told_with_its_sides(project: Path, run: Run) -> None:
    for name in ("train", "validation"):
        write_lines(project / f"{name}.jsonl", [chat("Same?", f"{name} answers")])
    write_lines(project / "first.jsonl", [chat("Other?", "Yes.")])
    run("import", "first.jsonl")
    run("commit", "-m", "one")
    run("import", "train.jsonl", "validation.jsonl", "--split-from-name")
    text = run("diff", "--format", "markdown").out
    assert "| prompt | `train` → `validation` | not split | **1** |" in text


def test_a_report_stays_small_and_whole(project: Path, run: Run) -> None:
    rows = [chat(f"{n}?", "a", **{f"f{k}": "y" * 3_000 for k in range(12)}) for n in range(30)]
    write_lines(project / "a.jsonl", rows)
    run("import", "a.jsonl")
    text = run("diff", "--format", "markdown").out
    assert 20_000 < len(text.encode()) <= 60_000
    run("commit", "-m", "one")
    changed = [{**each, "f1": "\u00fc" * 9_000 + str(n)} for n, each in enumerate(rows)]
    write_lines(project / "a.jsonl", [*changed[:15]])
    run("import", "a.jsonl", "--replace")
    text = run("diff", "--format", "markdown").out
    assert len(text.encode()) <= 60_000
    assert text.count("<details>") == text.count("</details>")


def test_two_locks_are_reviewed(split: Path, run: Run) -> None:
    run("export", "v1", "-o", "out.jsonl")
    shutil.copy("vault.lock", "old.lock")
    run("export", "-o", "out.jsonl")
    text = run("diff", "--from-lock", "old.lock", "vault.lock", "--format", "markdown").out
    lines = text.splitlines()
    assert lines[0] == "### Exported files"
    assert lines[4].startswith("| `out.jsonl` | changed | `v1` → ")
    assert "### Data: " in text
    same = run("diff", "--from-lock", "old.lock", "old.lock", "--format", "markdown")
    assert same.out == "No exported file differs.\n"
    code = run("diff", "--from-lock", "old.lock", "old.lock", "--format", "markdown", "--exit-code")
    assert code.code == 0


@pytest.mark.parametrize("other", ["--stat", "--jsonl", "--json"])
def test_it_stands_alone(split: Path, run: Run, other: str) -> None:
    outcome = run("diff", "--format", "markdown", other)
    assert outcome.code == 2
    assert "options-exclude" in outcome.err + outcome.out


def test_the_exit_code_tells_of_differences(split: Path, run: Run) -> None:
    assert run("diff", "v1", "HEAD", "--format", "markdown", "--exit-code").code == 1
    assert run("diff", "HEAD", "HEAD", "--format", "markdown", "--exit-code").code == 0
