"""`fsck` checks model runs, in folders and as objects; `gc` leaves the folders alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.model_runs import (
    NOW,
    RECIPE,
    RUN,
    about,
    changed,
    clock,
    full_run,
    row,
    without_line,
)
from vault.objects.digest import Digest, digest_of
from vault.objects.log.erasure import encode_erasures
from vault.objects.log.view import Run, View
from vault.objects.model_run.run_object import encode_run
from vault.operations.upkeep.problems import Problem
from vault.session.recording import record
from vault.store.journal_lines import written_line
from vault.store.run_folder import RunFolder

LATER = "2027-01-02T03:04:05Z"
RECIPE_DIGEST = digest_of(RECIPE)


@pytest.fixture
def home(library: Library) -> Path:
    """The folder of a run under way."""
    library.write("a.jsonl", [chat("one"), chat("two")])
    library.run("a.jsonl")
    return full_run(library.folder / ".vault")


def problems(library: Library) -> tuple[Problem, ...]:
    """Return what fsck finds."""
    return library.repository.fsck().problems


def name_run(library: Library, run: Run, name: str = RUN) -> None:
    """Record an operation that names a run."""
    context = library.repository._context()

    def apply(view: View) -> tuple[View, None]:
        return replace(view, runs={**view.runs, name: run}), None

    record(context, apply)


def stored(library: Library, data: bytes) -> Digest:
    """Store an object."""
    return library.repository._context().store.put(data)


def end_line(**members: Any) -> Callable[[bytes], bytes]:
    """Return a change that appends a line about a request."""

    def change(data: bytes) -> bytes:
        number = data.count(b"\n") + 1
        line = {"type": "request", "number": number, "time": NOW, "request": 1, **members}
        return data + written_line(line)

    return change


DAMAGE: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a flipped byte": ("journal", lambda data: data[:900] + b"~" + data[901:]),
    "a lost line": ("journal", without_line(2)),
    "no line": ("journal", lambda _: b""),
    "no text in a request": ("journal", end_line(request=99, state="planned")),
    "a state without its answer": ("journal", end_line(state="accepted")),
    "another recipe": (f"files/{RECIPE_DIGEST}", lambda _: b"seed = 8\n"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_in_a_folder_is_found(library: Library, home: Path, kind: str) -> None:
    name, change = DAMAGE[kind]
    changed(home / name, change)
    (found,) = problems(library)
    assert (found.code, found.object) == ("run-damaged", f"run {RUN}")
    assert str(home / name) in found.message


@pytest.mark.parametrize("name", ["journal", f"files/{RECIPE_DIGEST}"])
def test_a_missing_file_is_found(library: Library, home: Path, name: str) -> None:
    (home / name).unlink()
    assert [each.code for each in problems(library)] == ["run-damaged"]


def test_a_good_folder_a_torn_line_and_a_writer_are_no_damage(library: Library, home: Path) -> None:
    assert problems(library) == ()
    changed(home / "journal", lambda data: data + b'{"request": 1, "sta')
    assert problems(library) == ()
    with RunFolder.open(library.folder / ".vault", RUN, clock=clock) as folder:
        assert problems(library) == ()
        folder.remove()
    assert problems(library) == ()


def test_one_damaged_folder_hides_no_other(library: Library, home: Path) -> None:
    other = full_run(library.folder / ".vault", "other")
    for each in (home, other):
        changed(each / "journal", without_line(3))
    assert [each.object for each in problems(library)] == [f"run {RUN}", "run other"]


def test_a_link_in_the_place_of_a_journal_is_told(library: Library, home: Path) -> None:
    target = library.folder / "elsewhere"
    os.rename(home / "journal", target)
    (home / "journal").symlink_to(target)
    assert {each.code for each in problems(library)} == {"foreign-file"}


def test_a_run_object_that_is_right_is_no_problem(library: Library, home: Path) -> None:
    digest = stored(library, encode_run(about(), [row(1), row(2)]))
    name_run(library, Run(digest, "finished", (stored(library, RECIPE),)))
    name_run(library, Run(None, "open"), "begun")
    name_run(library, Run(digest, "a later word", (RECIPE_DIGEST,)))
    assert problems(library) == ()


@pytest.mark.parametrize(
    "data", [b"answers of a model", b"", encode_run(about(), [row(1)])[:-9] + b"123456789"]
)
def test_a_run_object_that_cannot_be_read_is_found(library: Library, data: bytes) -> None:
    digest = stored(library, data)
    name_run(library, Run(digest, "finished", (stored(library, RECIPE),)))
    assert [(each.code, each.object) for each in problems(library)] == [("run-unreadable", digest)]


def test_rows_that_are_not_as_specified_are_found(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vault.objects.model_run import run_object

    with monkeypatch.context() as patch:
        patch.setattr(run_object, "_check_written", lambda *_: None)
        data = encode_run(about(), [row(1), row(1)])
    digest = stored(library, data)
    name_run(library, Run(digest, "finished", (stored(library, RECIPE),)))
    assert [(each.code, each.object) for each in problems(library)] == [("run-unreadable", digest)]


def test_a_digest_that_is_not_in_names_is_found(library: Library) -> None:
    stored(library, RECIPE)
    name_run(library, Run(stored(library, encode_run(about(), [])), "finished"))
    (found,) = problems(library)
    assert found.code == "run-names-incomplete"
    assert found.object.startswith("operation ")
    assert RECIPE_DIGEST in found.message


def test_the_object_of_another_run_is_found(library: Library) -> None:
    digest = stored(library, encode_run(about("other"), []))
    name_run(library, Run(digest, "finished", (stored(library, RECIPE),)))
    assert [each.code for each in problems(library)] == ["run-name-wrong"]


def test_a_missing_object_of_a_run_is_found(library: Library) -> None:
    digest = stored(library, encode_run(about(recipe=None), []))
    name_run(library, Run(digest, "finished"))
    (library.folder / ".vault" / "objects" / digest[:2] / digest).unlink()
    assert [(each.code, each.object) for each in problems(library)] == [("object-missing", digest)]


def test_what_stands_for_an_erased_run_need_not_be_one(library: Library) -> None:
    digest = stored(library, encode_run(about(recipe=None), []))
    name_run(library, Run(digest, "finished"))
    context = library.repository._context()
    listed = stored(library, encode_erasures({digest: stored(library, b"answers were erased")}))
    record(context, lambda view: (replace(view, erased={"e-1": listed}), None))
    context.store.delete(digest)
    assert problems(library) == ()


def test_gc_leaves_folders_of_runs_alone(library: Library, home: Path) -> None:
    odd = library.folder / ".vault" / "runs" / "Not-A-Run"
    odd.mkdir()
    (odd / "notes.txt").write_text("mine")
    for each in (library.folder / ".vault").rglob("*"):
        os.utime(each, (1_000_000_000, 1_000_000_000))
    before = {each: each.read_bytes() for each in home.parent.rglob("*") if each.is_file()}
    repository = type(library.repository).open(library.folder, author="ada", clock=lambda: LATER)
    repository.gc(undo_days=0)
    repository.fsck(repair=True)
    assert {each: each.read_bytes() for each in home.parent.rglob("*") if each.is_file()} == before


def test_gc_keeps_what_a_run_of_the_view_names(library: Library) -> None:
    digest = stored(library, encode_run(about(), [row(1)]))
    named = stored(library, RECIPE)
    name_run(library, Run(digest, "finished", (named,)))
    rubbish = stored(library, b"rubbish")
    for each in (library.folder / ".vault" / "objects").rglob("*"):
        os.utime(each, (1_000_000_000, 1_000_000_000))
    repository = type(library.repository).open(library.folder, author="ada", clock=lambda: LATER)
    repository.gc(undo_days=0)
    store = library.repository._context().store
    assert [store.has(each) for each in (digest, named, rubbish)] == [True, True, False]
