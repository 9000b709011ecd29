"""Reverting: the opposite of one commit, whatever was done since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.library import Library, chat
from vault.dataset.changing.edit import rearranged
from vault.dataset.changing.stage import change_stage
from vault.dataset.choosing.by_id_prefix import rows_named
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.removals import removals_for, with_removals
from vault.errors import AnswerIsNo
from vault.objects.manifest import Manifest
from vault.session.context import Draft


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with a commit of three examples."""
    made = Library(tmp_path)
    made.write("a.jsonl", [chat("one"), chat("two"), chat("three")])
    made.run("a.jsonl")
    made.repository.commit("first")
    return made


def _second(library: Library) -> None:
    """Commit a round: two added, one changed, one removed, one relabelled, one line refused."""
    library.write("a.jsonl", [chat("one"), chat("two", "No.")])
    library.run("a.jsonl", mode="replace")
    path = library.write("b.jsonl", [chat("four"), chat("five")])
    with open(path, "a", encoding="utf-8") as file:
        file.write("{broken\n")
    library.run("b.jsonl")
    library.label("one", quality="bad")
    library.repository.commit("bad round")


def test_a_commit_that_was_just_made_is_undone_whole(library: Library) -> None:
    _second(library)
    report = library.repository.revert("HEAD")
    assert (report.taken_out, report.brought_back, report.exchanged) == (2, 1, 1)
    assert (report.relabelled, report.changed_since, report.missing) == (1, 0, 0)
    assert library.ids() == library.ids("HEAD~1")
    assert library.labels() == {}
    assert library.repository.quarantine().quarantined == ()
    assert (report.quarantine_left, report.quarantine_back) == (1, 0)
    status = library.repository.status()
    assert status.has_stage
    commit = library.repository.commit("without it")
    assert commit.fingerprint == library.repository.log().commits[2].fingerprint


def test_what_came_since_stays(library: Library) -> None:
    _second(library)
    library.write("c.jsonl", [chat("six")])
    library.run("c.jsonl")
    library.repository.commit("third")
    library.repository.revert("HEAD~1")
    assert library.questions() == ["one", "two", "three", "six"]


def test_what_was_reverted_stays_out_with_the_commit_as_reason(library: Library) -> None:
    _second(library)
    commit = library.repository.revert("HEAD").commit
    items = library.repository.removed(reason="revert").items
    assert {each.detail["commit"] for each in items} == {commit}
    assert {each.detail["message"] for each in items} == {"bad round"}
    assert len(items) == 3
    again = library.run("b.jsonl")
    assert (again.imported, again.returned) == (0, 2)


def test_examples_that_were_edited_since_are_left_alone_and_counted(library: Library) -> None:
    _second(library)
    library.write("b.jsonl", [chat("four", "Better."), chat("five")])
    library.run("b.jsonl", mode="replace")
    library.repository.commit("mended")
    report = library.repository.revert("HEAD~1")
    assert (report.taken_out, report.changed_since) == (1, 1)
    assert library.questions() == ["one", "two", "three", "four"]


def test_a_label_that_was_changed_since_stays(library: Library) -> None:
    library.label("one", quality="bad", topic="x")
    library.repository.commit("labels")
    library.label("one", quality="gold")
    library.repository.commit("better labels")
    report = library.repository.revert("HEAD~1")
    assert report.relabelled == 1
    assert library.labels() == {"one": {"quality": "gold"}}


def test_the_first_commit_can_be_reverted_too(library: Library) -> None:
    report = library.repository.revert("HEAD")
    assert (report.taken_out, library.questions()) == (3, [])


def test_reverting_twice_says_that_nothing_is_left(library: Library) -> None:
    _second(library)
    library.repository.revert("HEAD")
    before = library.repository.operations()
    with pytest.raises(AnswerIsNo) as caught:
        library.repository.revert("HEAD")
    assert caught.value.code == "nothing-to-revert"
    assert library.repository.operations() == before


def _dedupe(library: Library, question: str, keeper: str) -> None:
    """Take an example out as a near-duplicate of another, as a dedupe does."""
    context = library.repository._context()
    kept = library.id_of(keeper)
    gone = library.id_of(question)

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, None]:
        keys = dataset.keys()
        rows = rows_named(dataset, keys, [gone], where="the stage")
        manifest = rearranged(dataset, keys, keys[keys != rows[0]])
        removals = removals_for(context, dataset, rows, "near-duplicate", detail={"keeper": kept})
        return with_removals(context.store, replace(manifest), removals), None

    change_stage(context, change)


def test_what_left_only_as_a_duplicate_of_the_reverted_is_told_and_readmitted(
    library: Library,
) -> None:
    _second(library)
    library.write("c.jsonl", [chat("four!"), chat("one!")])
    library.run("c.jsonl")
    _dedupe(library, "four!", "four")
    _dedupe(library, "one!", "one")
    library.repository.commit("deduplicated")
    report = library.repository.revert("HEAD~1")
    assert (report.missing, report.readmitted) == (1, 0)
    assert "four!" not in library.questions()
    library.repository.undo()
    report = library.repository.revert("HEAD~1", readmit=True)
    assert (report.missing, report.readmitted) == (0, 1)
    assert library.questions() == ["one", "two", "three", "four!"]
    assert [each.reason for each in library.repository.removed().items] == [
        "near-duplicate",
        "revert",
        "revert",
        "revert",
    ]
