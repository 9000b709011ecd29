"""Garbage collection: what nothing needs goes, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.library import Library, chat
from tests.support.repositories import NOW, change_manifest, context_of, everything, full_backend
from vault.errors import AnswerIsNo, Corrupt, InvalidInput
from vault.objects.chunk import decode_facts
from vault.objects.digest import Digest
from vault.objects.labels.label_set import Label, encode_label_table, label_table
from vault.objects.manifest import Attachment, Manifest
from vault.operations.upkeep.collect_garbage import collect_garbage
from vault.operations.upkeep.reachable import Reach
from vault.repository import Repository
from vault.store.object_store import ObjectStore, object_name

SAID = [Label("a", value, "ada", NOW) for value in ("x", "y")]
DAYS = {0: "2026-01-01T00:00:00Z", 10: "2026-01-11T00:00:00Z", 40: "2026-02-10T00:00:00Z"}


class Aged(Library):
    """A library in which it is a given day, and objects were written when it was."""

    day = 0

    @property
    def repository(self) -> Repository:
        return Repository.open(self.folder, author="ada", clock=lambda: DAYS[self.day])

    def age_objects(self) -> None:
        """Let every object look as if it was written long before day 0."""
        for path in (self.folder / ".vault" / "objects").rglob("*"):
            if path.is_file():
                os.utime(path, (1_700_000_000, 1_700_000_000))

    def objects(self) -> set[str]:
        """Return the names of all objects that are stored."""
        return {p.name for p in (self.folder / ".vault" / "objects").rglob("*") if p.is_file()}


@pytest.fixture
def library(tmp_path: Path) -> Aged:
    """A repository in which a branch was deleted on day 0 that only the log still reaches."""
    made = Aged(tmp_path)
    made.write("a.jsonl", [chat("one"), chat("two")])
    made.write("b.jsonl", [chat("three")])
    made.run("a.jsonl")
    made.repository.commit("first")
    made.repository.switch("gone", create=True)
    made.run("b.jsonl")
    made.repository.commit("second")
    made.repository.switch("main")
    made.repository.delete_branch("gone", force=True)
    made.age_objects()
    return made


def test_what_an_undo_still_reaches_stays(library: Aged) -> None:
    library.day = 10
    before = library.objects()
    assert library.repository.gc().removed == 0
    assert library.objects() == before
    library.repository.undo()
    assert library.questions("gone") == ["one", "two", "three"]


def test_what_only_old_operations_reach_goes(library: Aged) -> None:
    library.day = 40
    library.repository.tag("now")
    library.age_objects()
    before = library.objects()
    planned = library.repository.gc(dry_run=True)
    assert library.objects() == before
    report = library.repository.gc()
    assert report.removed == planned.removed == len(before) - len(library.objects())
    assert report.removed > 3
    assert report.freed_bytes == planned.freed_bytes > 0
    assert report.operations > 0
    assert library.questions("main") == ["one", "two"]
    assert library.repository.fsck().ok
    assert library.repository.gc().removed == 0


def test_operations_within_the_horizon_can_still_be_undone(library: Aged) -> None:
    library.day = 10
    library.run("b.jsonl")
    library.day = 40
    library.repository.tag("late")
    library.repository.gc()
    assert [each.command for each in library.repository.operations().items][-1] == "python"
    library.repository.undo()
    assert library.questions() == ["one", "two", "three"]
    library.repository.undo()
    assert library.questions() == ["one", "two"]
    with pytest.raises(AnswerIsNo) as caught:
        library.repository.undo()
    assert caught.value.code == "nothing-to-undo"
    library.repository.redo()
    library.repository.redo()
    assert library.repository.fsck().ok


def test_what_is_younger_than_a_day_stays_whatever_reaches_it(library: Aged) -> None:
    library.day = 40
    for path in (library.folder / ".vault" / "objects").rglob("*"):
        if path.is_file():
            os.utime(path, (1_770_681_600 - 3600, 1_770_681_600 - 3600))  # an hour before day 40
    before = library.objects()
    assert library.repository.gc(undo_days=0).removed == 0
    assert library.objects() == before


def test_the_horizon_can_be_nearer(library: Aged) -> None:
    library.day = 10
    library.repository.tag("now")
    assert library.repository.gc(undo_days=7).removed > 0
    assert library.questions() == ["one", "two"]
    with pytest.raises(InvalidInput) as caught:
        library.repository.gc(undo_days=-1)
    assert caught.value.code == "days-invalid"


def test_an_example_that_was_taken_out_can_be_brought_back_afterwards(library: Aged) -> None:
    library.run("b.jsonl")
    gone = library.id_of("three")
    library.repository.rm([gone])
    library.repository.commit("without it")
    library.age_objects()
    library.day = 40
    library.repository.tag("now")
    library.repository.gc()
    library.repository.restore([gone])
    assert library.questions() == ["one", "two", "three"]


def test_nothing_is_removed_when_something_on_the_way_is_damaged(library: Aged) -> None:
    library.day = 40
    manifest = (
        library.repository._context().commit(library.repository.log().commits[0].commit).manifest
    )
    path = library.folder / ".vault" / object_name(manifest)
    path.write_bytes(path.read_bytes()[:-1])
    before = library.objects()
    with pytest.raises(Corrupt):
        library.repository.gc()
    assert library.objects() == before


def test_reachable_is_exactly_what_reading_everything_asks_for(tmp_path: Path) -> None:
    backend = full_backend(tmp_path)
    context = context_of(backend)
    reach = Reach(context)
    reach.add([context.log.newest()])
    asked: set[str] = set()
    held = backend.read

    def read(name: str) -> bytes:
        asked.add(name)
        return held(name)

    backend.read = read  # type: ignore[method-assign]
    everything(backend)
    named = {name for name in asked if name.startswith("objects/")}
    settings = {
        object_name(Digest(commit.settings))
        for each in context.log.tip().view.branches.values()
        for commit in (context.commit(each), *map(context.commit, context.commit(each).parents))
        if commit.settings
    }
    assert {object_name(each) for each in reach.objects} == named | settings


def test_without_the_horizon_an_undo_would_lose_its_objects(library: Aged) -> None:
    # The control: were only refs kept, the first test of this file would fail.
    library.day = 10
    context = library.repository._context()
    collect_garbage(context, undo_days=0)
    assert library.repository.fsck().ok
    gone = library.objects()
    library.run("b.jsonl")
    assert library.objects() - gone


def _slow_import(folder: Path) -> subprocess.Popen[bytes]:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from vault.repository import Repository\n"
        "repository = Repository.open(Path(sys.argv[1]))\n"
        "with repository._store.backend.writing():\n"
        "    print('holding', flush=True)\n"
        "    time.sleep(1)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, cwd=os.getcwd()
    )


def test_collection_waits_for_writers_and_not_for_readers(library: Aged) -> None:
    process = _slow_import(library.folder)
    assert process.stdout is not None
    assert process.stdout.readline() == b"holding\n"
    library.questions()  # a reader goes on
    library.repository.gc()
    assert process.poll() is not None or _ends(process.poll)


def _ends(poll: Callable[[], int | None]) -> bool:
    # The lock is released a moment before the process is gone.
    for _ in range(200):
        if poll() is not None:
            return True
        time.sleep(0.01)
    return False


def test_what_attachments_name_and_every_label_set_are_reached(tmp_path: Path) -> None:
    backend = full_backend(tmp_path)
    named: list[Digest] = []

    def attach_all(store: ObjectStore, manifest: Manifest, chunks: list[Digest]) -> Manifest:
        named.extend([chunks[0], store.put(b"named by an attachment")])
        attached = Attachment(store.put(b"of a later version"), tuple(named))
        sets = tuple(store.put(encode_label_table(label_table({0: {"a": each}}))) for each in SAID)
        named.extend([attached.object, *sets])
        labels = {**manifest.labels, chunks[0]: (*manifest.labels.get(chunks[0], ()), *sets)}
        conflicts = store.put(b"conflicts")
        named.append(conflicts)
        return replace(manifest, labels=labels, attachments={"x": attached}, conflicts=conflicts)

    change_manifest(backend, attach_all)
    context = context_of(backend)
    reach = Reach(context)
    reach.add([context.log.newest()])
    assert set(named) <= reach.objects
    # Naming a chunk keeps the chunk; the dataset that lists it keeps its records as well.
    assert decode_facts(context.store.get(named[0])).records in reach.objects


def test_leftovers_of_the_catalogue_go_when_they_are_a_day_old(library: Aged) -> None:
    library.repository.show(next(iter(library.repository.snapshot("HEAD"))).id)
    folder = library.folder / ".vault/catalogue"
    kept = {each.name for each in folder.iterdir()}
    assert any(name.endswith(".duckdb") for name in kept)
    names = ["draft-12-0a1b", "draft-12-0a1b.wal", "draft-12-0a1b.damaged", "00000007.damaged"]
    others = ["draft-notes.txt", "notes.damaged"]
    for name in [*names, *others, "draft-12-0a1c", "00000008.damaged"]:
        (folder / name).write_text("left by a process that was killed")
        is_new = name in ("draft-12-0a1c", "00000008.damaged")
        seconds = time.time() + 86_400 if is_new else 1_700_000_000
        os.utime(folder / name, (seconds, seconds))
    collect_garbage(library.repository._context())
    left = {each.name for each in folder.iterdir()}
    assert left == kept | {*others, "draft-12-0a1c", "00000008.damaged"}
