"""vault 0.1 itself, run against repositories that this version wrote or upgraded.

Its code is taken from the history of the project, which a clone without history lacks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.support.frozen import frozen_copy
from tests.support.library import chat
from vault.repository import Repository
from vault.session.repository_format import format_text
from vault.store.local import LocalBackend
from vault.store.operation_log import OperationLog

OLDER = "36f4f9d"
"""The last commit whose vault writes format 1."""

ROOT = Path(__file__).resolve().parents[2]
ADA = "Ada Lovelace <ada@example.org>"

WAITING = """
import sys
import vault
from vault.errors import VaultError

repository = vault.open(sys.argv[1], author="Ada Lovelace <ada@example.org>")
print("open", flush=True)
sys.stdin.readline()
try:
    getattr(repository, sys.argv[2])(*sys.argv[3:])
    print("done")
except VaultError as error:
    print(error.code)
"""
"""A program that opens a repository, waits for a line, and then acts."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of vault 0.1's code."""
    made = subprocess.run(
        ["git", "-C", str(ROOT), "archive", OLDER, "vault"], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("there is no history here to take vault 0.1 from")
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(fileobj=BytesIO(made.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def run(code: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line of some version in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "vault", *words],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        check=False,
    )


def waiting(older: Path, home: Path, *act: str) -> subprocess.Popen[str]:
    """Start 0.1 on a repository and return once it has opened it."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(home), *act],
        cwd=home,  # where `-c` looks for modules first
        env={**os.environ, "PYTHONPATH": str(older)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def outcome(process: subprocess.Popen[str]) -> str:
    """Let a waiting program act, and return what it says."""
    return process.communicate("\n")[0].strip()


def everything(home: Path) -> dict[str, bytes]:
    """Return what a repository holds, but for its catalogue and files on their way."""
    folder = home / ".vault"
    return {
        name: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
        and not (name := path.relative_to(folder).as_posix()).startswith(("catalogue", "tmp"))
    }


def opened(home: Path) -> Repository:
    """Open a repository as this version does."""
    return Repository.open(home, author=ADA, clock=lambda: "2027-01-01T00:00:00Z")


def filled_by(code: Path, home: Path) -> None:
    """Let some version make a repository with a commit, labels apart, and a stage."""
    home.mkdir()
    records: list[Any] = [chat(f"How many is {n}?") for n in range(40)]
    records += [{"question": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(40)]
    text = "".join(json.dumps(each) + "\n" for each in records)
    (home / "a.jsonl").write_text(text)
    (home / "b.jsonl").write_text(text.replace("many", "much", 9))
    for words in (
        ["init"],
        ["import", "a.jsonl"],
        ["commit", "-m", "first"],
        ["tag", "v1"],
        ["import", "b.jsonl", "--replace-all"],
        ["rm", "--where", "turns > 1 AND chars > 18"],
    ):
        ran = run(code, home, *words)
        assert ran.returncode == 0, ran.stderr


def test_0_1_refuses_what_was_upgraded_and_changes_nothing(older: Path, tmp_path: Path) -> None:
    home = frozen_copy("format-1", tmp_path / "home")
    assert run(older, home, "status").returncode == 0
    opened(home).tag("v9")
    before = everything(home)
    for words in (["status"], ["tag", "v10"], ["gc"], ["log"]):
        ran = run(older, home, *words)
        assert (ran.returncode, "format-too-new" in ran.stderr) == (2, True), ran.stderr
    assert everything(home) == before


@pytest.mark.parametrize("act", [("tag", "v10"), ("discard",), ("undo",), ("gc",)])
def test_0_1_that_was_open_during_the_upgrade_stops(
    act: tuple[str, ...], older: Path, tmp_path: Path
) -> None:
    home = frozen_copy("format-1", tmp_path / "home")
    process = waiting(older, home, *act)
    opened(home).tag("v9")
    before = everything(home)
    assert outcome(process) == "operation-damaged"
    assert everything(home) == before


def test_0_1_may_come_first_while_an_upgrade_is_under_way(older: Path, tmp_path: Path) -> None:
    home = frozen_copy("format-1", tmp_path / "home")
    process = waiting(older, home, "tag", "v10")
    oldest = OperationLog(LocalBackend(home / ".vault")).entry(1)
    (home / ".vault/format").write_bytes(format_text(oldest.digest[:32]))
    assert outcome(process) == "done"
    repository = opened(home)
    assert "v10" in {each.name for each in repository.tags().tags}
    repository.tag("v11")
    assert repository.fsck().ok


def test_what_0_1_wrote_is_what_this_version_would_have_written(
    older: Path, tmp_path: Path
) -> None:
    filled_by(older, tmp_path / "older")
    filled_by(ROOT, tmp_path / "newer")
    answers = {}
    for name in ("older", "newer"):
        home = tmp_path / name
        repository = opened(home)
        assert repository.fsck().ok
        report = repository.diff("v1", "STAGE")
        repository.export("STAGE", output=str(home / "out.jsonl"))
        answers[name] = [
            (report.added, report.removed, report.changed),
            [(each.change, each.id, each.what) for each in report.items],
            repository.dedupe(dry_run=True, yes=True).items,
            repository.validate().findings,
            [each.kind for each in repository.snapshot("STAGE")],
            (home / "out.jsonl").read_bytes(),
        ]
        repository.commit("second")
        assert repository.fsck().ok
    assert answers["older"] == answers["newer"]


def test_what_0_1_answers_is_the_same_before_and_after(older: Path, tmp_path: Path) -> None:
    """Ids of commits, tags and exports outlive the upgrade."""
    filled_by(older, tmp_path / "home")
    home = tmp_path / "home"
    said = json.loads(run(older, home, "log", "--json").stdout)["commits"]
    run(older, home, "export", "v1", "-o", "before.jsonl")
    repository = opened(home)
    repository.tag("v9", "v1")
    assert [each["commit"] for each in said] == [each.commit for each in repository.log().commits]
    repository.export("v1", output=str(home / "after.jsonl"))
    assert (home / "before.jsonl").read_bytes() == (home / "after.jsonl").read_bytes()
