"""Where HEAD goes, and what becomes of what is staged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.library import Library, chat
from vault.errors import Conflict, NotFound


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with a commit on main, and one example staged over it."""
    made = Library(tmp_path)
    made.write("a.jsonl", [chat("one")])
    made.write("b.jsonl", [chat("two")])
    made.run("a.jsonl")
    made.repository.commit("first")
    made.run("b.jsonl")
    return made


def test_each_branch_has_a_stage_of_its_own(library: Library) -> None:
    report = library.repository.switch("other", create=True)
    assert (report.parked, report.staged.added) == ("main", 0)
    assert library.questions() == ["one"]
    assert library.repository.status().parked == ("main",)
    library.write("c.jsonl", [chat("three")])
    library.run("c.jsonl")
    back = library.repository.switch("main")
    assert (back.parked, back.staged.added) == ("other", 1)
    assert library.questions() == ["one", "two"]
    library.repository.switch("other")
    assert library.questions() == ["one", "three"]


def test_a_new_branch_may_take_along_what_is_staged(library: Library) -> None:
    report = library.repository.switch("other", create=True, take_stage=True)
    assert (report.parked, report.staged.added) == (None, 1)
    library.repository.commit("second")
    library.repository.switch("main")
    assert library.questions() == ["one"]


def test_before_the_first_commit_the_branch_is_renamed(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [chat("one")])
    library.run("a.jsonl")
    library.repository.switch("trunk", create=True)
    assert [each.name for each in library.repository.branches().branches] == ["trunk"]
    assert library.questions() == ["one"]
    library.repository.commit("first")
    assert library.repository.status().branch == "trunk"


def test_a_dash_is_the_branch_before(library: Library) -> None:
    with pytest.raises(NotFound) as caught:
        library.repository.switch("-")
    assert caught.value.code == "no-previous-branch"
    library.repository.switch("other", create=True)
    assert library.repository.switch("-").branch == "main"
    assert library.repository.switch("-").branch == "other"
    library.repository.checkout("HEAD~0")
    assert library.repository.switch("-").branch == "other"


def test_switching_to_the_current_branch_changes_nothing(library: Library) -> None:
    before = library.repository.operations()
    report = library.repository.switch("main")
    assert not report.moved
    assert library.repository.operations() == before


def test_checkout_of_a_commit_leaves_every_branch(library: Library) -> None:
    library.repository.commit("second")
    first = library.repository.log().commits[-1].commit
    report = library.repository.checkout(first[:10])
    assert (report.branch, report.commit, report.moved) == (None, first, True)
    status = library.repository.status()
    assert (status.branch, status.commit, status.examples) == (None, first, 1)
    assert library.repository.branches().detached == first
    assert library.repository.checkout("main").branch == "main"


def test_on_a_detached_head_nothing_can_be_staged_or_committed(library: Library) -> None:
    library.repository.commit("second")
    library.repository.tag("v1")
    library.repository.checkout("v1")
    for act in (
        lambda: library.run("b.jsonl"),
        lambda: library.repository.commit("third"),
        lambda: library.repository.discard(),
        lambda: library.repository.rm(["abcd"]),
        lambda: library.repository.reset("HEAD~1"),
        lambda: library.repository.rename_branch("x"),
    ):
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.code == "detached-head"
    library.repository.switch("fix", create=True)
    library.repository.commit("third", allow_empty=True)
    assert library.repository.log().commits[0].branches == ("fix",)


def test_checkout_does_not_walk_away_from_staged_changes(library: Library) -> None:
    library.repository.branch("other")
    for revision in ("other", "HEAD~0"):
        with pytest.raises(Conflict) as caught:
            library.repository.checkout(revision)
        assert caught.value.code == "stage-in-the-way"
    assert not library.repository.checkout("main").moved


def test_reset_keeps_the_data_staged(library: Library) -> None:
    library.repository.commit("second")
    report = library.repository.reset("HEAD~1")
    assert (report.staged.added, library.questions(), library.questions("HEAD")) == (
        1,
        ["one", "two"],
        ["one"],
    )
    again = library.repository.commit("second again")
    assert again.added == 1


def test_a_hard_reset_drops_what_differs(library: Library) -> None:
    library.repository.commit("second")
    library.write("c.jsonl", [chat("three")])
    library.run("c.jsonl")
    library.repository.reset("HEAD~1", hard=True)
    assert library.questions() == ["one"]
    assert not library.repository.status().has_stage


def test_discarding_gives_back_what_the_commit_holds(library: Library) -> None:
    report = library.repository.discard()
    assert report.discarded is not None
    assert report.discarded.added == 1
    assert library.questions() == ["one"]
    assert library.repository.discard().discarded is None
