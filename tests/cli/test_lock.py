"""`vault lock`, `which`, `note`, `export --locked` and `diff --from-lock`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RECORDS, Outcome, chat, write_lines

Run = Callable[..., Outcome]


@pytest.fixture
def locked(committed: Path, run: Run) -> Path:
    """A commit that is tagged, and an export of it."""
    run("tag", "v1")
    assert run("export", "v1", "-o", "data/out.jsonl", "--shuffle", "--seed", "3").code == 0
    return committed


def test_the_lock_tells_how_files_stand(locked: Path, run: Run) -> None:
    commit = json.loads(run("log", "--json").out)["commits"][0]["commit"][:12]
    outcome = run("lock", "--check")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"unedited  data/out.jsonl  v1 ({commit})\n1 file: 1 unedited\n"
    with open(locked / "data/out.jsonl", "ab") as file:
        file.write(b"\n")
    outcome = run("lock", "--check")
    assert outcome.code == 1
    assert outcome.out.endswith("1 file: 1 edited\n")
    assert "`vault export --locked data/out.jsonl --force`" in outcome.err
    assert run("lock").code == 0
    (locked / "data/out.jsonl").unlink()
    outcome = run("lock", "--check")
    assert (outcome.code, "missing" in outcome.out) == (1, True)
    assert "`vault export --locked data/out.jsonl`" in outcome.err
    outcome = run("lock", "--check", "--present")
    assert (outcome.code, outcome.out) == (0, "1 file: 1 absent and left out\n")


def test_a_stale_file_is_told_and_no_fault(committed: Path, run: Run) -> None:
    run("export", "-o", "out.jsonl", "--where", "turns > 0", "--with", "id")
    write_lines(committed / "more.jsonl", [chat("More?", "Yes.")])
    run("import", "more.jsonl")
    run("commit", "-m", "two")
    outcome = run("lock", "--check")
    assert (outcome.code, outcome.out.startswith("stale")) == (0, True)
    again = "`vault export main -o out.jsonl --where 'turns > 0' --with id`"
    assert f"{again} writes what the branch holds now" in outcome.err


def test_a_locked_file_is_written_again(locked: Path, run: Run) -> None:
    before = (locked / "data/out.jsonl").read_bytes()
    shutil.rmtree(locked / "data")
    outcome = run("export", "--locked", "data/out.jsonl")
    assert outcome.code == 0
    assert outcome.out.startswith(f"wrote {len(RECORDS)} examples to data/out.jsonl\n  sha256 ")
    assert (locked / "data/out.jsonl").read_bytes() == before
    assert run("export", "--locked").out == "1 file is there as vault.lock has it\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("export --locked -o x.jsonl", "options-exclude"),
        ("export --locked --sample 3", "options-exclude"),
        ("export v1 v2 -o x.jsonl", "too-many-words"),
        ("diff --from-lock vault.lock", "locks-missing"),
        ("diff --from-lock a b --stat", "options-exclude"),
        ("note v1 model", "pair-invalid"),
        ("which " + "a" * 64 + " --line 3", "line-needs-file"),
    ],
)
def test_what_means_nothing_is_refused(locked: Path, run: Run, line: str, code: str) -> None:
    outcome = run(*line.split())
    assert outcome.code == 2
    assert f"code:  {code}\n" in outcome.err


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("export --locked none.jsonl", "file-not-locked"),
        ("lock none.jsonl", "file-not-locked"),
        ("which none.jsonl", "file-not-found"),
        ("diff --from-lock none.lock vault.lock", "file-not-found"),
        ("note none model=x", "revision-not-found"),
    ],
)
def test_what_is_not_there_is_told(locked: Path, run: Run, line: str, code: str) -> None:
    outcome = run(*line.split())
    assert outcome.code == 3
    assert f"code:  {code}\n" in outcome.err


def test_a_file_leads_to_its_version_and_command(locked: Path, run: Run) -> None:
    shutil.move(locked / "data/out.jsonl", locked / "x.jsonl")
    lines = run("which", "x.jsonl").out.splitlines()
    assert lines[0].startswith("data/out.jsonl of v1 (")
    assert lines[1] == "  vault export v1 -o data/out.jsonl --shuffle --seed 3"
    line = run("which", "x.jsonl", "--line", "2").out.splitlines()
    assert line[0].startswith("line 2 is example ")
    (locked / "x.jsonl").write_text((locked / "x.jsonl").read_text().splitlines()[0])
    assert run("which", "x.jsonl").out.endswith(
        "holds 1 of 1 record; vault.lock lists no such file\n"
    )


def test_a_file_that_show_is_asked_about_leads_to_which(locked: Path, run: Run) -> None:
    digest = json.loads((locked / "vault.lock").read_text())["files"]["data/out.jsonl"]["sha256"]
    for word in ("data/out.jsonl", "./data/out.jsonl", digest, digest.upper()):
        outcome = run("show", word)
        assert outcome.code == 0, outcome.err
        assert outcome.out == run("which", word).out


def test_a_clone_without_a_repository_is_checked(locked: Path, run: Run) -> None:
    shutil.rmtree(locked / ".vault")
    assert run("lock", "--check", "--present").code == 0
    (locked / "data/out.jsonl").write_text("mine\n")
    assert run("lock", "--check", "--present").code == 1
    (locked / "vault.lock").unlink()
    assert run("lock", "--check").code == 3


def test_notes_are_shown_with_the_commit(locked: Path, run: Run) -> None:
    commit = json.loads(run("log", "--json").out)["commits"][0]["commit"]
    outcome = run("note", "v1", "model=small-3", "accuracy=0.91")
    assert [line.split("  ")[0] for line in outcome.out.splitlines()] == [
        "accuracy=0.91",
        "model=small-3",
    ]
    assert "note:   model=small-3" in run("log").out
    assert "note:   model=small-3" in run("show", "v1").out
    logged = json.loads(run("log", "--json").out)["commits"][0]
    assert (logged["commit"], logged["notes"]["accuracy"]) == (commit, "0.91")
    assert "model" not in run("note", "v1", "--remove", "model").out
    run("note", "v1", "--remove", "accuracy")
    assert run("note", "v1").out == f"nothing is noted of {commit[:12]}\n"


def test_locks_are_compared_file_by_file(locked: Path, run: Run) -> None:
    shutil.copy(locked / "vault.lock", locked / "old.lock")
    write_lines(locked / "more.jsonl", [chat("More?", "Yes.")])
    run("import", "more.jsonl")
    run("commit", "-m", "two")
    run("export", "-o", "data/out.jsonl")
    outcome = run("diff", "--from-lock", "old.lock", "vault.lock")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("~ data/out.jsonl  v1 (")
    assert lines[1:] == [
        "    1 example more, 0 less",
        "    what was asked for differs: seed, shuffle",
        "1 file changed, 0 the same",
    ]
    assert "`vault diff v1 " in outcome.err
    assert run("diff", "--from-lock", "old.lock", "vault.lock", "--exit-code").code == 1
    assert run("diff", "--from-lock", "old.lock", "old.lock", "--exit-code").code == 0
