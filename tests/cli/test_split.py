"""`vault split`: what it prints, refuses and hints at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines

Run = Callable[..., Outcome]


@pytest.fixture
def filled(run: Run, project: Path) -> Path:
    """Two hundred examples that have nothing in common, staged."""
    write_lines(project / "a.jsonl", [chat(f"question {n * 7919}?", f"{n}.") for n in range(200)])
    run("import", "a.jsonl")
    return project


def test_the_sides_are_a_table(run: Run, filled: Path) -> None:
    outcome = run("split", "train=0.9", "validation=0.1", "--seed", "7")
    assert outcome.code == 0
    head, train, validation, *rest = outcome.out.splitlines()
    assert head.split() == ["side", "examples", "share", "wanted", "new"]
    assert train.split()[0] == "train" and validation.split()[0] == "validation"
    assert train.split()[-3:-1] == ["90.0", "%"]
    assert rest == ["staged: 200 added; the next commit would have 200 examples"]
    assert "`vault commit" in outcome.err and "`vault undo` takes it back" in outcome.err
    assert "`vault split --check` looks for leaks" in outcome.err
    assert "`vault export -o data` then writes a file for each side" in outcome.err


def test_nothing_new_is_told_without_hints(run: Run, filled: Path) -> None:
    run("split", "train=0.9", "validation=0.1")
    outcome = run("split")
    assert [line.split()[-1] for line in outcome.out.splitlines()[1:3]] == ["0", "0"]
    assert outcome.err == ""


def test_another_rule_says_that_what_has_a_side_stays(run: Run, filled: Path) -> None:
    run("split", "train=0.9", "validation=0.1")
    outcome = run("split", "train=0.8", "test=0.2")
    assert "the rule differs from the one before: what had a side stays there\n" in outcome.out
    assert outcome.out.endswith("staged: the rule of the split\n")
    assert "records the rule" in outcome.err
    assert "validation" in outcome.out


def test_what_connects_two_sides_is_shown_with_both(run: Run, filled: Path) -> None:
    for side in ("train", "test"):
        write_lines(filled / "b.jsonl", [chat(f"Which is {side}?", "This.", topic=side)])
        run("import", "b.jsonl")
        run("split", f"{side}=1", "--group-by", "topic")
    write_lines(filled / "c.jsonl", [chat("Which is train?", "That.", topic="test")])
    run("import", "c.jsonl")
    outcome = run("split")
    assert "no side" in outcome.out
    assert "1 example has no side:\n" in outcome.out
    assert " belongs with " in outcome.out and " (test) and " in outcome.out
    assert "`vault rm " in outcome.err and "unassigned.jsonl" in outcome.err
    told = json.loads(run("split", "--json").out)["connecting"]
    assert len(told) == 1 and len(told[0]["id"]) == 32


def test_a_large_group_is_told(run: Run, filled: Path) -> None:
    write_lines(filled / "b.jsonl", [chat("the same question", f"{n}") for n in range(50)])
    run("import", "b.jsonl")
    outcome = run("split", "train=0.9", "test=0.1")
    assert "1 group of examples with the same prompt or nearly the same text\n" in outcome.out
    assert "a group of 50 (20.0 %) is on train: " in outcome.out


def test_what_may_be_held_out_is_counted(run: Run, filled: Path) -> None:
    outcome = run("split", "train=0.5", "test=0.5", "--hold-out", "response = '7.'")
    assert "1 example may be held out; the other 199 belong on train\n" in outcome.out


def test_a_dry_run_changes_nothing(run: Run, filled: Path) -> None:
    outcome = run("split", "train=0.9", "test=0.1", "--dry-run")
    assert "would be staged: 200 added" in outcome.out
    assert "without --dry-run does it" in outcome.err
    assert run("split").code == 2


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        ((), "split-rule-missing", "`vault split train=0.9 validation=0.1`"),
        (("train=0.9", "test=0.2"), "shares-invalid", "train=0.8 test=0.2"),
        (("train=x",), "shares-invalid", "write train=0.9"),
        (("train",), "pair-invalid", "write vault split train=0.9"),
        (("train=0.5", "train=0.5"), "pair-twice", "once"),
        (("Train=1",), "side-invalid", "train"),
        (("train=1", "--stratify", "data.topic"), "field-unknown", ""),
        (("train=1", "--hold-out", "turns >"), "expression-invalid", ""),
    ],
)
def test_refusals_name_what_can_be_typed(
    run: Run, filled: Path, words: tuple[str, ...], code: str, hint: str
) -> None:
    outcome = run("split", *words)
    assert outcome.code == 2
    assert f"code:  {code}\n" in outcome.err
    assert hint in outcome.err


def test_sides_are_exported_once_they_are_committed(run: Run, filled: Path) -> None:
    run("split", "train=0.9", "test=0.1")
    run("commit", "-m", "split")
    run("export", "-o", "out")
    assert sorted(path.name for path in (filled / "out").iterdir()) == ["test.jsonl", "train.jsonl"]


def test_clean_says_which_sides_new_examples_got(run: Run, filled: Path) -> None:
    run("split", "train=0.9", "test=0.1")
    write_lines(filled / "b.jsonl", [chat(f"another {n * 7919}?", f"{n}.") for n in range(40)])
    run("import", "b.jsonl")
    outcome = run("clean")
    (line,) = [each for each in outcome.out.splitlines() if each.startswith("split")]
    assert line.split()[1:4] == ["240", "240", "0"]
    assert " to train" in line
    assert "`vault undo` takes all of it back" in outcome.err


def test_what_may_not_be_held_out_is_shown_with_what_it_belongs_with(
    run: Run, project: Path
) -> None:
    write_lines(project / "a.jsonl", [chat("Which side?", "This.")])
    run("import", "a.jsonl")
    run("split", "test=1")
    write_lines(project / "b.jsonl", [chat("Which side?", "That.")])
    run("import", "b.jsonl")
    outcome = run("split", "train=0.5", "test=0.5", "--hold-out", "source = 'a.jsonl'")
    assert " (test), and may not be held out\n" in outcome.out
