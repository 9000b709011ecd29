"""A dry run tells what the real run does, in the conditional, and changes nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Outcome, chat, write_lines

Run = Callable[..., Outcome]

LONG = "please tell me in detail how the water pump of this house is to be mended"
FIRST: list[dict[str, Any]] = [
    chat(f"{LONG} number one", "Open the valve, then tighten the ring of the pump."),
    chat(f"{LONG} number two", "Open the valve, then tighten the ring of the pump."),
    chat("Is it waterproof?", "Yes."),
    chat("What is empty?", ""),
    {"messages": [{"role": "human", "content": "hi"}, {"role": "gpt", "content": "hello"}]},
]
EDITED = [
    FIRST[0],
    chat("Is it waterproof?", "Yes, up to a metre."),
    chat("Something new?", "Indeed."),
    {**FIRST[2], "topic": "water"},
]
COMMANDS = [
    ("import", "edited.jsonl"),
    ("import", "--replace", "--source", "first.jsonl", "edited.jsonl"),
    ("import", "--replace-all", "edited.jsonl"),
    ("import", "--update", "--key", "id", "edited.jsonl"),
    ("import", "--readmit", "first.jsonl"),
    ("import", "first.jsonl", "edited.jsonl", "broken.jsonl"),
    ("import", "--replace-all", "broken.jsonl"),
    ("dedupe",),
    ("dedupe", "--exact"),
    ("dedupe", "--mark", "--threshold", "0.5"),
    ("dedupe", "--against", "edited.jsonl"),
    ("validate", "--fix"),
    ("validate", "--quarantine"),
    ("validate", "--fix", "--quarantine"),
    ("clean",),
    ("split", "train=0.5", "test=0.5"),
    ("split", "train=0.5", "test=0.5", "--stratify", "kind", "--hold-out", "turns > 1"),
]


@pytest.fixture
def staged(run: Run, project: Path) -> Path:
    """A repository with a commit, and something staged over it."""
    write_lines(project / "first.jsonl", FIRST)
    write_lines(project / "edited.jsonl", EDITED)
    (project / "broken.jsonl").write_text('{"text": "whole"}\n{"text": "brok\n')
    run("import", "first.jsonl")
    run("commit", "-m", "one")
    write_lines(project / "more.jsonl", [chat("What else is there?", "Nothing that I know of.")])
    run("import", "more.jsonl")
    return project


def state(run: Run, project: Path) -> tuple[str, list[str]]:
    objects = sorted(str(each) for each in (project / ".vault" / "objects").rglob("*"))
    return run("operations", "--json").out, objects


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_dry_run_reports_what_the_real_run_does(
    run: Run, staged: Path, command: tuple[str, ...]
) -> None:
    before = state(run, staged)
    dry = run(*command, "--dry-run", "--json")
    assert state(run, staged) == before

    real = run(*command, "--json")

    expected: dict[str, Any] = json.loads(real.out)
    assert json.loads(dry.out) == {**expected, "dry_run": True}
    # `validate` answers whether there are errors, and after a dry run they are all still there.
    assert dry.code == (1 if command[0] == "validate" else real.code)
    assert expected["staged"] is not None


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_dry_run_says_it_in_the_conditional(
    run: Run, staged: Path, command: tuple[str, ...]
) -> None:
    dry = run(*command, "--dry-run").out
    real = run(*command).out

    said = dry.replace("a dry run: nothing was stored or staged\n", "")
    assert _plain(said) == _plain(real)
    assert "would be" in dry or "no duplicates" in dry


def _plain(text: str) -> str:
    """Return text without what the conditional changes in a verb, and the spaces of a table."""
    text = re.sub(r"would (be )?", "", text.replace("would not be stored", "not stored"))
    text = text.replace("take out", "took out").replace("mark 2", "marked 2")
    text = re.sub(r"with errors: `vault \w+`", "with errors", text)
    return re.sub(r"stay(s)?\b", "stay", re.sub(r"took?e? the place", "take the place", text))


def test_a_dry_run_of_a_replacement_tells_what_would_go(run: Run, staged: Path) -> None:
    outcome = run("import", "--replace-all", "edited.jsonl", "--dry-run")

    assert "5 would be taken out of the stage\n" in outcome.out
    assert "would be staged: " in outcome.out
    assert "removed" in outcome.out
    assert outcome.out.endswith("a dry run: nothing was stored or staged\n")


def test_what_a_killed_dry_run_left_is_removed_by_the_next(
    run: Run, staged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system"
    system.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(system))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, alive = f"vault-dry-run-{ended.pid}-abc", f"vault-dry-run-{os.getpid()}-abc"
    others = [alive, "vault-dry-run-of-mine", "vault-dry-run-1-x.tar"]
    for name in (left, *others):
        (system / name / "objects").mkdir(parents=True)
    kept = tmp_path / "kept"
    kept.mkdir()
    (system / f"vault-dry-run-{ended.pid}-link").symlink_to(kept)

    run("import", "edited.jsonl", "--dry-run")

    assert sorted(each.name for each in system.iterdir() if not each.is_symlink()) == sorted(others)
    assert kept.is_dir()
