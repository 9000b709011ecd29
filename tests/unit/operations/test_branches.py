"""Branches: made, listed, renamed, deleted, and never with anything lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.library import Library, chat
from vault.errors import AlreadyExists, Conflict, InvalidInput, NotFound, VaultError


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with one commit on main."""
    made = Library(tmp_path)
    made.write("a.jsonl", [chat("one"), chat("two")])
    made.run("a.jsonl")
    made.repository.commit("first")
    return made


def _names(library: Library) -> dict[str, bool]:
    return {each.name: each.current for each in library.repository.branches().branches}


def test_a_branch_begins_at_head_or_where_it_is_told(library: Library) -> None:
    first = library.repository.status().commit
    library.repository.commit("second", allow_empty=True)
    library.repository.branch("here")
    library.repository.branch("there", "HEAD~1")
    branches = {str(each.name): each.commit for each in library.repository.branches().branches}
    assert branches["there"] == first
    assert branches["here"] == branches["main"] != first
    assert _names(library) == {"here": False, "main": True, "there": False}


def test_before_the_first_commit_the_current_branch_is_listed(tmp_path: Path) -> None:
    branch = Library(tmp_path).repository.branches().branches[0]
    assert (branch.name, branch.commit, branch.current) == ("main", None, True)


def test_a_commit_moves_only_the_branch_that_head_is_on(library: Library) -> None:
    library.repository.branch("other")
    library.repository.commit("second", allow_empty=True)
    branches = {str(each.name): each.commit for each in library.repository.branches().branches}
    assert branches["other"] != branches["main"]


def test_renaming_takes_head_and_stage_along(library: Library) -> None:
    library.write("b.jsonl", [chat("three")])
    library.run("b.jsonl")
    library.repository.rename_branch("trunk")
    assert _names(library) == {"trunk": True}
    assert library.questions() == ["one", "two", "three"]
    library.repository.branch("other")
    library.repository.rename_branch("another", old="other")
    assert _names(library) == {"another": False, "trunk": True}


def test_a_branch_whose_commits_are_reached_elsewhere_is_deleted(library: Library) -> None:
    library.repository.branch("other")
    deleted = library.repository.delete_branch("other").branches[0]
    assert deleted.name == "other"
    assert _names(library) == {"main": True}


def test_commits_that_only_this_branch_reaches_are_not_lost_unasked(library: Library) -> None:
    library.repository.switch("other", create=True)
    library.repository.commit("only here", allow_empty=True)
    library.repository.switch("main")
    with pytest.raises(Conflict) as caught:
        library.repository.delete_branch("other")
    assert caught.value.code == "branch-not-merged"
    library.repository.tag("kept", "other")
    library.repository.delete_branch("other")


def test_staged_changes_are_not_lost_with_a_branch_unasked(library: Library) -> None:
    library.repository.switch("other", create=True)
    library.write("b.jsonl", [chat("three")])
    library.run("b.jsonl")
    library.repository.switch("main")
    with pytest.raises(Conflict) as caught:
        library.repository.delete_branch("other")
    assert caught.value.code == "branch-has-stage"
    library.repository.delete_branch("other", force=True)
    library.repository.branch("other")
    assert not library.repository.switch("other").staged.added


@pytest.mark.parametrize(
    ("act", "error", "code"),
    [
        (lambda r: r.branch("main"), AlreadyExists, "branch-exists"),
        (lambda r: r.branch("v1"), AlreadyExists, "ref-name-taken"),
        (lambda r: r.tag("main"), AlreadyExists, "ref-name-taken"),
        (lambda r: r.branch("../x"), InvalidInput, "ref-name-invalid"),
        (lambda r: r.branch("x", "nope"), NotFound, "revision-not-found"),
        (lambda r: r.branch("x", "STAGE"), InvalidInput, "commit-needed"),
        (lambda r: r.delete_branch("main"), Conflict, "branch-current"),
        (lambda r: r.delete_branch("nope"), NotFound, "branch-not-found"),
        (lambda r: r.rename_branch("v1"), AlreadyExists, "ref-name-taken"),
        (lambda r: r.rename_branch("x", old="nope"), NotFound, "branch-not-found"),
        (lambda r: r.switch("nope"), NotFound, "branch-not-found"),
        (lambda r: r.switch("v1"), InvalidInput, "switch-names-commit"),
        (lambda r: r.switch("main", create=True), AlreadyExists, "branch-exists"),
        (lambda r: r.switch("x", take_stage=True), InvalidInput, "take-stage-alone"),
        (lambda r: r.checkout("STAGE"), InvalidInput, "commit-needed"),
        (lambda r: r.checkout("nope"), NotFound, "revision-not-found"),
        (lambda r: r.reset("STAGE"), InvalidInput, "commit-needed"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    library: Library, act: object, error: type[VaultError], code: str
) -> None:
    library.repository.tag("v1")
    before = library.repository.operations()
    with pytest.raises(error) as caught:
        act(library.repository)  # type: ignore[operator]
    assert caught.value.code == code
    assert library.repository.operations() == before
