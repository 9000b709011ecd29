"""`vault tag`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_tags_are_made_and_listed(run: Run, committed: Path) -> None:
    commit = json.loads(run("status", "--json").out)["commit"]
    assert run("tag", "v1", "-m", "first").out == f"v1 is now the name of {commit[:12]}\n"
    assert run("tag").out == f"v1  {commit[:12]}  first\n"
    assert json.loads(run("tag", "--json").out) == {
        "tags": [{"name": "v1", "commit": commit, "message": "first"}]
    }


def test_without_tags_there_is_a_hint(run: Run, committed: Path) -> None:
    outcome = run("tag")
    assert (outcome.code, outcome.out) == (0, "")
    assert "`vault tag v1`" in outcome.err


def test_a_tag_stays_unless_it_is_moved_on_purpose(run: Run, committed: Path) -> None:
    run("tag", "v1")
    run("commit", "-m", "two", "--allow-empty")
    outcome = run("tag", "v1")
    assert outcome.code == 4
    assert outcome.err.splitlines()[1:] == [
        "hint:  `vault tag -f v1` moves it",
        "code:  tag-exists",
    ]
    assert run("tag", "v1", "-f").code == 0
    assert run("tag", "v0", "HEAD~1").code == 0


def test_deleting_says_how_to_take_it_back(run: Run, committed: Path) -> None:
    commit = json.loads(run("status", "--json").out)["commit"]
    run("tag", "v1")
    outcome = run("tag", "-d", "v1")
    assert outcome.out == f"deleted the tag v1, which was at {commit[:12]}\n"
    assert outcome.err == f"hint:  `vault tag v1 {commit[:12]}` brings it back\n"
    assert run("tag", "-d", "v1").code == 3


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (["quality=gold"], 2, "tag-is-label"),
        (["-d"], 2, "tag-name-missing"),
        (["-d", "v1", "HEAD"], 2, "tag-delete-alone"),
        (["../x"], 2, "ref-name-invalid"),
        (["v1", "nope"], 3, "revision-not-found"),
        (["v1", "STAGE"], 2, "stage-not-taggable"),
    ],
)
def test_what_cannot_be_tagged_is_refused(
    words: list[str], exit_code: int, code: str, run: Run, committed: Path
) -> None:
    outcome = run("tag", *words)
    assert (outcome.code, outcome.err.splitlines()[2]) == (exit_code, f"code:  {code}")


def test_a_label_is_pointed_to_the_command_that_makes_one(run: Run, committed: Path) -> None:
    assert "`vault label quality=gold EXAMPLE`" in run("tag", "quality=gold").err
