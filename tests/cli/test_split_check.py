"""`split --check`: what it prints, its exit codes, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import RECORDS, Outcome, chat, write_lines
from tests.support.drafting import label
from vault.repository import Repository

Run = Callable[..., Outcome]

QUESTION = (
    "How do I reset the router in the cellar when the red light at the back goes on blinking?"
)


@pytest.fixture
def sides(project: Path, run: Run) -> Path:
    """A repository with a side for training, one for tests, and an example on neither."""
    records = [
        *RECORDS,
        chat(QUESTION, "Pull the plug."),
        chat("Help me.", f"You asked: {QUESTION}"),
    ]
    write_lines(project / "data.jsonl", [*records, chat(QUESTION, "Wait an hour.")])
    assert run("import", "data.jsonl").code == 0
    names = ("train", "train", "", "train", "train", "test")
    label(Repository.open(project), {at: {"split": name} for at, name in enumerate(names) if name})
    return project


def test_leaks_are_shown_and_exit_1(sides: Path, run: Run) -> None:
    outcome = run("split", "--check")
    assert outcome.code == 1
    head, item, excerpt, blank, *counts = outcome.out.splitlines()
    assert head == "prompt: 1 example of test has the prompt of one in train, with another answer"
    assert item.split()[1:3] == ["asked", "by"]
    assert excerpt.strip().startswith("How do I reset the router")
    assert blank == ""
    assert counts == [
        "leaks between train (4) and test (1)",
        "searched for 1 question; near-duplicates are at least 80 % alike",
        "1 example on no side: not checked",
    ]
    assert "vault show" in outcome.err
    assert run("split", "--check", "-q").out == ""


def test_an_evaluation_file_is_checked_besides(sides: Path, run: Run) -> None:
    write_lines(sides / "eval.jsonl", [{"question": RECORDS[1]["messages"][0]["content"]}, "{"])  # type: ignore[index]
    outcome = run("split", "--check", "--against", "eval.jsonl")
    assert outcome.code == 1
    assert "leaks between train (4) and test (1)" in outcome.out
    assert "leaks between train (4) and eval.jsonl (1)" in outcome.out
    assert "1 line of eval.jsonl could not be read" in outcome.err


def test_json_has_every_key(sides: Path, run: Run) -> None:
    write_lines(sides / "eval.jsonl", [{"question": "Nothing that anybody else has ever asked?"}])
    outcome = run("split", "--check", "--against", "eval.jsonl", "--json")
    document: dict[str, Any] = json.loads(outcome.out)
    assert outcome.code == 1
    assert list(document) == ["leaks", "checked"]
    (leak,) = document["leaks"]
    assert list(leak) == ["kind", "a", "b", "examples", "items"]
    assert (leak["kind"], leak["a"], leak["b"], leak["examples"]) == ("prompt", "train", "test", 1)
    assert list(leak["items"][0]) == ["a", "b", "similarity", "coverage", "long_run", "excerpt"]
    checked = document["checked"]
    assert checked["sides"] == {"train": 4, "test": 1}
    assert checked["against"] == [{"name": "eval.jsonl", "examples": 1, "unread": 0}]
    assert (checked["questions"], checked["not_compared"]["unassigned"]) == (2, 1)


def test_clean_sides_exit_0(project: Path, run: Run) -> None:
    run("import", "data.jsonl")
    label(Repository.open(project), {0: {"split": "train"}, 1: {"split": "test"}})
    outcome = run("split", "--check")
    assert outcome.code == 0
    assert outcome.out.startswith("no leaks between train (1) and test (1)\n")


def test_nothing_to_check_exits_2(project: Path, run: Run) -> None:
    run("import", "data.jsonl")
    outcome = run("split", "--check", "--json")
    assert outcome.code == 2
    error = json.loads(outcome.out)["error"]
    assert error["code"] == "nothing-split"
    assert error["message"] == "STAGE is not split, so there are no sides to compare"
    assert run("split", "--check", "--against", "nowhere.jsonl").code == 3
    assert run("split", "--check", "nowhere").code == 3
