"""Many processes at once: everything that any of them was told is done can be found afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.source import ROOT
from tests.support.races import Timeless
from tests.support.repositories import NOW, context_of, opened
from vault.dataset.reading.dataset import open_dataset
from vault.dataset.reading.records import record_texts
from vault.objects.digest import Digest
from vault.operations.upkeep.fsck import fsck
from vault.repository import Repository
from vault.session.context import draft_of
from vault.session.revisions import ancestors
from vault.store.local import LocalBackend

PROCESSES = 8

PROGRAM = """
import json, sys
from pathlib import Path
from tests.support.races import BlindBackend
from tests.support.repositories import chat, opened, write_lines
from vault.errors import AnswerIsNo
from vault.store.local import LocalBackend
kind, folder, number, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
backend = {"local": LocalBackend, "blind": BlindBackend}[kind](folder / ".vault")
repository = opened(backend, folder)
print("ready", flush=True)
sys.stdin.readline()
for turn in range(rounds):
    keys = [number * 1_000_000 + turn * 100 + each for each in range(3)]
    path = write_lines(folder / f"{number}-{turn}.jsonl", [chat(key) for key in keys])
    repository.import_files([path], workers=1)
    print(json.dumps({"imported": keys}), flush=True)
    try:
        print(json.dumps({"commit": repository.commit(f"{number}-{turn}").commit}), flush=True)
    except AnswerIsNo:
        pass  # another process committed what was staged
"""


LATER = "2027-01-02T03:04:05Z"
"""A year after everything that the processes do."""


def work(
    folder: Path, rounds: int, kind: str, meanwhile: Callable[[], None]
) -> tuple[list[int], list[Digest]]:
    """Let processes import and commit; return the keys and the commits that they were told of."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, kind, str(folder), str(number), str(rounds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    while any(process.poll() is None for process in processes):
        meanwhile()
    keys: list[int] = []
    commits: list[Digest] = []
    for process in processes:
        output, errors = process.communicate()
        assert process.returncode == 0 or kind == "blind", errors
        for line in output.splitlines():
            told = json.loads(line)
            keys += told.get("imported", [])
            commits += [told["commit"]] if "commit" in told else []
    return keys, commits


def lost(folder: Path, keys: list[int], commits: list[Digest]) -> list[str]:
    """Return what was told as done and cannot be found."""
    backend = LocalBackend(folder / ".vault")
    context = context_of(backend)
    view = context.log.tip().view
    draft = draft_of(context, view)
    assert draft.head is not None
    dataset = open_dataset(context.store, draft.manifest)
    held = Counter(json.loads(each)["key"] for each in record_texts(dataset, dataset.keys()))
    history = set(ancestors(context, draft.head))
    missing = [f"example {key}: {held[key]} times" for key in keys if held[key] != 1]
    missing += [f"commit {commit}" for commit in commits if commit not in history]
    return missing + [str(each) for each in fsck(context).problems]


def busy(folder: Path, rounds: int) -> None:
    """Run writers, readers, fsck and garbage collection at once; find all that was acknowledged."""
    Repository.init(folder, author="ada", now=NOW)

    def meanwhile() -> None:
        collector = Repository(Timeless(folder / ".vault"), clock=lambda: LATER)
        collector.gc(undo_days=0)
        reader = opened(LocalBackend(folder / ".vault"))
        before = reader.status()
        newest = reader.log().commits
        assert reader.fsck().problems == ()
        context = context_of(LocalBackend(folder / ".vault"))
        if newest:
            assert newest[0].commit in set(
                ancestors(context, context.log.tip().view.branches["main"])  # type: ignore[index]
            )
        assert reader.status().examples >= before.examples

    keys, commits = work(folder, rounds, "local", meanwhile)
    assert len(keys) == PROCESSES * rounds * 3
    assert commits
    assert lost(folder, keys, commits) == []


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    busy(tmp_path, 5)


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_in_a_long_run(tmp_path: Path) -> None:
    busy(tmp_path, 25)


def test_a_backend_that_overwrites_blindly_is_noticed(tmp_path: Path) -> None:
    Repository.init(tmp_path, author="ada", now=NOW)
    keys, commits = work(tmp_path, 3, "blind", lambda: None)
    try:
        assert lost(tmp_path, keys, commits)
    except Exception:
        return  # so much was lost that it cannot even be read
