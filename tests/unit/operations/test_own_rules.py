"""A project's own rules: expressions of `vault.toml` among the findings, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import vault
from tests.support.repositories import chat, write_lines
from vault.errors import AnswerIsNo, InvalidInput, NotFound, VaultError
from vault.repository import Repository
from vault.rules.kernel.own_rule import OwnRule

UNANSWERED = {"messages": [{"role": "user", "content": "Anyone there?"}]}
RULE = """[validate.rules.TEAM001]
name = "without-topic"
where = "data.topic is null"
severity = "error"
message = "the ticket has no topic"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Three examples: all well, without a topic, and without a topic and an answer."""
    made = vault.init(str(tmp_path))
    (tmp_path / "vault.toml").write_text(RULE)
    lines = [chat(1), chat(2, topic="a"), UNANSWERED]
    made.import_files([write_lines(tmp_path / "a.jsonl", lines)], workers=1)
    return made


def test_own_rules_are_found_counted_and_listed_with_the_others(repository: Repository) -> None:
    report = repository.validate()
    assert (report.errors, report.examples_with_errors) == (3, 2)
    assert {each.code: each.count for each in report.findings} == {"TEAM001": 2, "TURN001": 1}
    found = [(each.code, each.line, each.message) for each in repository.iterate_findings()]
    own = "the ticket has no topic"
    assert found[1:] == [("TEAM001", 3, own), ("TEAM001", 1, own)]
    assert found[0][:2] == ("TURN001", 3)


def test_own_rules_are_selected_ignored_and_explained(repository: Repository) -> None:
    assert repository.validate(select=["TEAM"]).errors == 2
    assert repository.validate(select=["without-topic"]).errors == 2
    assert repository.validate(ignore=["TEAM001"]).errors == 1
    (rule,) = repository.rules(["TEAM001"])
    assert isinstance(rule, OwnRule)
    assert (rule.name, rule.where) == ("without-topic", "data.topic is null")
    with pytest.raises(NotFound):
        repository.validate(select=["TEAM002"])


def test_own_rules_send_to_quarantine_and_close_the_gate(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "vault.toml").write_text('[validate]\ngate = "error"\n' + RULE)
    with pytest.raises(AnswerIsNo) as refused:
        repository.commit("one")
    assert "TEAM001" in str(refused.value)
    assert repository.validate(quarantine=True).quarantined == 2
    assert repository.commit("one").examples == 1


def test_a_field_that_occurs_nowhere_is_missing_everywhere(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "vault.toml").write_text(RULE.replace("data.topic", "data.subject"))
    assert repository.validate(select=["TEAM001"]).errors == 3


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("TEAM001", "FORM999", "config-invalid"),
        ("TEAM001", "team1", "config-invalid"),
        ('"without-topic"', '"answer-empty"', "config-invalid"),
        ('"without-topic"', '"No Topic"', "config-invalid"),
        ('"error"', '"fatal"', "config-invalid"),
        ('message = "the ticket has no topic"', "message = 3", "config-invalid"),
        ("message", "massage", "config-key-unknown"),
        ('where = "data.topic is null"\n', "", "config-invalid"),
        ("data.topic is null", "data.topic is", "expression-invalid"),
        ("data.topic is null", "read_text('/etc/passwd') is null", "expression-invalid"),
    ],
)
def test_a_rule_that_cannot_be_one_is_told(
    repository: Repository, tmp_path: Path, old: str, new: str, code: str
) -> None:
    (tmp_path / "vault.toml").write_text(RULE.replace(old, new))
    with pytest.raises(VaultError) as refused:
        repository.validate()
    assert refused.value.code == code
    assert refused.value.hint


def test_a_report_for_another_program_knows_own_rules(repository: Repository) -> None:
    from vault.cli.show.finding_reports import sarif_pieces

    pieces = sarif_pieces(repository.rules(), repository.iterate_findings())
    run = json.loads("".join(pieces))["runs"][0]
    ids = {each["id"] for each in run["tool"]["driver"]["rules"]}
    assert {each["ruleId"] for each in run["results"]} == {"TEAM001", "TURN001"} <= ids


CODE_RULE = """[validate.rules.TEAM002]
python = "checks.py:is_polite"
severity = "error"
"""
CODE = """
from pathlib import Path

Path(__file__).with_name("ran").write_text("")


def is_polite(record):
    record["messages"].append("a change that nobody else may see")
    return None if "topic" in record else f"{len(record['messages'])} messages and no topic"
"""


def with_checks(tmp_path: Path, code: str, rule: str = CODE_RULE) -> None:
    (tmp_path / "vault.toml").write_text('[validate]\nselect = ["TEAM"]\n' + rule)
    (tmp_path / "checks.py").write_text(code)


def test_code_of_the_project_runs_only_where_that_was_allowed(
    repository: Repository, tmp_path: Path
) -> None:
    with_checks(tmp_path, CODE)
    report = repository.validate()
    assert (report.errors, report.skipped) == (0, ("TEAM002",))
    assert list(repository.iterate_findings()) == []
    assert repository.validate(quarantine=True).skipped == ("TEAM002",)
    repository.rules(["TEAM002"])
    assert repository.clean().skipped == ("TEAM002",)
    assert not (tmp_path / "ran").exists()
    report = repository.validate(allow_code=True)
    assert (report.errors, report.skipped) == (2, ())
    messages = [each.message for each in report.findings[0].items]
    assert messages == ["3 messages and no topic", "2 messages and no topic"]


def test_a_gate_runs_no_code_of_the_project(repository: Repository, tmp_path: Path) -> None:
    with_checks(tmp_path, CODE)
    settings = tmp_path / "vault.toml"
    settings.write_text('[validate]\ngate = "error"\nselect = ["TEAM"]\n' + CODE_RULE)
    assert repository.validate(allow_code=True).errors == 2
    assert repository.commit("one").skipped == ("TEAM002",)


def test_without_a_gate_or_with_no_verify_no_rule_was_skipped(
    repository: Repository, tmp_path: Path
) -> None:
    with_checks(tmp_path, CODE)
    assert repository.commit("one").skipped == ()
    settings = tmp_path / "vault.toml"
    settings.write_text('[validate]\ngate = "error"\nselect = ["TEAM"]\n' + CODE_RULE)
    assert repository.commit("two", allow_empty=True, verify=False).skipped == ()


def test_rules_of_vault_are_told_whatever_stands_in_the_settings(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "vault.toml").write_text("[validate\n")
    assert [each.code for each in repository.rules(["FORM001"])] == ["FORM001"]
    with pytest.raises(InvalidInput):
        repository.rules(["TEAM001"])


def test_examples_that_code_finds_go_to_quarantine(repository: Repository, tmp_path: Path) -> None:
    with_checks(tmp_path, CODE)
    assert repository.validate(quarantine=True, allow_code=True).quarantined == 2
    assert {each.code for each in repository.quarantine().quarantined} == {"TEAM002"}


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError('no')",
        "is_polite = 3",
        "def is_polite(",
        "def is_polite(record): return 3",
        "def is_polite(record): return record['nothing']",
    ],
)
def test_code_that_fails_is_told(repository: Repository, tmp_path: Path, code: str) -> None:
    with_checks(tmp_path, code)
    with pytest.raises(InvalidInput) as refused:
        repository.validate(allow_code=True)
    assert refused.value.code == "own-rule-failed"
    assert "TEAM002" in refused.value.message


@pytest.mark.parametrize("place", ["../checks.py:f", "/checks.py:f", "checks.py", "os:system"])
def test_code_from_elsewhere_is_refused(repository: Repository, tmp_path: Path, place: str) -> None:
    with_checks(tmp_path, CODE, CODE_RULE.replace("checks.py:is_polite", place))
    with pytest.raises(InvalidInput) as refused:
        repository.validate()
    assert refused.value.code == "config-invalid"


@pytest.mark.parametrize("body", ["import sys; sys.exit(0)", "raise SystemExit"])
def test_a_function_that_ends_the_program_is_a_rule_that_failed(tmp_path: Path, body: str) -> None:
    repository = vault.init(str(tmp_path))
    (tmp_path / "vault.toml").write_text('[validate.rules.TEAM1]\npython = "checks.py:check"\n')
    (tmp_path / "checks.py").write_text(f"def check(record):\n    {body}\n")
    repository.import_files([write_lines(tmp_path / "a.jsonl", [chat(1)])], workers=1)
    with pytest.raises(InvalidInput) as caught:
        repository.validate(allow_code=True)
    assert caught.value.code == "own-rule-failed"


@pytest.mark.parametrize("code", ["ALL", "TEXTX1", "TEXTUAL", "FORM"])
def test_a_code_that_means_rules_of_vault_is_refused(tmp_path: Path, code: str) -> None:
    repository = vault.init(str(tmp_path))
    (tmp_path / "vault.toml").write_text(f'[validate.rules.{code}]\nwhere = "turns > 1"\n')
    with pytest.raises(InvalidInput) as caught:
        repository.validate()
    assert caught.value.code == "config-invalid"


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    repository = vault.init(str(tmp_path))
    rule = 'name = "long"\nwhere = "turns > 1"\n'
    text = f"[validate.rules.TEAM1]\n{rule}[validate.rules.TEAM2]\n{rule}"
    (tmp_path / "vault.toml").write_text(text)
    with pytest.raises(InvalidInput) as caught:
        repository.validate()
    assert caught.value.code == "config-invalid" and '"long"' in str(caught.value)
