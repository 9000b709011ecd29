"""`vault diff --format markdown`: what a reviewer must know first, and nothing that acts."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines
from tests.support.labelling import label_in_order
from vault.repository import Repository

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


def test_long_values_and_many_files_do_not_make_it_long(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat(f"{n}?", "a") for n in range(4)])
    run("import", "a.jsonl")
    run("commit", "-m", "one")
    for n in range(25):
        run("label", "-q", f"k{n}={'@x|`' * 9_000}{n}", "--where", "line < 3")
    text = run("diff", "--format", "markdown").out
    assert len(text.encode()) <= 60_000
    assert text.index("<details>") < 5_000
    assert "@x" not in code_left_out(text)
    assert "… and 5 more." in text
    run("export", "HEAD", "-o", "out.jsonl")
    lock = json.loads(Path("vault.lock").read_text())
    entry = lock["files"]["out.jsonl"]
    lock["files"] = {f"{'ü' * 90}/{n}.jsonl": entry for n in range(900)}
    Path("many.lock").write_text(json.dumps(lock))
    Path("none.lock").write_text(json.dumps({**lock, "files": {}}))
    text = run("diff", "--from-lock", "none.lock", "many.lock", "--format", "markdown").out
    assert len(text.encode()) < 20_000
    assert "… and 870 more." in text


def test_why_a_locked_file_cannot_be_compared_does_not_act(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat(f"{n}?", "a") for n in range(4)])
    run("import", "a.jsonl")
    run("commit", "-m", "one")
    (project / "mix.toml").write_text('[[part]]\nname = "a"\ncount = 2\n')
    run("export", "-o", "out.jsonl", "--mix", "mix.toml")
    lock = json.loads(Path("vault.lock").read_text())
    lock["files"]["out.jsonl"]["mix"]["parts"] = [{"name": EVIL, "count": 9}]
    Path("old.lock").write_text(json.dumps(lock))
    lock["files"]["out.jsonl"]["sha256"] = "0" * 64
    Path("new.lock").write_text(json.dumps(lock))
    text = run("diff", "--from-lock", "old.lock", "new.lock", "--format", "markdown").out
    assert "evil" in text
    for acting in ("evil", "<script", "@octocat", "http"):
        assert acting not in code_left_out(text)


def test_repeats_of_a_mixture_are_told(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat(f"{n}?", "a") for n in range(4)])
    run("import", "a.jsonl")
    run("commit", "-m", "one")
    for epochs in (2, 3):
        (project / "mix.toml").write_text(f'[[part]]\nname = "a"\nepochs = {epochs}\n')
        run("export", "-o", "out.jsonl", "--mix", "mix.toml")
        shutil.copy("vault.lock", f"{epochs}.lock")
    text = run("diff", "--from-lock", "2.lock", "3.lock", "--format", "markdown").out
    assert "| +0 −0; 8 → 12 with repeats | `mix` |" in text


def test_what_the_report_is_of_is_said(split: Path, run: Run) -> None:
    text = run(
        "diff", "v1", "HEAD", "--format", "markdown", "--where", "source = 'two.jsonl' OR 1 = 2"
    ).out
    lines = text.splitlines()
    assert lines[2].startswith("**12 added**")
    assert lines[3].startswith("Of examples that satisfy `source = 'two.jsonl' OR 1 = 2` alone;")
    (command,) = re.findall(r"^`vault (diff .*)` shows all of it\.$", text, re.M)
    assert run(*shlex.split(command)).out.count("+ ") >= 12


def test_before_the_first_commit_its_command_can_be_typed(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat("Same?", "Yes.")])
    run("import", "a.jsonl")
    assert run("diff", "--format", "markdown").out.endswith("`vault diff` shows all of it.\n")


def test_a_bar_in_a_source_stays_one(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat("Same?", "Yes.")])
    run("import", "a.jsonl", "--source", "a | b")
    assert "from `a | b`:1" in run("diff", "--format", "markdown").out


def test_values_that_look_alike_are_added(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat(f"{n}?", "a") for n in range(4)])
    run("import", "a.jsonl")
    run("commit", "-m", "one")
    label_in_order(Repository.open(project, author="ada"), {"n": ["1", 1, 1, "1"]})
    assert "| `n=1` | 0 | 4 |" in run("diff", "--format", "markdown").out


def test_yes_and_no_are_shown_as_they_are_typed(project: Path, run: Run) -> None:
    write_lines(project / "a.jsonl", [chat(f"{n}?", "a") for n in range(4)])
    run("import", "a.jsonl")
    run("commit", "-m", "one")
    run("label", "good=true", "--where", "line < 4")
    text = run("diff", "--format", "markdown").out
    assert "| `good=true` | 0 | 3 |" in text
    assert re.search(r"^\| `labels.good` \| 0\.\d\d \| `true` \| 0 % \| 75 % \|$", text, re.M)
    assert "\n+ label good: true\n" in text
    assert "\ntrue  3  100 %" in run("stats").out
    assert run("stats", "HEAD", "STAGE", "--html", "page.html").code == 0
    both = text + run("stats", "HEAD", "STAGE").out + (project / "page.html").read_text()
    assert "True" not in both and ">true<" in both
