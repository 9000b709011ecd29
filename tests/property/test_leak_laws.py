"""Laws of a check for leaks: it finds what comparing every pair finds, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.drafting import ids, label
from tests.support.library import Library
from tests.support.naive_leaks import Told, leaks_between
from vault.operations.splitting.leak_report import LeakReport

SIDES = ("train", "validation", "test")
EXACT = "[dedupe]\nthreshold = 1.0\ncount_shared = true\n"


def made_of_pieces(seed: int, count: int, instructions: int) -> list[Told]:
    """Return examples whose questions and answers are put together from the same few pieces."""
    draw = random.Random(seed)
    words = [f"w{number}" for number in range(400)]
    pieces = [" ".join(draw.choices(words, k=draw.randint(1, 12))) for _ in range(25)]
    tasks = [" ".join(draw.choices(words, k=draw.randint(6, 16))) for _ in range(instructions)]
    told: dict[tuple[str, ...], Told] = {}
    while len(told) < count:
        asked = draw.choices(pieces, k=draw.randint(1, 3))
        if tasks and draw.random() < 0.7:
            own = " ".join(draw.choices(words, k=draw.randint(0, 10)))
            asked = [f"{draw.choice(tasks)}: {own}", *asked[: draw.randint(0, 1)]]
        answer = " ".join([*draw.choices(pieces, k=draw.randint(0, 2)), draw.choice(words)])
        turns = [" ".join(asked)] if draw.random() < 0.8 else [*asked[:1], "Yes.", *asked[1:], "Go"]
        each = Told(draw.choices(SIDES, (6, 1, 2))[0], (*turns, answer))
        told[each.messages] = each
    return list(told.values())


def checked(folder: Path, told: list[Told], settings: str = "") -> tuple[LeakReport, Library]:
    """Return the leaks of a repository with these examples."""
    library = Library(folder)
    (folder / "vault.toml").write_text(settings)
    roles = ("user", "assistant")
    records = []
    for each in told:
        said = [*each.messages]
        spoken = [{"role": roles[at % 2], "content": text} for at, text in enumerate(said[:-1])]
        records.append({"messages": [*spoken, {"role": "assistant", "content": said[-1]}]})
    library.write("all.jsonl", records)
    assert library.run("all.jsonl").imported == len(told)
    label(library.repository, {at: {"split": each.side} for at, each in enumerate(told)})
    return library.repository.split_leaks(limit=10_000), library


def assert_agrees(report: LeakReport, library: Library, told: list[Told], threshold: float) -> None:
    """Fail unless the leaks are those of the naive check, each as strong as it can be."""
    known = ids(library.repository)
    sides = list(report.checked.sides)
    for at, first in enumerate(sides):
        for second in sides[at + 1 :]:
            wanted = leaks_between(told, first, second, searched=sides[:-1], threshold=threshold)
            found = {
                known.index(item.b): (str(leak.kind), item)
                for leak in report.leaks
                if (leak.a, leak.b) == (first, second)
                for item in leak.items
            }
            assert {row: kind for row, (kind, _) in found.items()} == {
                row: each.kind for row, each in wanted.items()
            }
            for row, (kind, item) in found.items():
                assert told[known.index(item.a)].side == first
                if kind == "contamination":
                    assert item.coverage == pytest.approx(wanted[row].most, abs=1e-4)
                if kind == "near-duplicate":
                    assert threshold <= (item.similarity or 0) <= wanted[row].most + 1e-4


@pytest.mark.parametrize("seed", range(6))
def test_every_leak_is_found_and_none_is_made_up(tmp_path: Path, seed: int) -> None:
    told = made_of_pieces(seed, 120, instructions=seed % 3)
    report, library = checked(tmp_path, told, EXACT)
    assert_agrees(report, library, told, 1.0)
    assert sum(leak.examples for leak in report.leaks) > 0


@pytest.mark.parametrize("seed", range(6))
def test_near_duplicates_are_those_of_all_pairs(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    words = [f"w{number}" for number in range(60)]
    told: dict[tuple[str, ...], Told] = {}
    for _ in range(9):
        text = draw.choices(words, k=40)
        for _ in range(2):
            edited = [*text]
            for _ in range(draw.randint(0, 2)):
                edited[draw.randrange(40)] = draw.choice(words)
            messages = (f"Ask {' '.join(edited)}", draw.choice(words))
            told[messages] = Told(draw.choice(("train", "test")), messages)
    examples = list(told.values())
    report, library = checked(tmp_path, examples)
    assert_agrees(report, library, examples, 0.8)
