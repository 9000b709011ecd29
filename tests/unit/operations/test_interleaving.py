"""Two writers at once: nothing is lost, nothing comes back, and each sees what the other did."""

from __future__ import annotations

import pytest

from tests.support.drafting import remove
from tests.support.interleaving import repository_after
from tests.support.library import Library, chat
from vault.errors import AnswerIsNo
from vault.operations.imports.import_options import ImportMode


def test_two_imports_at_once_both_arrive(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("both")])
    library.write("b.jsonl", [chat("both"), chat("b")])
    late = repository_after(library.folder, lambda: library.run("a.jsonl"))

    late.import_files([str(library.folder / "b.jsonl")])

    assert library.questions() == ["a", "both", "b"]
    assert library.repository.status().staged.added == 3


def test_what_is_imported_during_a_commit_stays_staged(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.write("b.jsonl", [chat("b"), chat("c")])
    library.run("a.jsonl")
    late = repository_after(library.folder, lambda: library.run("b.jsonl"))

    report = late.commit("one")
    status = library.repository.status()

    assert (report.examples, report.added) == (1, 1)
    assert library.questions("HEAD") == ["a"]
    assert library.questions() == ["a", "b", "c"]
    assert (status.staged.added, status.staged.removed, status.commit) == (2, 0, report.commit)
    assert library.repository.commit("two").added == 2
    assert not library.repository.status().has_stage


def test_a_commit_after_another_commit_records_what_is_left(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.write("b.jsonl", [chat("b")])
    library.run("a.jsonl")

    def first() -> None:
        library.repository.commit("first")
        library.run("b.jsonl")

    report = repository_after(library.folder, first).commit("second")

    assert (report.examples, report.added) == (2, 1)
    newest, before = library.repository.log().commits
    assert (newest.message, before.message) == ("second", "first")
    assert report.parents == newest.parents == (before.commit,)


def test_a_commit_of_what_another_has_committed_says_that_nothing_is_left(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl")
    late = repository_after(library.folder, lambda: library.repository.commit("first"))

    with pytest.raises(AnswerIsNo) as caught:
        late.commit("second")

    assert caught.value.code == "nothing-to-commit"
    assert len(library.repository.log().commits) == 1


def test_an_import_that_meets_a_commit_is_staged_over_it(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.write("b.jsonl", [chat("b")])
    library.run("a.jsonl")
    late = repository_after(library.folder, lambda: library.repository.commit("one"))

    report = late.import_files([str(library.folder / "b.jsonl")])

    assert report.staged is not None and report.staged.added == 1
    assert library.questions() == ["a", "b"]
    assert library.repository.status().staged.added == 1


@pytest.mark.parametrize("mode", ["append", "update"])
def test_an_import_does_not_bring_back_what_was_removed_meanwhile(
    library: Library, mode: str
) -> None:
    library.write("a.jsonl", [chat("a"), chat("b"), chat("c")])
    library.write("b.jsonl", [chat("b"), chat("d")])
    library.run("a.jsonl")
    late = repository_after(library.folder, lambda: remove(library.repository, [1]))

    late.import_files([str(library.folder / "b.jsonl")], mode=ImportMode(mode))

    assert library.questions() == ["a", "c", "d"]


def test_readmitting_brings_back_what_was_removed_meanwhile(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b")])
    library.run("a.jsonl")
    late = repository_after(library.folder, lambda: remove(library.repository, [1]))

    late.import_files([str(library.folder / "a.jsonl")], readmit=True)
    assert library.questions() == ["a", "b"]
    assert library.run("a.jsonl").returned == 0


def test_replacing_a_source_meets_an_import_of_another(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b")])
    library.run("a.jsonl")
    library.write("b.jsonl", [chat("c")])
    library.write("a.jsonl", [chat("b"), chat("c"), chat("e")])
    late = repository_after(library.folder, lambda: library.run("b.jsonl"))

    late.import_files([str(library.folder / "a.jsonl")], mode=ImportMode.REPLACE)

    assert sorted(library.questions()) == ["b", "c", "e"]
    assert len(set(library.questions())) == 3


def test_the_same_line_refused_by_two_imports_is_in_quarantine_once(library: Library) -> None:
    (library.folder / "a.jsonl").write_text('{"text": "a"}\nbroken\n', encoding="utf-8")
    late = repository_after(library.folder, lambda: library.run("a.jsonl"))

    late.import_files([str(library.folder / "a.jsonl")])

    assert len(library.repository.quarantine().quarantined) == 1
    assert library.repository.status().examples == 1


def test_an_amended_message_keeps_what_was_staged_meanwhile(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.write("b.jsonl", [chat("b")])
    library.run("a.jsonl")
    library.repository.commit("one")
    late = repository_after(library.folder, lambda: library.run("b.jsonl"))

    report = late.commit("better", amend=True)

    assert (report.examples, report.parents) == (1, ())
    assert library.questions() == ["a", "b"]
    assert library.repository.status().staged.added == 1
    assert library.repository.diff(limit=0).added == 1
