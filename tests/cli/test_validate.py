"""`vault validate`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Outcome, chat, write_lines

Run = Callable[..., Outcome]

HOSTILE = 'x]]></failure><script>alert("1")</script>\x1b[31m\x00\ud7ff'


@pytest.fixture
def faulty(run: Run, project: Path) -> Path:
    """A stage with two good chats, one without an answer, one with an empty answer."""
    records = [
        chat("What is 6 times 7?", "42"),
        {"messages": [{"role": "user", "content": "Anyone there?"}]},
        chat("Say nothing.", ""),
        chat("Hello?", "Hello!"),
    ]
    write_lines(project / "faulty.jsonl", records)
    assert run("import", "faulty.jsonl").code == 0
    return project


def test_findings_are_shown_by_rule_and_errors_exit_with_one(run: Run, faulty: Path) -> None:
    outcome = run("validate")
    assert outcome.code == 1
    lines = outcome.out.splitlines()
    assert lines[0] == "FORM008  error  answer-empty: 1 example"
    assert lines[1].endswith("faulty.jsonl:3")
    assert lines[-1] == "4 examples: 2 errors in 2 of them, 0 warnings"
    assert "`vault validate --explain FORM008`" in outcome.err
    assert all(len(line) <= 80 for line in lines)


def test_without_errors_the_exit_code_is_zero(run: Run, faulty: Path) -> None:
    outcome = run("validate", "--ignore", "FORM008,assistant-missing")
    assert (outcome.code, outcome.out) == (0, "4 examples: nothing was found\n")
    assert run("validate", "--select", "TURN003,TURN002").code == 0


def test_a_revision_can_be_validated(run: Run, faulty: Path) -> None:
    run("commit", "-m", "one")
    write_lines(faulty / "good.jsonl", [chat("Hi", "Hello.")])
    run("import", "good.jsonl", "--replace-all")
    assert run("validate").code == 0
    assert run("validate", "HEAD").code == 1


def test_every_finding_is_streamed_as_json_lines(run: Run, faulty: Path) -> None:
    outcome = run("validate", "--jsonl")
    assert outcome.code == 1
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert [(each["code"], each["line"]) for each in found] == [("TURN001", 2), ("FORM008", 3)]
    keys = {"code", "name", "severity", "id", "source", "line", "message"}
    assert all(keys <= set(each) for each in found)


def test_the_team_says_what_runs_and_how_severe_it_is(run: Run, faulty: Path) -> None:
    (faulty / "vault.toml").write_text(
        '[validate]\nignore = ["TURN"]\n[validate.severity]\nFORM008 = "warning"\n'
    )
    report = json.loads(run("validate", "--json").out)
    assert (report["errors"], report["warnings"]) == (0, 1)
    assert run("validate", "--ignore", "FORM").code == 1


def test_a_target_adds_its_rules(run: Run, project: Path) -> None:
    write_lines(project / "a.jsonl", [chat("Hi", "Hello.", source="crm")])
    run("import", "a.jsonl")
    assert run("validate").code == 0
    outcome = run("validate", "--target", "trl")
    assert outcome.code == 1
    assert "FORM012" in outcome.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--target", "mistrl"], "target-unknown", "did you mean mistral?"),
        (["--select", "TOLL"], "rule-not-found", "did you mean TOOL?"),
        (["--explain", "FORM999"], "rule-not-found", "did you mean FORM?"),
        (["NOPE"], "revision-not-found", ""),
    ],
)
def test_what_does_not_exist_is_told(
    run: Run, faulty: Path, words: list[str], code: str, said: str
) -> None:
    outcome = run("validate", *words)
    assert outcome.code in (2, 3)
    assert f"code:  {code}" in outcome.err
    assert said in outcome.err


@pytest.mark.parametrize("setting", ["target = 3", 'severity.FORM = "fatal"', "severity.FORM = 1"])
def test_settings_that_cannot_be_used_are_told(run: Run, faulty: Path, setting: str) -> None:
    (faulty / "vault.toml").write_text(f"[validate]\n{setting}\n")
    outcome = run("validate")
    assert outcome.code == 2
    assert "hint:" in outcome.err


def test_a_rule_is_explained_with_its_examples(run: Run, project: Path) -> None:
    lines = run("validate", "--explain", "answer-empty").out.splitlines()
    assert lines[0] == "FORM008  error  answer-empty"
    assert any(line.startswith("fails:   {") for line in lines)
    assert all(len(line) <= 80 for line in lines)
    listed = run("validate", "--explain", "ALL").out.splitlines()
    assert "FORM008  error    answer-empty" in listed


def test_reports_for_other_programs_are_well_formed_whatever_the_data(
    run: Run, project: Path
) -> None:
    records = [{"messages": [{"role": HOSTILE, "content": "Hi"}]}, {HOSTILE: 1}]
    write_lines(project / "<hostile> & co.jsonl", records)
    run("import", "<hostile> & co.jsonl")
    sarif = json.loads(run("validate", "--report", "sarif").out)
    results = sarif["runs"][0]["results"]
    assert sarif["version"] == "2.1.0"
    assert {each["ruleId"] for each in results} >= {"FORM004", "FORM013"}
    ids = {each["id"] for each in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert {each["ruleId"] for each in results} <= ids
    junit = run("validate", "--report", "junit")
    assert junit.code == 1
    cases = ElementTree.fromstring(junit.out).findall(".//testcase")
    assert len(cases) == len(results)
    assert "\x1b" not in junit.out + json.dumps(sarif)


def test_reports_without_findings_are_whole(run: Run, project: Path) -> None:
    assert json.loads(run("validate", "--report", "sarif").out)["runs"][0]["results"] == []
    assert ElementTree.fromstring(run("validate", "--report", "junit").out).tag == "testsuites"


def test_what_is_wrong_with_the_whole_set_has_no_example(run: Run, project: Path) -> None:
    labelled = [chat("It was charged twice.", each) for each in ("billing", "refund")]
    write_lines(project / "a.jsonl", labelled)
    alpaca = {"instruction": "Say hi.", "input": "", "output": "Hi."}
    write_lines(project / "b.jsonl", [alpaca])
    assert run("import", "a.jsonl", "b.jsonl").code == 0

    shown = run("validate", "--target", "openai")
    assert shown.code == 1
    assert "SETS001  error  too-few-examples: 1 finding" in shown.out
    assert "3 examples, and openai takes no fewer than 10" in shown.out
    assert "1 error in 0 of them" in shown.out

    lines = run("validate", "--select", "SETS005,SETS006", "--jsonl").out.splitlines()
    layouts, *contradictions = [json.loads(line) for line in lines]
    assert layouts["code"] == "SETS005"
    assert (layouts["id"], layouts["source"], layouts["line"]) == (None, None, None)
    assert layouts["message"] == "examples of several layouts: 2 chat, 1 alpaca"
    places = [(each["source"], each["line"]) for each in contradictions]
    assert places == [("a.jsonl", 1), ("a.jsonl", 2)]

    sarif = json.loads(run("validate", "--select", "SETS005", "--report", "sarif").out)
    assert sarif["runs"][0]["results"][0]["locations"] == []
    assert 'name="the set"' in run("validate", "--select", "SETS005", "--report", "junit").out
    assert "5 examples such as" in run("validate", "--explain", "SETS006").out


def test_what_is_wrong_with_the_set_takes_no_example_out(run: Run, project: Path) -> None:
    write_lines(project / "a.jsonl", [chat("Hi", "Hello.")])
    assert run("import", "a.jsonl").code == 0
    held = json.loads(run("validate", "--target", "openai", "--quarantine", "--json").out)
    assert (held["errors"], held["quarantined"], held["examples"]) == (1, 0, 1)


@pytest.fixture
def mendable(run: Run, faulty: Path) -> Path:
    """The stage of `faulty`, and a chat with roles by other names."""
    words = [{"role": "human", "content": "Open today?"}, {"role": "gpt", "content": "Yes."}]
    write_lines(faulty / "foreign.jsonl", [{"messages": words}])
    assert run("import", "foreign.jsonl").code == 0
    return faulty


def test_mending_says_what_was_done_and_how_to_take_it_back(run: Run, mendable: Path) -> None:
    outcome = run("validate", "--fix", "--quarantine")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0] == "FORM004  fixed  role-unknown: 2 places"
    assert "1 example fixed in place" in lines
    assert "2 examples put in quarantine" in lines
    assert lines[-1] == "staged: 3 added; the next commit would have 3 examples"
    assert "`vault undo` takes it back" in outcome.err
    assert all(len(line) <= 80 for line in lines)
    listed = run("quarantine", "list")
    assert "faulty.jsonl, line 3  (FORM008)" in listed.out
    assert "`vault quarantine restore ENTRY`" in listed.err
    assert "quarantine  FORM008 answer-empty: " in run("removed").out
    assert run("validate").code == 0


def test_fixing_alone_leaves_the_errors_and_says_so(run: Run, mendable: Path) -> None:
    assert run("validate", "--fix").code == 1
    assert run("status").out.count("5 examples") == 1


def test_a_dry_run_exits_as_if_nothing_was_done(run: Run, mendable: Path) -> None:
    outcome = run("validate", "--fix", "--quarantine", "--dry-run")
    assert outcome.code == 1
    assert "FORM004  would be fixed  role-unknown: 2 places" in outcome.out
    assert "2 examples would be put in quarantine" in outcome.out
    assert "nothing was changed" in outcome.err


def test_every_fix_and_finding_is_streamed_as_json_lines(run: Run, mendable: Path) -> None:
    outcome = run("validate", "--fix", "--jsonl")
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert [each["code"] for each in found] == ["FORM004", "FORM004", "FORM008", "TURN001"]
    assert [each["path"] for each in found[:2]] == ["messages[0].role", "messages[1].role"]
    assert ["into" in each for each in found] == [True, True, False, False]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--dry-run"], "nothing-to-try"),
        (["--fix", "--report", "sarif"], "report-only-looks"),
        (["HEAD", "--quarantine"], "mend-needs-stage"),
    ],
)
def test_flags_that_do_not_go_along_are_refused(
    run: Run, mendable: Path, words: list[str], code: str
) -> None:
    run("commit", "-m", "one")
    outcome = run("validate", *words)
    assert outcome.code == 2
    assert f"code:  {code}" in outcome.err


def test_a_gate_refuses_with_one_and_no_verify_passes_it(run: Run, faulty: Path) -> None:
    (faulty / "vault.toml").write_text('[validate]\ngate = "error"\n')
    outcome = run("commit", "-m", "one")
    assert outcome.code == 1
    assert "2 errors" in outcome.err and "code:  validate-gate" in outcome.err
    assert run("commit", "-m", "one", "--no-verify").code == 0


def test_log_and_diff_tell_how_findings_moved(run: Run, faulty: Path) -> None:
    run("validate")
    run("commit", "-m", "one")
    run("validate", "--quarantine")
    assert "validate: errors 2 -> 0, warnings 0\n" in run("diff", "--stat").out
    run("commit", "-m", "two")
    lines = run("log", "--stat").out.splitlines()
    assert "validate: 0 errors, 0 warnings" in lines
    assert "  FORM008 answer-empty: 1 -> 0" in lines
    assert "validate: 2 errors, 0 warnings" in lines


def test_own_rules_are_explained_by_their_expression(run: Run, faulty: Path) -> None:
    (faulty / "vault.toml").write_text('[validate.rules.TEAM1]\nwhere = "turns < 2"\n')
    assert "TEAM1  warning  team1: 1 example" in run("validate").out
    lines = run("validate", "--explain", "TEAM1").out.splitlines()
    assert lines[-1] == "fails:   turns < 2"


def test_cleaning_prints_the_funnel(run: Run, mendable: Path) -> None:
    outcome = run("clean")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["step", "before", "left", "out"]
    assert lines[2].split() == ["fix", "5", "5", "0", "1", "fixed"]
    assert lines[3].split()[:4] == ["quarantine", "5", "3", "2"]
    assert all(len(line) <= 80 for line in lines)
    assert "`vault undo` takes all of it back" in outcome.err
    assert run("undo").code == 0
    assert run("status").out.count("5 examples") == 1


def test_cleaning_tells_which_warnings_take_nothing_out(run: Run, project: Path) -> None:
    said = [
        {"role": "user", "content": "Where is my parcel?"},
        {"role": "assistant", "content": "It was sent to Graz on Monday, and then to the"},
    ]
    write_lines(project / "cut.jsonl", [{"messages": said}])
    assert run("import", "cut.jsonl").code == 0
    told = run("clean").err
    assert "hint:  warnings take nothing out (1 of answer-cut): `vault validate` shows" in told
    (project / "vault.toml").write_text('[validate.severity]\nanswer-cut = "error"\n')
    outcome = run("clean")
    assert "warning" not in outcome.err
    assert outcome.out.splitlines()[3].split()[:4] == ["quarantine", "1", "0", "1"]


def test_rules_that_are_code_say_that_they_did_not_run(run: Run, faulty: Path) -> None:
    (faulty / "vault.toml").write_text('[validate.rules.TEAM2]\npython = "checks.py:f"\n')
    (faulty / "checks.py").write_text("def f(record):\n    return 'no'\n")
    for words in (["validate"], ["validate", "--jsonl"], ["clean", "-n"], ["validate", "--fix"]):
        outcome = run(*words)
        assert "TEAM2: code of this project, which runs with --allow-code only" in outcome.err
        assert "TEAM2" not in outcome.out
    outcome = run("validate", "--allow-code")
    assert "TEAM2  warning  team2: 4 examples" in outcome.out
    assert "--allow-code" not in outcome.err


def test_a_gate_says_which_rules_it_did_not_run(run: Run, faulty: Path) -> None:
    rule = '[validate.rules.TEAM2]\npython = "checks.py:f"\n'
    (faulty / "vault.toml").write_text(rule)
    assert "TEAM2" not in run("commit", "-m", "without a gate").err
    (faulty / "vault.toml").write_text('[validate]\ngate = "error"\n' + rule)
    outcome = run("commit", "--allow-empty", "-m", "with a gate")
    assert outcome.code == 0
    assert "TEAM2: code of this project" in outcome.err
