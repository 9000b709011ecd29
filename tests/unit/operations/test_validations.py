"""What `validate` found goes into history, and a gate refuses what has faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import vault
from tests.support.repositories import chat, write_lines
from vault.errors import AnswerIsNo, Corrupt, InvalidInput
from vault.objects.digest import Digest
from vault.objects.validation import RuleCount, Validation, decode_validation, encode_validation
from vault.repository import Repository

UNANSWERED = {"messages": [{"role": "user", "content": "Anyone there?"}]}
FOUND = Validation(
    Digest("f" * 64), "0" * 16, None, 3, 1, 1, 0, (RuleCount("A001", "a", "error", 1),)
)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A stage with one good example and one that has an error."""
    made = vault.init(str(tmp_path))
    import_lines(made, [chat(1), UNANSWERED])
    return made


def import_lines(repository: Repository, lines: Sequence[dict[str, Any]]) -> None:
    assert repository.folder is not None
    path = write_lines(repository.folder / "a.jsonl", lines)
    repository.import_files([path], mode="replace", workers=1)


def settings(repository: Repository, text: str) -> None:
    assert repository.folder is not None
    (repository.folder / "vault.toml").write_text(f"[validate]\n{text}\n")


def found_in_history(repository: Repository) -> list[tuple[int, int] | None]:
    commits = repository.log(stat=True).commits
    return [
        (each.validation.errors, each.validation.warnings) if each.validation else None
        for each in commits
    ]


def test_a_commit_carries_what_was_found_in_exactly_its_dataset(repository: Repository) -> None:
    repository.validate()
    repository.commit("one")
    import_lines(repository, [chat(1), UNANSWERED, chat(2)])
    repository.commit("two, which nobody validated")
    repository.validate(quarantine=True)
    repository.commit("three")
    assert found_in_history(repository) == [(0, 0), None, (1, 0)]


def test_a_look_records_no_operation_and_stages_nothing(repository: Repository) -> None:
    before = repository.operations(), repository.status()
    repository.validate()
    assert (repository.operations(), repository.status()) == before


def test_only_a_run_by_the_rules_of_the_team_is_kept(repository: Repository) -> None:
    repository.validate(select=["TEXT001"])
    repository.commit("one")
    assert found_in_history(repository) == [None]


def test_history_and_diff_tell_which_rules_moved(repository: Repository) -> None:
    repository.validate()
    repository.commit("one")
    import_lines(repository, [chat(1)])
    assert repository.diff().validation is None
    repository.validate()
    change = repository.diff().validation
    assert change is not None
    assert (change.old_errors, change.errors, change.same_rules) == (1, 0, True)
    assert [(each.code, each.before, each.after) for each in change.moved] == [("TURN001", 1, 0)]
    repository.commit("two")
    assert repository.diff("HEAD~1", "HEAD", limit=0).validation == change
    assert repository.log(stat=True).commits[0].moved == change.moved
    assert repository.log().commits[0].validation is None


def test_what_was_mended_is_remembered_as_it_was_left(repository: Repository) -> None:
    twin = {"role": "bot", "content": "Hello."}
    lines = [chat(1), UNANSWERED, {"messages": [{"role": "user", "content": "Hi"}, twin]}]
    import_lines(repository, lines)
    repository.validate(fix=True, quarantine=True)
    repository.commit("one")
    assert found_in_history(repository) == [(0, 0)]


def test_a_gate_refuses_errors_and_lets_the_rest_through(repository: Repository) -> None:
    settings(repository, 'gate = "error"')
    with pytest.raises(AnswerIsNo) as refused:
        repository.commit("one")
    assert refused.value.code == "validate-gate"
    assert "1 error" in str(refused.value) and "TURN001" in str(refused.value)
    assert repository.log().commits == ()
    settings(repository, 'gate = "error"\nignore = ["TURN001"]')
    repository.commit("one")
    assert found_in_history(repository) == [(0, 0)]


def test_a_gate_can_be_passed_by(repository: Repository) -> None:
    settings(repository, 'gate = "error"')
    repository.commit("one", verify=False)
    assert len(repository.log().commits) == 1


def test_a_gate_of_warnings_refuses_them_too(repository: Repository) -> None:
    settings(repository, 'gate = "warning"\n[validate.severity]\nTURN001 = "warning"')
    with pytest.raises(AnswerIsNo) as refused:
        repository.commit("one")
    assert "0 errors and 1 warning" in str(refused.value)


def test_what_is_remembered_spares_the_gate_the_rules(repository: Repository) -> None:
    settings(repository, 'gate = "error"')
    repository.validate(quarantine=True)
    assert repository.folder is not None
    remembered = repository.folder / ".vault" / "validated.json"
    # A result that is not what the rules would find shows that they did not run.
    found = decode_validation(remembered.read_bytes())
    remembered.write_bytes(encode_validation(replace(found, warnings=7)))
    repository.commit("one")
    assert found_in_history(repository) == [(0, 7)]


def test_what_is_remembered_may_be_lost_or_damaged(repository: Repository) -> None:
    settings(repository, 'gate = "error"')
    repository.validate()
    assert repository.folder is not None
    (repository.folder / ".vault" / "validated.json").write_text("{")
    with pytest.raises(AnswerIsNo):
        repository.commit("one")


def test_a_gate_that_is_none_is_told(repository: Repository) -> None:
    settings(repository, 'gate = "fatal"')
    with pytest.raises(InvalidInput) as refused:
        repository.commit("one")
    assert refused.value.code == "config-invalid"


def test_an_attachment_is_read_as_it_was_written_and_damage_is_told() -> None:
    assert decode_validation(encode_validation(FOUND)) == FOUND
    for data in (b"{", b"[]", b'{"type":"validation","version":2}', encode_validation(FOUND)[:-9]):
        with pytest.raises(Corrupt):
            decode_validation(data)


def test_the_same_records_read_in_another_way_are_another_dataset(tmp_path: Path) -> None:
    repository = vault.init(str(tmp_path))
    settings(repository, 'gate = "error"')
    record = {"q": "Where?", "a": "In Graz.", "messages": UNANSWERED["messages"]}
    path = write_lines(tmp_path / "a.jsonl", [record])
    repository.import_files([path], mapping={"user": "q", "assistant": "a"}, workers=1)
    assert repository.validate().errors == 0
    repository.undo()
    repository.import_files([path], workers=1)
    with pytest.raises(AnswerIsNo):
        repository.commit("one")


def test_the_same_records_of_another_source_are_another_dataset(tmp_path: Path) -> None:
    repository = vault.init(str(tmp_path))
    settings(
        repository,
        'gate = "error"\n[validate.rules.TEAM1]\nseverity = "error"\n'
        "where = \"source = 'b.jsonl'\"",
    )
    for name in ("a.jsonl", "b.jsonl"):
        write_lines(tmp_path / name, [chat(1)])
    repository.import_files([str(tmp_path / "a.jsonl")], workers=1)
    assert repository.validate().errors == 0
    repository.undo()
    repository.import_files([str(tmp_path / "b.jsonl")], workers=1)
    with pytest.raises(AnswerIsNo):
        repository.commit("one")


def test_what_other_rules_found_does_not_go_into_history(repository: Repository) -> None:
    settings(repository, 'ignore = ["FORM", "TURN"]')
    assert repository.validate().errors == 0
    settings(repository, "")
    repository.commit("one")
    assert found_in_history(repository) == [None]


def test_the_set_is_counted_once_after_a_quarantine_by_an_own_rule(tmp_path: Path) -> None:
    repository = vault.init(str(tmp_path))
    settings(
        repository,
        'target = "openai"\n[validate.rules.TEAM1]\nseverity = "error"\nwhere = "line = 3"',
    )
    import_lines(repository, [chat(n) for n in range(30)])
    done = repository.validate(quarantine=True)
    assert (done.quarantined, done.errors_left) == (1, 0)
    repository.commit("one")
    [found] = repository.log(stat=True).commits
    assert found.validation is not None
    now = repository.validate()
    assert (found.validation.errors, found.validation.warnings) == (now.errors, now.warnings)
    assert {each.code: each.count for each in found.validation.findings} == {"SETS002": 1}


def test_what_is_wrong_with_the_set_takes_no_example_out_and_is_left(tmp_path: Path) -> None:
    repository = vault.init(str(tmp_path))
    settings(repository, '[validate.severity]\nSETS = "error"')
    labels = [
        {
            "messages": [
                {"role": "user", "content": f"Which topic has {n // 2}?"},
                {"role": "assistant", "content": ("billing", "refund")[n % 2]},
            ]
        }
        for n in range(10)
    ]
    import_lines(repository, [*labels, UNANSWERED])
    done = repository.validate(quarantine=True)
    assert done.errors == 11 and done.examples_with_errors == 1
    assert (done.quarantined, done.errors_left) == (1, 10)
    assert repository.status().examples == 10
