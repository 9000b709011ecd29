"""What labels cost: `pytest -m benchmark tests/benchmarks/test_labels.py --sizes 1000000 -s`.

One label on each of `size` chats of 0.7 kB. Commands are measured whole, in processes of their own,
with their peak memory; a change of labels in a process that has the repository open. Figures and
what they may be at a million are printed; nothing is asserted about time.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.contract.source import ROOT
from tests.support.library import NOW, Library
from vault.dataset.changing.stage import change_stage
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.reading.dataset import Dataset
from vault.objects.manifest import Manifest
from vault.session.context import Draft

pytestmark = pytest.mark.benchmark

MEASURED = """
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run([sys.executable, "-m", "vault", *sys.argv[1:]], stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(code.returncode, seconds, peak)
"""


def records(size: int) -> Iterator[str]:
    """Yield lines of chats of 0.7 kB, each another one."""
    source = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(source.choices(letters, k=source.randint(3, 9))) for _ in range(5_000)]
    for number in range(size):
        question = f"Question {number}: {' '.join(source.choices(words, k=30))}?"
        messages = [
            {"role": "user", "content": question},
            {"role": "assistant", "content": " ".join(source.choices(words, k=60))},
        ]
        yield json.dumps({"messages": messages, "topic": number % 50}) + "\n"


def relabel(library: Library, values: tuple[str, ...], count: int | None = None) -> None:
    """Give a label to the first examples of the stage, or to all, the values in turn."""

    def change(_: Draft, dataset: Dataset) -> tuple[Manifest, None]:
        keys = dataset.keys()[:count]
        place = np.arange(len(keys)) % len(values)
        label = LabelChange("quality", keys, values, place, "ada", NOW)
        return with_label_changes(dataset, [label]), None

    change_stage(library.repository._context(), change)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory, size: int) -> Library:
    """A repository with one label on each of `size` examples, committed."""
    library = Library(tmp_path_factory.mktemp(f"labelled-{size}"))
    with open(library.folder / "a.jsonl", "w", encoding="utf-8") as file:
        file.writelines(records(size))
    library.run("a.jsonl")
    relabel(library, ("good", "bad", "unsure"))
    library.repository.commit("labelled")
    return library


def command(library: Library, *words: str) -> tuple[float, float]:
    """Run one command as its own process; return its seconds and its peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *words],
        cwd=library.folder,
        env={**os.environ, "VAULT_AUTHOR": "ada", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, seconds, peak = done.stdout.split()
    assert code == "0", done.stderr
    return float(seconds), int(peak) / 1024


def seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def test_whole_commands(labelled: Library, size: int) -> None:
    fresh = {
        "messages": [{"role": "user", "content": "new"}, {"role": "assistant", "content": "x"}]
    }
    labelled.write("one.jsonl", [fresh])
    for words in (
        ("import", "one.jsonl"),
        ("status",),
        ("diff",),
        ("commit", "-m", "one more"),
        ("query", "--where", "labels.quality = 'bad'", "--limit", "3"),
        ("head",),
        ("export", "-o", "out.jsonl", "--with", "labels", "--force"),
    ):
        took, peak = command(labelled, *words)
        print(f"\n{size:,} labelled: {words[0]} {took:.2f} s, {peak:.0f} MB", end="")


def test_changes_of_labels(labelled: Library, size: int) -> None:
    for number in range(3):
        took = seconds(lambda: relabel(labelled, (f"v{number}",), 1))  # noqa: B023
        print(f"\n{size:,} labelled: one label {took:.3f} s", end="")
    print(f"\n  status {seconds(labelled.repository.status):.2f} s", end="")
    print(f"\n  all labels {seconds(lambda: relabel(labelled, ('x', 'y'))):.2f} s", end="")
    print(f"\n  status {seconds(labelled.repository.status):.2f} s", end="")
    print(f"\n  commit {seconds(lambda: labelled.repository.commit('all')):.2f} s")
