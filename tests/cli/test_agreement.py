"""`vault agreement`, as people read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines
from tests.support.labelling import label_in_order
from vault.repository import Repository

Run = Callable[..., Outcome]


@pytest.fixture
def labelled(project: Path, run: Run) -> Path:
    """Forty examples, labelled by two people, and by a judge that is wrong of every fifth."""
    write_lines(
        project / "many.jsonl", [chat(f"q{n}?", "Yes.", topic=f"t{n % 2}") for n in range(40)]
    )
    assert run("import", "many.jsonl").code == 0
    truth = [n % 2 == 0 for n in range(40)]
    label_in_order(
        Repository.open(project, author="ada"),
        {
            "quality.anna": ["good" if each else "bad" for each in truth],
            "quality.ben": ["good" if each or n == 7 else "bad" for n, each in enumerate(truth)],
            "checked": truth[:30],
            "judge.help.score": [float(right != (n % 5 == 0)) for n, right in enumerate(truth)],
        },
    )
    return project


def test_two_raters_are_a_table_and_a_conclusion(labelled: Path, run: Run) -> None:
    outcome = run("agreement", "quality")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[:4] == [
        "rater         examples",
        "quality.anna        40",
        "quality.ben         40",
        "40 examples with two ratings or more",
    ]
    assert lines[6].startswith("equal ratings         0.97  0.93 to 1.00")
    assert lines[7].startswith("Cohen's kappa         0.95  ")
    at = lines.index("rows quality.anna, columns quality.ben")
    assert lines[at + 1 : at + 4] == ["      bad  good", "bad    19     1", "good    0    20"]
    few = "kappa of 40 examples decides nothing: compare 100 or more before you filter by it"
    assert lines[-1] == few


@pytest.mark.parametrize(
    ("differ", "said"),
    [
        (2, "kappa 0.967: enough to filter by, and to drop examples unseen"),
        (9, "kappa 0.850: enough to filter by, and to drop examples unseen; the interval reaches"),
        (24, "kappa 0.600: enough to filter by (0.6), not to drop examples unseen (0.8); the int"),
        (40, "kappa 0.333: not enough to filter by: that needs 0.6"),
    ],
)
def test_of_many_examples_kappa_says_what_it_is_enough_for(
    project: Path, run: Run, differ: int, said: str
) -> None:
    truth = ["good", "bad"] * 60
    other = [truth[(n + 1) % 120] if n < differ else each for n, each in enumerate(truth)]
    write_lines(project / "many.jsonl", [chat(f"q{n}?", "Yes.") for n in range(120)])
    run("import", "many.jsonl")
    labels = {"quality.anna": truth, "quality.ben": other}
    label_in_order(Repository.open(project, author="ada"), labels)
    assert run("agreement", "quality").out.splitlines()[-1].startswith(said)


def test_a_judge_is_corrected_and_told_not_calibrated(labelled: Path, run: Run) -> None:
    outcome = run("agreement", "checked", "judge.help.score", "--cut", "0.5")
    assert outcome.code == 0, outcome.err
    said = outcome.out
    assert "of yes in checked, judge.help.score says yes to 80.0 % (sensitivity)" in said
    assert "40 examples judged: 50.0 % yes" in said
    assert "corrected for its errors: 50.0 % yes, 95 % interval" in said
    assert "not calibrated: 30 examples with both labels, at least 100 are needed" in said
    assert "kappa of 30 examples decides nothing" in said


def test_values_of_a_field_are_lines(labelled: Path, run: Run) -> None:
    outcome = run("agreement", "quality", "--by", "data.topic", "--unordered")
    table = outcome.out.partition("value  examples")[2].splitlines()
    assert [line.split()[0] for line in table[1:3]] == ["t0", "t1"]
    where = run("agreement", "quality", "--where", "data.topic = 't1'", "--json")
    assert json.loads(where.out)["examples"] == 20


def test_more_raters_are_compared_in_pairs(labelled: Path, run: Run) -> None:
    label_in_order(
        Repository.open(labelled, author="ada"), {"quality.cleo": ["good", "bad", "bad"] * 10}
    )
    said = run("agreement", "quality").out
    assert "Light's kappa" in said and "mean of all pairs" in said
    assert "pairs of ratings of one example" in said
    assert "quality.anna  quality.cleo        30" in said


def test_positive_takes_several_values(labelled: Path, run: Run) -> None:
    outcome = run("agreement", "quality.anna", "checked", "--positive", "good, fine", "--json")
    assert json.loads(outcome.out)["agreement"] == 1


def test_what_is_missing_is_a_dash_and_a_sentence(labelled: Path, run: Run) -> None:
    label_in_order(Repository.open(labelled, author="ada"), {"tone.anna": ["calm"] * 9})
    outcome = run("agreement", "tone")
    assert outcome.code == 0
    assert "Gwet's AC1            –" in outcome.out
    assert "nan" not in outcome.out.lower()
    assert outcome.out.endswith("tone.anna is the only rater, so there is nothing to compare\n")


def test_an_error_has_three_lines(labelled: Path, run: Run) -> None:
    outcome = run("agreement", "quality.anna", "judge.help.score")
    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "error: quality.anna has texts, judge.help.score has numbers: they cannot be compared as "
        "they are",
        "hint:  `--cut 0.5 --positive good` makes yes or no of them",
        "code:  label-values-mixed",
    ]
    assert run("agreement", "qualty").code == 3
