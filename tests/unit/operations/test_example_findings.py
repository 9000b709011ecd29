"""The findings of one example: the same that `validate` counts, each at its message."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import calls, said, user
from vault.errors import NotFound
from vault.operations.validation.example_findings import PlacedFinding

RECORDS: list[dict[str, Any]] = [
    chat("Why?", "As an AI language model, I cannot say."),
    {"messages": [user(), calls("weather"), user("And?"), said("")]},
    {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": ""}]},
    {"instruction": "Add.", "input": "1, 2", "output": ""},
    {"prompt": "Why?", "chosen": "Because.", "rejected": "Because."},
    chat("Fine?", "It is fine, thank you."),
    {"anything": 1},
]


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", RECORDS)
    library.run("a.jsonl")
    return library


def found(library: Library, place: int) -> tuple[PlacedFinding, ...]:
    repository = library.repository
    return repository.example_findings(repository.browse(), place).findings


def test_each_example_has_the_findings_that_validate_counts(filled: Library) -> None:
    rule = '[validate.rules.TEAM001]\nwhere = "tokens < 9"\nmessage = "it is short"\n'
    (filled.folder / "vault.toml").write_text(rule, encoding="utf-8")
    repository = filled.repository
    wanted: dict[str | None, set[tuple[str, str]]] = defaultdict(set)
    for each in repository.iterate_findings():
        wanted[each.id].add((each.code, each.message))
    assert any(code == "TEAM001" for some in wanted.values() for code, _ in some)
    listing = repository.browse()
    of_set = {rule.code for rule in repository.rules(["SET"])}
    for place, row in enumerate(listing.page(0, 99)):
        told = repository.example_findings(listing, place).findings
        said_of = {each for each in wanted[row.id] if each[0] not in of_set}
        assert {(each.code, each.message) for each in told} == said_of
        severities = [each.severity for each in told]
        assert severities == sorted(severities)
        assert all(each.why for each in told)


@pytest.mark.parametrize(
    ("place", "path", "turn"),
    [
        (1, "messages[3]", 3),
        (2, "conversations[1]", 1),
        (3, "output", 1),
        (4, "rejected", 2),
    ],
)
def test_a_finding_is_at_its_message(filled: Library, place: int, path: str, turn: int) -> None:
    assert (path, turn) in {(each.path[: len(path)], each.turn) for each in found(filled, place)}


def test_an_example_without_faults_has_no_findings(filled: Library) -> None:
    assert found(filled, 5) == ()


def test_findings_of_the_set_are_known_of_this_version_alone(filled: Library) -> None:
    repository = filled.repository
    before = repository.example_findings(repository.browse(), 0)
    assert before.of_set is None
    report = repository.validate()
    after = repository.example_findings(repository.browse(), 0)
    assert after.of_set is not None
    counted = {each.code: each.count for each in report.findings if each.code.startswith("SET")}
    assert {each.code: each.count for each in after.of_set} == counted
    filled.write("b.jsonl", [chat("More?")])
    filled.run("b.jsonl")
    assert repository.example_findings(repository.browse(), 0).of_set is None


def test_a_commit_keeps_what_was_found_in_its_set(filled: Library) -> None:
    repository = filled.repository
    repository.validate()
    repository.commit("first")
    filled.write("b.jsonl", [chat("More?")])
    filled.run("b.jsonl")
    listing = repository.browse(revision="HEAD")
    assert repository.example_findings(listing, 0).of_set is not None


def test_code_of_the_project_is_not_run(filled: Library) -> None:
    rule = '[validate.rules.TEAM002]\npython = "checks.py:check"\n'
    (filled.folder / "vault.toml").write_text(rule, encoding="utf-8")
    told = filled.repository.example_findings(filled.repository.browse(), 0)
    assert told.skipped == ("TEAM002",)


def test_a_place_that_is_not_there_has_no_findings(filled: Library) -> None:
    with pytest.raises(NotFound):
        found(filled, 99)
