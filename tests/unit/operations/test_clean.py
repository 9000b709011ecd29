"""`clean`: one operation that fixes, quarantines and dedupes, wholly or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vault
from tests.support.repositories import chat, write_lines
from vault.errors import Conflict
from vault.repository import Repository

UNANSWERED = {"messages": [{"role": "user", "content": "Anyone there?"}]}
BOT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "bot", "content": "Hello."}]}
PLAIN = {"messages": [BOT["messages"][0], {"role": "assistant", "content": "Hello."}]}
OTHER_BOT = {"messages": [{"role": "human", "content": "Why?"}, PLAIN["messages"][1]]}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Seven lines: one unreadable, one to fix, one to merge, one with an error, one duplicate."""
    made = vault.init(str(tmp_path))
    lines: list[dict[str, Any] | str] = [
        "{broken",
        chat(1),
        PLAIN,
        BOT,
        OTHER_BOT,
        UNANSWERED,
        chat(1, note="again"),
    ]
    made.import_files([write_lines(tmp_path / "a.jsonl", lines)], workers=1)
    return made


def counts(repository: Repository, **options: bool) -> list[tuple[str, int, int, int]]:
    report = repository.clean(**options)
    return [(each.name, each.before, each.after, each.removed) for each in report.steps]


STEPS = [("parse", 7, 6, 1), ("fix", 6, 5, 1), ("quarantine", 5, 4, 1), ("dedupe", 4, 3, 1)]


def test_the_funnel_tells_what_is_left_and_undo_takes_all_of_it_back(
    repository: Repository,
) -> None:
    before = [each.id for each in repository.head(10).items]
    operations = len(repository.operations().items)
    assert counts(repository) == STEPS
    assert len(repository.head(10).items) == 3
    assert len(repository.operations().items) == operations + 1
    reasons = {each.reason for each in repository.removed().items}
    assert reasons == {"fixed", "quarantine", "exact-duplicate"}
    repository.undo()
    assert [each.id for each in repository.head(10).items] == before


def test_warnings_take_nothing_out_and_are_told_by_their_rules(tmp_path: Path) -> None:
    made = vault.init(str(tmp_path))
    cut = [chat(1, f"The parcel {at} was sent to Graz, and then to the") for at in range(3)]
    asks = chat(9, "I'm sorry, but I cannot help with that.")
    made.import_files([write_lines(tmp_path / "a.jsonl", [*cut, asks, UNANSWERED])], workers=1)
    report = made.clean(dry_run=True)
    assert dict(report.warnings) == {"answer-cut": 3, "refusal": 1}
    (tmp_path / "vault.toml").write_text('[validate.severity]\nanswer-cut = "error"\n')
    report = made.clean()
    assert dict(report.warnings) == {"refusal": 1}
    assert report.steps[2].removed == 4


def test_a_dry_run_tells_the_same_and_changes_nothing(repository: Repository) -> None:
    before = repository.status(), repository.operations()
    assert counts(repository, dry_run=True) == STEPS
    assert (repository.status(), repository.operations()) == before


def test_cleaning_twice_changes_nothing_more(repository: Repository) -> None:
    repository.clean()
    operations = len(repository.operations().items)
    assert [each[3] for each in counts(repository)] == [1, 0, 0, 0]
    assert len(repository.operations().items) == operations


def test_where_too_much_would_go_nothing_is_changed(tmp_path: Path) -> None:
    repository = vault.init(str(tmp_path))
    lines = [UNANSWERED, *(chat(1, note=number) for number in range(200))]
    repository.import_files([write_lines(tmp_path / "a.jsonl", lines)], workers=1)
    before = repository.status()
    with pytest.raises(Conflict) as refused:
        repository.clean()
    assert refused.value.code == "dedupe-too-much"
    assert repository.status() == before
    assert repository.clean(yes=True).steps[-1].after == 1


QUESTION = (
    "A farmer has seventeen sheep and buys twenty-five more at the fair in spring, and then he "
    "sells nine of them to his neighbour. How many sheep has he now?"
)


@pytest.fixture
def protecting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Two examples with the question of a protected file, one of another, two sides."""
    monkeypatch.chdir(tmp_path)
    made = vault.init(str(tmp_path))
    write_lines(tmp_path / "eval.jsonl", [{"question": QUESTION, "answer": "33"}])
    (tmp_path / "vault.toml").write_text('[protect]\nfiles = ["eval.jsonl"]\n')
    answers = ["He has thirty-three.", "Thirty-three, since 17 + 25 - 9 = 33."]
    texts = [
        QUESTION,
        f"Please help me with this: {QUESTION}",
        "How tall is the tower in the town?",
    ]
    records = [
        {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]}
        for q, a in zip(texts, [*answers, "Ninety metres."], strict=True)
    ]
    write_lines(tmp_path / "test.jsonl", records[:1])
    write_lines(tmp_path / "train.jsonl", records[1:])
    return made


def test_what_protected_files_hold_goes_out_of_training_data(protecting: Repository) -> None:
    protecting.import_files(["test.jsonl", "train.jsonl"], workers=1)
    assert counts(protecting, yes=True)[-1] == ("protect", 3, 1, 2)
    removed = protecting.removed().items
    assert {each.reason for each in removed} == {"contained", "exact-duplicate"}
    assert "tower" in str(protecting.head(3).items[0].data)


def test_an_evaluation_example_stays_on_its_own_side(protecting: Repository) -> None:
    protecting.import_files(["test.jsonl", "train.jsonl"], workers=1, split_from_name=True)
    first, _, third = (each.id for each in protecting.head(3).items)
    assert counts(protecting, yes=True)[-1] == ("protect", 3, 2, 1)
    assert {each.id for each in protecting.head(3).items} == {first, third}
