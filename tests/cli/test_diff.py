"""`vault diff`: word by word, as counts, as a table, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RECORDS, Outcome, chat, write_lines

Run = Callable[..., Outcome]


@pytest.fixture
def edited(run: Run, committed: Path) -> Path:
    """The committed repository with one example changed, one removed and one added on the stage."""
    run("tag", "v1")
    changed = chat("How do I reset it?", "Press the green button.", topic="reset")
    write_lines(
        committed / "data.jsonl",
        [changed, RECORDS[2], chat("New\x1b[2J?", "Of course.", topic="x")],
    )
    run("import", "--replace", "data.jsonl")
    return committed


def test_changes_are_shown_word_by_word_and_others_as_excerpts(run: Run, edited: Path) -> None:
    lines = run("diff").out.splitlines()
    ids = [each["id"][:12] for each in json.loads(run("diff", "--json").out)["items"]]
    assert lines == [
        f"~ changed (response) {ids[0]}  data.jsonl:1",
        "    assistant: Press the [-red-]{+green+} button.",
        "",
        f"+ added {ids[1]}  data.jsonl:3",
        "    user       New\\x1b[2J?",
        "    assistant  Of course.",
        "",
        f"- removed {ids[2]}  data.jsonl:2",
        "    user       Is it waterproof?",
        "    assistant  Yes.",
        "",
        "1 added, 1 removed, 1 changed; 1 example unchanged",
    ]


def test_counts_alone_are_the_same_from_everywhere(run: Run, edited: Path) -> None:
    counts = "1 added, 1 removed, 1 changed; 1 example unchanged\n"
    assert run("diff", "--stat") == Outcome(0, counts, "")
    assert run("diff", "v1", "--stat").out == counts
    run("commit", "-m", "two")
    assert run("diff", "v1..main", "--stat").out == counts
    assert run("diff", "v1", "main", "--stat").out == counts
    assert run("diff", "main", "v1", "--stat").out == counts
    assert run("diff", "--stat").out == "no difference; 3 examples unchanged\n"


def test_json_names_both_sides_and_at_most_so_many_items(run: Run, edited: Path) -> None:
    report = json.loads(run("diff", "--json").out)
    assert report["to"] == "STAGE" and len(report["from"]) == 64
    assert [each["change"] for each in report["items"]] == ["changed", "added", "removed"]
    assert report["items"][0]["what"] == "response"
    assert report["items"][0]["old_data"] == RECORDS[0]
    assert len(json.loads(run("diff", "--json", "--limit", "1").out)["items"]) == 1
    assert json.loads(run("diff", "--json", "--stat").out)["items"] == []
    assert run("diff", "--limit", "1").err == (
        "hint:  2 more: `--limit 3` shows all, `--jsonl` writes them out\n"
    )


def test_json_lines_hold_every_change_as_it_was_imported(run: Run, edited: Path) -> None:
    outcome = run("diff", "--jsonl")
    items = [json.loads(line) for line in outcome.out.splitlines()]
    assert items == json.loads(run("diff", "--json").out)["items"]
    assert outcome.err == ""


def test_the_exit_code_tells_a_difference_when_asked(run: Run, edited: Path) -> None:
    assert run("diff", "--stat").code == 0
    assert run("diff", "--stat", "--exit-code").code == 1
    assert run("diff", "--jsonl", "--exit-code").code == 1
    assert run("diff", "v1", "main", "--exit-code").code == 0
    assert run("diff", "v1", "main", "--jsonl", "--exit-code") == Outcome(0, "", "")


def test_counts_per_value_of_a_field_are_a_table(run: Run, edited: Path) -> None:
    assert run("diff", "--by", "topic").out.splitlines() == [
        "topic  added  removed  changed",
        "reset      0        0        1",
        "water      0        1        0",
        "x          1        0        0",
        "",
        "1 added, 1 removed, 1 changed; 1 example unchanged",
    ]
    by = json.loads(run("diff", "--by", "topic", "--json").out)["by"]
    assert by["water"] == {"added": 0, "removed": 1, "changed": 0, "relabelled": 0}
    outcome = run("diff", "--by", "tpic")
    assert (outcome.code, outcome.err.splitlines()[2]) == (2, "code:  field-unknown")


def test_counts_are_per_value_of_a_column_of_expressions_too(run: Run, edited: Path) -> None:
    lines = run("diff", "--by", "turns").out.splitlines()
    assert lines[0].split() == ["turns", "added", "removed", "changed"]
    assert [line.split()[0] for line in lines[1:-2]] == ["2"]
    by = json.loads(run("diff", "--by", "response", "--json").out)["by"]
    assert sorted(by) == ["Of course.", "Press the green button.", "Yes."]
    assert by["Yes."] == {"added": 0, "removed": 1, "changed": 0, "relabelled": 0}


def test_a_key_says_which_example_is_which(run: Run, project: Path) -> None:
    write_lines(project / "a.jsonl", [chat("a?", "b", key=1), chat("c?", "d", key=2)])
    run("import", "a.jsonl")
    run("commit", "-m", "one")
    write_lines(project / "a.jsonl", [chat("x!", "y", key=2)])
    run("import", "--replace", "a.jsonl")
    item = json.loads(run("diff", "--key", "key", "--json").out)["items"][0]
    assert (item["change"], item["what"]) == ("changed", "prompt")
    text = run("diff", "--key", "key").out
    assert "    user: [-c?-]{+x!+}\n    assistant: [-d-]{+y+}\n" in text


def test_long_texts_are_shown_near_their_change_and_wrapped(run: Run, project: Path) -> None:
    words = " ".join(f"word{n}" for n in range(300))
    write_lines(project / "a.jsonl", [chat("q", words)])
    run("import", "a.jsonl")
    run("commit", "-m", "one")
    write_lines(project / "a.jsonl", [chat("q", words.replace("word150", "WORD150"))])
    run("import", "--replace", "a.jsonl")
    lines = run("diff").out.splitlines()
    assert len(lines) < 9 and all(len(line) <= 80 for line in lines)
    shown = " ".join(line.strip() for line in lines)
    assert "assistant: … word143" in shown and "word149 [-word150-]{+WORD150+} word151" in shown


def test_the_first_draft_is_compared_with_nothing(run: Run, project: Path) -> None:
    assert run("diff").out == "no difference; 0 examples unchanged\n"
    run("import", "data.jsonl")
    report = json.loads(run("diff", "--json").out)
    assert (report["from"], report["added"]) == (None, 3)


@pytest.mark.parametrize("other", ["--stat", "--json"])
def test_json_lines_exclude_other_forms(other: str, run: Run, edited: Path) -> None:
    outcome = run("diff", "--jsonl", other)
    assert outcome.code == 2
    assert outcome.err.splitlines()[2] == "code:  options-exclude"


def test_output_that_is_cut_off_ends_quietly(shell: Callable[..., Outcome]) -> None:
    outcome = shell(
        "vault init -q; for i in $(seq 20000); do echo '{\"text\": \"'$i'\"}'; done > a.jsonl;"
        "vault import -q a.jsonl; vault diff --jsonl | head -1"
    )
    assert outcome.out.count("\n") == 1
    assert outcome.err == ""


def test_a_table_by_field_fits_the_terminal(run: Run, project: Path) -> None:
    rows = [chat(f"q{each}", "a", topic=f"{each} " + "long " * 40) for each in range(25)]
    write_lines(project / "many.jsonl", rows)
    run("import", "many.jsonl")
    lines = run("diff", "--by", "topic").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[21] == "… and 5 more (--json has all)"
    assert len(json.loads(run("diff", "--by", "topic", "--json").out)["by"]) == 25
