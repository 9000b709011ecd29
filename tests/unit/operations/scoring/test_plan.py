"""Weak slices of a dataset, and the plan of what to generate for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.labelling import label_in_order
from tests.support.library import Library, chat
from vault.errors import AlreadyExists, InvalidInput, NotFound
from vault.generate.recipe.quota_plan import read_plan
from vault.operations.scoring.plan import PlannedSlice

TOPICS = ["cards", "cards", "cards", "cards", "loans", "loans", "fees", None]
RIGHT = [True, True, True, False, False, False, None, True]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path)
    rows: list[dict[str, Any]] = [chat(f"question {at}") for at in range(len(TOPICS))]
    for row, topic in zip(rows, TOPICS, strict=True):
        if topic is not None:
            row["topic"] = topic
    made.write("a.jsonl", rows)
    made.run("a.jsonl")
    return made


def measured(library: Library, **more: Any) -> None:
    label_in_order(library.repository, {"eval.m": RIGHT, **more})


def by_value(library: Library, **options: Any) -> dict[str, PlannedSlice]:
    report = library.repository.plan("topic", **options)
    return {each.value: each for each in report.slices}


def test_slices_have_their_share_with_wilsons_interval(library: Library) -> None:
    measured(library)
    report = library.repository.plan("topic", metric="eval.m")
    assert [each.value for each in report.slices] == ["loans", "cards", "fees"]
    loans, cards, fees = report.slices
    assert (cards.examples, cards.measured, cards.metric) == (4, 4, 0.75)
    assert cards.interval == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert (loans.metric, fees.measured, fees.metric, fees.interval) == (0.0, 0, None, None)
    assert (report.without, report.measured, report.proposed) == (1, 7, 0)
    assert report.mean == pytest.approx(4 / 7)


def test_numbers_have_the_interval_of_the_bootstrap(library: Library) -> None:
    label_in_order(library.repository, {"eval.m": [0.1, 0.2, 0.9, 0.4, 0.5, 0.5, None, None]})
    found = by_value(library, metric="labels.eval.m")
    low, high = found["cards"].interval or (0.0, 0.0)
    assert 0.1 < low < 0.4 < high < 0.9
    assert found["loans"].interval is None


def test_examples_of_held_out_sides_are_measured_not_counted(library: Library) -> None:
    sides = ["train", "train", "test", "test", "train", "test", "train", "train"]
    label_in_order(library.repository, {"split": sides})
    label_in_order(
        library.repository, {"eval.m": [None, None, True, False, True, False, None, None]}
    )
    report = library.repository.plan("topic", metric="eval.m")
    found = {each.value: (each.examples, each.measured) for each in report.slices}
    assert found == {"cards": (2, 2), "loans": (1, 2), "fees": (1, 0)}
    assert (report.side, report.seen) == ("train", 1)


def test_disagreement_is_that_of_the_raters_of_the_metric(library: Library) -> None:
    yes, no = [True] * 8, [True, False, True, True, False, True, None, None]
    label_in_order(
        library.repository,
        {"judge.help.score": [1.0] * 8, "judge.help.by.a": yes, "judge.help.by.b": no},
    )
    found = by_value(library, metric="judge.help.score")
    assert found["cards"].disagreement == 0.25
    assert found["loans"].disagreement == 0.5
    assert found["fees"].disagreement is None


def test_a_plan_is_read_as_it_was_written(library: Library) -> None:
    measured(library)
    library.repository.commit("first")
    path = library.folder / "plan.toml"
    report = library.repository.plan("data.topic", metric="eval.m", count=60, output=str(path))
    plan = read_plan(path.read_bytes(), "plan.toml")
    assert (plan.field, plan.total) == ("data.topic", 60)
    assert plan.quotas == {each.value: each.propose for each in report.slices if each.propose}
    text = path.read_text()
    assert f"# Made by `vault plan` of commit {report.commit}.\n" in text
    assert "the label eval.m" in text
    assert '"loans" = 33  # 2 examples, 0.00 on 2' in text


def test_the_same_stage_gives_the_same_plan(library: Library) -> None:
    measured(library)
    one, other = (library.folder / each for each in ("one.toml", "two.toml"))
    for path in (one, other):
        library.repository.plan("topic", metric="eval.m", count=17, output=str(path))
    assert one.read_bytes() == other.read_bytes()


def test_values_of_any_text_survive_the_file(tmp_path: Path) -> None:
    made = Library(tmp_path)
    topics = ["a.b", "#", "ключ", "tab\tand \x7f", 'say "hi"', "", 3, True]
    made.write("a.jsonl", [chat(f"q{at}", topic=each) for at, each in enumerate(topics)])
    made.run("a.jsonl")
    path = tmp_path / "plan.toml"
    made.repository.plan("topic", at_least=2, output=str(path))
    texts = [*topics[:-2], "3", "true"]
    assert dict(read_plan(path.read_bytes(), "p").quotas) == dict.fromkeys(texts, 1)


def test_a_file_that_is_there_is_overwritten_by_force(library: Library) -> None:
    path = library.folder / "plan.toml"
    path.write_text("mine")
    options: dict[str, Any] = {"at_least": 9, "output": str(path)}
    with pytest.raises(AlreadyExists):
        library.repository.plan("topic", **options)
    assert path.read_text() == "mine"
    library.repository.plan("topic", force=True, **options)
    assert read_plan(path.read_bytes(), "p").total == 5 + 7 + 8


@pytest.mark.parametrize(
    ("by", "options", "code"),
    [
        ("colour", {}, "field-unknown"),
        ("topic", {"output": "p.toml"}, "plan-count-invalid"),
        ("topic", {"at_least": 1, "output": "p.toml"}, "plan-empty"),
        ("topic", {"count": 0}, "plan-count-invalid"),
        ("topic", {"metric": "quality"}, "metric-invalid"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    library: Library, by: str, options: dict[str, Any], code: str
) -> None:
    label_in_order(library.repository, {"quality": ["good"] * 8})
    with pytest.raises(InvalidInput) as caught:
        library.repository.plan(by, **options)
    assert caught.value.code == code


def test_a_metric_that_nobody_has_names_the_nearest(library: Library) -> None:
    measured(library)
    with pytest.raises(NotFound, match=r"eval\.n"):
        library.repository.plan("topic", metric="eval.n")


@pytest.mark.parametrize(
    "text",
    [
        "field = 3\n[quota]\na = 1",
        'field = "topic"',
        'field = "topic"\n[quota]\na = -1',
        'field = "topic"\n[quota]\na = true',
        'field = "topic"\n[quota]\na = 0',
        'field = "topic"\nmore = 1\n[quota]\na = 1',
        "no toml",
        'field = "topic"\n[quota]\na = 99999999999',
    ],
)
def test_a_file_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_plan(text.encode(), "plan.toml")
    assert caught.value.code == "plan-invalid"


def test_examples_on_no_side_count_as_those_to_train_on(library: Library) -> None:
    label_in_order(library.repository, {"split": ["train", "test", "test", None, "train"]})
    report = library.repository.plan("topic")
    found = {each.value: each.examples for each in report.slices}
    assert found == {"cards": 2, "loans": 2, "fees": 1}
    assert report.unassigned == 4


def test_a_column_of_expressions_makes_slices(library: Library) -> None:
    library.write("b.jsonl", [chat("more", "No.")])
    library.run("b.jsonl")
    report = library.repository.plan("response")
    assert {each.value: each.examples for each in report.slices} == {"No.": 1, "Yes.": 8}
