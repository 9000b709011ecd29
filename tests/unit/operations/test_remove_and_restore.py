"""Taking examples out and bringing them back: what, where they stand, and what was said of them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound, VaultError

QUESTIONS = ["one", "two", "three", "four", "five"]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with a commit of five examples from two sources, the third labelled."""
    made = Library(tmp_path)
    made.write("a.jsonl", [chat(each) for each in QUESTIONS[:3]])
    made.write("b.jsonl", [chat(each) for each in QUESTIONS[3:]])
    made.run("a.jsonl", "b.jsonl")
    made.label("three", quality="gold")
    made.repository.commit("first")
    return made


def test_what_is_taken_out_is_gone_and_said_to_be(library: Library) -> None:
    taken = library.id_of("two")
    report = library.repository.rm([taken[:8]])
    assert (report.removed, report.staged.removed, report.staged.examples) == (1, 1, 4)
    assert library.questions() == ["one", "three", "four", "five"]
    item = library.repository.removed().items[0]
    assert (item.id, item.reason, item.command) == (taken, "rm", "python")
    assert library.repository.show(taken).removals[0].reason == "rm"  # type: ignore[union-attr]


def test_what_was_taken_out_stays_out_when_it_is_imported_again(library: Library) -> None:
    library.repository.rm([library.id_of("two")])
    report = library.run("a.jsonl")
    assert (report.imported, report.returned) == (0, 1)
    assert library.run("a.jsonl", readmit=True).imported == 1
    assert not library.repository.removed().items


def test_several_come_back_where_they_stood_with_their_labels(library: Library) -> None:
    wanted = [library.id_of(each) for each in ("four", "one", "three")]
    library.repository.rm(wanted)
    assert library.labels() == {}
    report = library.repository.restore(wanted)
    assert (report.restored, report.exchanged, report.unchanged) == (3, 0, 0)
    assert library.questions() == QUESTIONS
    assert library.labels() == {"three": {"quality": "gold"}}
    assert not library.repository.status().has_stage


def test_what_came_meanwhile_stays_and_order_is_kept_around_it(library: Library) -> None:
    wanted = [library.id_of(each) for each in ("one", "five")]
    library.repository.rm(wanted)
    library.write("c.jsonl", [chat("six")])
    library.run("c.jsonl")
    library.repository.restore(wanted)
    assert library.questions() == ["one", "two", "three", "four", "five", "six"]


def test_an_edited_example_gives_its_place_back(library: Library) -> None:
    old = library.id_of("two")
    library.write("a.jsonl", [chat("one"), chat("two", "No."), chat("three")])
    library.run("a.jsonl", mode="replace")
    assert library.repository.status().staged.changed == 1
    report = library.repository.restore([old])
    assert (report.restored, report.exchanged) == (1, 1)
    assert library.ids() == library.ids("HEAD")


def test_labels_come_back_alone_where_the_example_had_not_gone(library: Library) -> None:
    library.label("three", quality="bad", note="x")
    wanted = [library.id_of("three"), library.id_of("one")]
    report = library.repository.restore(wanted, revision="HEAD")
    assert (report.restored, report.relabelled, report.unchanged) == (0, 1, 1)
    assert library.labels() == {"three": {"quality": "gold"}}


def test_an_example_of_another_version_comes_back_from_there(library: Library) -> None:
    gone = library.id_of("five")
    library.repository.rm([gone])
    library.repository.commit("second")
    library.repository.commit("third", allow_empty=True)
    with pytest.raises(NotFound) as caught:
        library.repository.restore([gone], revision="HEAD")
    assert caught.value.code == "example-not-there"
    library.repository.restore([gone[:10]])
    assert library.questions() == QUESTIONS


def test_what_was_never_committed_comes_back_as_well(library: Library) -> None:
    library.write("c.jsonl", [chat("six"), chat("seven")])
    library.run("c.jsonl")
    gone = library.id_of("six")
    library.repository.rm([gone])
    shown = library.repository.show(gone)
    assert (shown.commits, shown.staged) == ((), False)  # type: ignore[union-attr]
    assert library.repository.restore([gone]).restored == 1
    assert library.questions() == [*QUESTIONS, "seven", "six"]
    assert not library.repository.removed().items


def test_a_row_that_comes_back_belongs_to_the_source_that_it_had(library: Library) -> None:
    library.write("all.jsonl", [chat(each) for each in QUESTIONS])
    library.run("all.jsonl", mode="replace-all")
    library.repository.commit("taken over")
    gone = library.id_of("two")
    library.repository.rm([gone])
    library.repository.restore([gone])
    library.write("all.jsonl", [chat("six")])
    library.run("all.jsonl", mode="replace")
    assert library.questions() == ["six"]


def test_restoring_what_is_there_changes_nothing(library: Library) -> None:
    before = library.repository.operations()
    report = library.repository.restore([library.id_of("two")])
    assert (report.restored, report.unchanged) == (0, 1)
    assert library.repository.operations() == before


@pytest.mark.parametrize(
    ("act", "error", "code"),
    [
        (lambda r: r.rm(["abcdabcd"]), NotFound, "example-not-there"),
        (lambda r: r.rm(["xyz"]), InvalidInput, "example-invalid"),
        (lambda r: r.rm([""]), InvalidInput, "example-invalid"),
        (lambda r: r.rm([]), InvalidInput, "examples-missing"),
        (lambda r: r.rm(["abcd"], where="true"), InvalidInput, "examples-or-where"),
        (lambda r: r.restore([]), InvalidInput, "examples-missing"),
        (lambda r: r.restore(["abcdabcd"]), NotFound, "example-not-found"),
        (lambda r: r.restore(["abcd"], revision="nope"), NotFound, "revision-not-found"),
        (lambda r: r.removed(reason="dedupe"), NotFound, "reason-not-found"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    library: Library, act: object, error: type[VaultError], code: str
) -> None:
    before = library.repository.operations()
    with pytest.raises(error) as caught:
        act(library.repository)  # type: ignore[operator]
    assert caught.value.code == code
    assert library.repository.operations() == before


def test_an_ambiguous_beginning_is_refused(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("many.jsonl", [chat(str(number)) for number in range(1500)])
    library.run("many.jsonl")
    ids = sorted(library.ids())
    twins = [a for a, b in pairwise(ids) if a[:4] == b[:4]]
    assert twins, "1,500 ids share a beginning of four digits somewhere"
    with pytest.raises(InvalidInput) as caught:
        library.repository.rm([twins[0][:4]])
    assert caught.value.code == "example-ambiguous"
    assert library.repository.rm([twins[0]]).removed == 1


def test_one_that_cannot_be_found_keeps_all_where_they_are(library: Library) -> None:
    with pytest.raises(NotFound):
        library.repository.rm([library.id_of("one"), "abcdabcd"])
    assert library.questions() == QUESTIONS


def test_what_takes_nothing_out_is_no_operation(library: Library) -> None:
    library.label("one", quality="bad")
    before = library.repository.operations().items
    assert library.repository.rm(where="turns > 99").removed == 0
    assert library.repository.operations().items == before
