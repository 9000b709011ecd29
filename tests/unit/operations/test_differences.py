"""Differences: the changes between two versions, page by page, and each of them."""

from __future__ import annotations

import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound
from vault.operations.queries.browse import MOST_ROWS
from vault.operations.queries.differences import CHANGES, Differences


@pytest.fixture
def changed(library: Library) -> Library:
    """Of 500 on the stage 100 are edited, 50 labelled, 20 taken out and 80 new."""
    rows = [chat(f"Question {n}?", f"The answer is {n} of many") for n in range(500)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    library.repository.commit("first")
    rows[:100] = [chat(f"Question {n}?", f"The reply is {n} of many") for n in range(100)]
    library.write("a.jsonl", [*rows, *(chat(f"New {n}?") for n in range(80))])
    library.run("a.jsonl", mode="replace")
    ids = library.ids()
    library.repository.label({"quality": "gold"}, ids[200:250])
    library.repository.rm(ids[300:320])
    return library


def _ids(found: Differences, change: str | None, size: int) -> list[tuple[str, str]]:
    total = found.total(change)
    pages = [found.page(offset, size, change) for offset in range(0, total, size)]
    return [(each.change, each.row.id) for page in pages for each in page]


@pytest.mark.parametrize("size", [7, 100, 190])
def test_pages_hold_what_diff_lists(changed: Library, size: int) -> None:
    found = changed.repository.differences()
    items = changed.repository.diff(limit=1_000).items
    assert _ids(found, None, size) == [(each.change, each.id) for each in items]
    for change in CHANGES:
        wanted = [(each.change, each.id) for each in items if each.change == change]
        assert _ids(found, change, size) == wanted
    counts = found.counts
    assert (counts.changed, counts.relabelled, counts.added, counts.removed) == (100, 50, 80, 20)
    assert found.unchanged == 330


def test_a_page_has_a_bound_and_ends(changed: Library) -> None:
    found = changed.repository.differences()
    assert len(found.page(0, 10**9)) == MOST_ROWS
    assert found.page(250, 10) == ()
    assert found.page(-5, 1) == found.page(0, 1)
    assert found.page(0, -1) == ()


def test_each_kind_of_change_is_shown(changed: Library) -> None:
    found = changed.repository.differences()
    edited = found.shown(0, "changed")
    assert edited.diff is not None and edited.example is None
    assert edited.old is not None and edited.new is not None
    assert edited.old.id != edited.new.id
    pieces = edited.diff.turns[1].pieces
    assert [(each.kind, each.text) for each in pieces[1:3]] == [
        ("removed", "answer"),
        ("added", "reply"),
    ]
    labelled = found.shown(0, "relabelled")
    (label,) = labelled.labels
    assert (label.name, label.old, label.new) == ("quality", None, "gold")
    assert labelled.example is not None and labelled.diff is None
    new = found.shown(0, "added")
    assert new.old is None and new.example is not None
    gone = found.shown(19, "removed")
    assert gone.new is None and gone.removal is not None
    assert gone.removal.reason == "rm"
    assert found.shown(100 + 50 + 80 + 19) == gone


@pytest.mark.parametrize("place", [-1, 250])
def test_a_change_that_is_not_there_is_not_found(changed: Library, place: int) -> None:
    with pytest.raises(NotFound) as told:
        changed.repository.differences().shown(place)
    assert told.value.code == "change-not-there"


def test_an_unknown_kind_is_refused(changed: Library) -> None:
    with pytest.raises(InvalidInput) as told:
        changed.repository.differences().total("moved")
    assert told.value.code == "change-unknown"


def test_the_version_names_both_sides(changed: Library) -> None:
    repository = changed.repository
    found = repository.differences()
    assert found.version == repository.differences("HEAD", "STAGE").version
    assert found.version == repository.differences(None, "STAGE").version
    assert (found.from_, found.to) == (repository.log().head, "STAGE")
    repository.rm(changed.ids()[:1])
    assert repository.differences().version != found.version
    assert found.total() == 250


def test_before_a_commit_all_is_added(library: Library) -> None:
    library.write("a.jsonl", [chat("Question?")])
    library.run("a.jsonl")
    found = library.repository.differences()
    assert (found.from_, found.counts.added, found.unchanged) == (None, 1, 0)


def test_only_what_satisfies_expressions_is_compared(changed: Library) -> None:
    found = changed.repository.differences(where="labels.quality = 'gold'")
    assert {each.change for each in found.page(0, 200)} == {"relabelled"}
