"""Undo and redo: every command, again and again, and never somebody else's by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.library import NOW, Library, chat
from tests.support.repositories import opened, view_of
from vault.errors import AnswerIsNo, Conflict, InvalidInput, NotFound
from vault.objects.log.view import View
from vault.repository import Repository
from vault.session.open_repository import begin
from vault.store.memory import MemoryBackend
from vault.store.operation_log import Intent, OperationLog


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with a file to import."""
    made = Library(tmp_path)
    made.write("a.jsonl", [chat("one"), chat("two")])
    made.write("b.jsonl", [chat("three")])
    return made


def _view(library: Library) -> View:
    return library.repository._log.tip().view


def test_undoing_again_and_again_goes_back_to_the_beginning(library: Library) -> None:
    views = [_view(library)]
    for act in (
        lambda r: library.run("a.jsonl"),
        lambda r: r.commit("first"),
        lambda r: r.tag("v1"),
        lambda r: r.switch("other", create=True),
        lambda r: library.run("b.jsonl"),
        lambda r: r.rm([library.ids()[0]]),
        lambda r: r.commit("second"),
        lambda r: r.reset("HEAD~1"),
        lambda r: r.discard(),
        lambda r: r.delete_tag("v1"),
        lambda r: r.checkout("HEAD~0"),
    ):
        act(library.repository)
        views.append(_view(library))
    for view in reversed(views[:-1]):
        library.repository.undo()
        assert _view(library) == view
    with pytest.raises(AnswerIsNo) as caught:
        library.repository.undo()
    assert caught.value.code == "nothing-to-undo"
    for view in views[1:]:
        library.repository.redo()
        assert _view(library) == view
    with pytest.raises(AnswerIsNo) as caught:
        library.repository.redo()
    assert caught.value.code == "nothing-to-redo"
    assert library.repository.fsck().ok


def test_something_new_after_an_undo_ends_what_could_be_redone(library: Library) -> None:
    library.run("a.jsonl")
    library.repository.commit("first")
    library.repository.undo()
    library.run("b.jsonl")
    with pytest.raises(AnswerIsNo):
        library.repository.redo()
    undone = library.repository.undo().items[0]
    assert undone.id == "5"
    assert library.repository.undo().items[0].id == "2"


def test_the_list_tells_what_does_not_stand(library: Library) -> None:
    library.run("a.jsonl")
    library.repository.commit("first")
    library.repository.undo()
    library.run("b.jsonl")
    items = library.repository.operations().items
    assert [(each.id, each.undone) for each in items] == [
        ("5", False),
        ("4", False),
        ("3", True),
        ("2", False),
        ("1", False),
    ]
    assert [each.id for each in library.repository.operations(limit=2).items] == ["5", "4"]


def test_undo_says_what_it_took_back_and_how_things_are(library: Library) -> None:
    library.run("a.jsonl")
    report = library.repository.undo()
    assert (report.items[0].author, report.items[0].time) == ("ada", NOW)
    assert (report.status.examples, report.status.has_stage) == (0, False)


def test_another_author_must_be_named(library: Library) -> None:
    library.run("a.jsonl")
    bob = Repository.open(library.folder, author="bob", clock=lambda: NOW)
    with pytest.raises(Conflict) as caught:
        bob.undo()
    assert caught.value.code == "operation-of-another"
    assert library.questions() == ["one", "two"]
    assert bob.undo("2").items[0].author == "ada"


@pytest.mark.parametrize(
    ("operation", "error", "code"),
    [
        ("2", Conflict, "operation-not-last"),
        ("9", NotFound, "operation-not-found"),
        ("0", NotFound, "operation-not-found"),
        ("last", InvalidInput, "operation-invalid"),
        ("-1", InvalidInput, "operation-invalid"),
    ],
)
def test_only_the_last_operation_can_be_named(
    library: Library, operation: str, error: type[Exception], code: str
) -> None:
    library.run("a.jsonl")
    library.run("b.jsonl")
    with pytest.raises(error) as caught:
        library.repository.undo(operation)
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert library.questions() == ["one", "two", "three"]


class _Overtaken(MemoryBackend):
    """Another writer comes first, just before the next entry is put."""

    armed = False

    def put_if_absent(self, name: str, data: bytes) -> bool:
        if self.armed and name.startswith("operations/"):
            self.armed = False
            opened(self).tag("quick")
        return super().put_if_absent(name, data)


def test_an_undo_is_refused_when_another_process_acts_meanwhile(tmp_path: Path) -> None:
    backend = _Overtaken()
    begin(backend, Intent("ada", NOW, "init"))
    opened(backend).commit("first", allow_empty=True)
    backend.armed = True
    with pytest.raises(Conflict) as caught:
        opened(backend).undo()
    assert caught.value.code == "operation-overtaken"
    assert set(view_of(backend).tags) == {"quick"}
    assert set(view_of(backend).branches) == {"main"}


def test_the_log_says_which_operation_was_undone(library: Library) -> None:
    library.run("a.jsonl")
    library.repository.undo()
    library.repository.redo()
    log: OperationLog = library.repository._log
    assert [(log.entry(n).undoes, log.entry(n).redoes) for n in (2, 3, 4)] == [
        (None, None),
        (2, None),
        (None, 2),
    ]
