"""How long `split` takes: `pytest -m benchmark tests/benchmarks/test_split.py --sizes 300000`."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat

pytestmark = pytest.mark.benchmark

WORDS = [f"word{number}" for number in range(8_000)]


def records(count: int, seed: int) -> list[Any]:
    """Return chats of about 0.8 kB with a topic, one in ten with a question of another."""
    rng = random.Random(seed)
    questions = [" ".join(rng.choices(WORDS, k=30)) for _ in range(count - count // 10)]
    questions += rng.choices(questions, k=count // 10)
    return [chat(q, " ".join(rng.choices(WORDS, k=70)), topic=q[-1:]) for q in questions]


def test_a_round_after_a_dedupe(tmp_path: Path, size: int) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", records(size, 1))
    library.write("b.jsonl", records(size // 30 + 20, 2))
    shares: dict[str, float | str] = {"train": 0.9, "test": 0.1}
    for name, sides in (("a.jsonl", shares), ("b.jsonl", None)):
        library.run(name)
        library.repository.dedupe(yes=True)
        for stratify in (None, "data.topic"):
            start = time.perf_counter()
            report = library.repository.split(sides, stratify=stratify, dry_run=True)
            took = time.perf_counter() - start
            new = sum(report.new.values())
            print(f"\n{report.examples:,}: {new:,} new, by {stratify} {took:.2f} s", end="")
        library.repository.split(sides)
