"""`vault log`, and the graph beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines
from vault.presentation.commit_graph import Lanes

Run = Callable[..., Outcome]


@pytest.fixture
def history(run: Run, committed: Path) -> list[str]:
    """Two commits, newest first, the first one tagged `v1`."""
    run("tag", "v1")
    write_lines(committed / "more.jsonl", [chat("More?", "Yes.")])
    run("import", "more.jsonl")
    run("commit", "-m", "round 2\n\nwith \x1b[31mreasons", "--meta", "by=ada")
    return [each["commit"] for each in json.loads(run("log", "--json").out)["commits"]]


def test_history_is_shown_newest_first(run: Run, history: list[str]) -> None:
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", run("log").out)
    assert text.splitlines() == [
        f"commit {history[0][:12]} (HEAD, main)",
        "author: ada",
        "date:   TIME UTC",
        "data:   4 examples",
        "meta:   by=ada",
        "",
        "    round 2",
        "",
        "    with \\x1b[31mreasons",
        "",
        f"commit {history[1][:12]} (tag v1)",
        "author: ada",
        "date:   TIME UTC",
        "data:   3 examples",
        "",
        "    round 1",
    ]
    assert history[0] in run("log", "-v").out


def test_one_line_a_commit_with_counts_and_graph(run: Run, history: list[str]) -> None:
    new, old = (each[:12] for each in history)
    assert run("log", "--oneline").out.splitlines() == [
        f"{new} (HEAD, main) round 2",
        f"{old} (tag v1) round 1",
    ]
    assert run("log", "--oneline", "--stat", "--graph").out.splitlines() == [
        f"* {new} (HEAD, main) round 2",
        "|     1 added",
        f"* {old} (tag v1) round 1",
        "      3 added",
    ]


def test_history_begins_where_it_is_told_and_ends_there_too(run: Run, history: list[str]) -> None:
    assert run("log", "v1", "--oneline").out.count("\n") == 1
    assert run("log", "-n", "1", "--oneline").out.count("\n") == 1
    assert json.loads(run("log", "-n", "0", "--json").out)["commits"] == []


def test_json_has_names_and_parents(run: Run, history: list[str]) -> None:
    new, old = json.loads(run("log", "--json").out)["commits"]
    assert (new["branches"], new["tags"], new["parents"]) == (["main"], [], [old["commit"]])
    assert (old["branches"], old["tags"], old["parents"]) == ([], ["v1"], [])


def test_a_repository_without_commits_says_how_to_make_one(run: Run, project: Path) -> None:
    outcome = run("log")
    assert (outcome.code, outcome.out) == (0, "")
    assert "`vault commit" in outcome.err
    assert json.loads(run("log", "--json").out)["commits"] == []


def test_an_unknown_revision_is_not_found(run: Run, history: list[str]) -> None:
    outcome = run("log", "maim")
    assert outcome.code == 3
    assert outcome.err.splitlines() == [
        'error: no branch, tag or commit is called "maim"',
        'hint:  did you mean "main"? `vault branch` and `vault tag` list names, '
        "`vault log --oneline` commits",
        "code:  revision-not-found",
    ]


def graph(parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the graph of commits that are listed newest first."""
    lanes = Lanes()
    lines: list[str] = []
    for commit, known in parents.items():
        lines += lanes.beside(commit, known, [commit])
    return lines


def test_the_graph_shows_where_a_branch_was_merged() -> None:
    assert graph({"d": "bc", "c": "a", "b": "a", "a": ""}) == [
        "*   d",
        "|\\",
        "| * c",
        "* | b",
        "|/",
        "* a",
    ]


def test_the_graph_shows_two_merges_of_one_branch() -> None:
    assert graph({"f": "de", "e": "c", "d": "bc", "c": "a", "b": "a", "a": ""}) == [
        "*   f",
        "|\\",
        "| * e",
        "* |   d",
        "|\\ \\",
        "| |/",
        "| * c",
        "* | b",
        "|/",
        "* a",
    ]


def test_a_lane_crosses_those_between() -> None:
    assert graph({"e": "dc", "d": "ba", "c": "b", "b": "a", "a": ""}) == [
        "*   e",
        "|\\",
        "* |   d",
        "|\\ \\",
        "| | * c",
        "| |/",
        "|/|",
        "* | b",
        "|/",
        "* a",
    ]


def test_the_history_of_the_stage_is_that_of_head(run: Run, committed: Path) -> None:
    outcome = run("log", "STAGE")
    assert outcome == run("log")
    assert "round 1" in outcome.out


def test_empty_lines_of_a_message_have_no_trailing_blanks(run: Run, committed: Path) -> None:
    run("commit", "--amend", "-m", "first\n\nsecond")
    assert "    first\n\n    second\n" in run("log").out
