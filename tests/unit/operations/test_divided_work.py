"""`dedupe` by several processes: when they are started, what they may meet, and that none stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.property.test_kept_duplicates import assert_same, context_of
from tests.support.library import Library, chat
from tests.support.naive_dedupe import corpus
from vault.catalogue.index.array_files import ArrayFiles
from vault.dataset.listed import open_revision
from vault.dataset.reading.compared_texts import Part
from vault.dedupe.scratch import Scratch
from vault.errors import Corrupt, StorageFailed
from vault.objects.chunk import decode_facts
from vault.operations.duplicates.plan import near_clusters
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.plan import DuplicatePlan, plan_duplicates
from vault.operations.duplicates.signing import templates_of_clusters
from vault.operations.duplicates.workers import local_children, partition_rows
from vault.operations.duplicates.workers.child_side import stretches_of
from vault.processes.child import ChildProcess
from vault.progress import Silent
from vault.store.object_store import object_name

TEXTS = corpus(300, seed=11)
BATCHES = 4


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ChildProcess]]:
    """The children that were started: some hundred rows are many."""
    monkeypatch.setattr(local_children, "BYTES_FOR_CHILDREN", 20_000)
    monkeypatch.setattr(local_children, "LEAST_ROWS", 50)
    monkeypatch.setattr(local_children, "_SETS_AT_ONCE", 16)
    monkeypatch.setattr(partition_rows, "SHARE_ROWS", 40)
    found: list[ChildProcess] = []
    start = ChildProcess.__init__

    def recorded(self: ChildProcess, *arguments: Any) -> None:
        start(self, *arguments)
        found.append(self)

    monkeypatch.setattr(ChildProcess, "__init__", recorded)
    yield found
    assert all(each.has_ended for each in found)


@pytest.fixture
def filled(library: Library) -> Library:
    """A library of some chunks, in which much is alike."""
    each = len(TEXTS) // BATCHES
    for batch in range(BATCHES):
        given(library, TEXTS[batch * each : (batch + 1) * each], f"{batch}.jsonl")
    return library


def given(library: Library, texts: list[str], name: str) -> None:
    library.write(name, [chat("why", each, at=at) for at, each in enumerate(texts)])
    library.run(name)


def plan(
    library: Library, workers: int = 2, comparing: Comparing | None = None, **changed: Any
) -> DuplicatePlan:
    context = replace(context_of(library.folder), **changed)
    _, dataset = open_revision(context, None)
    return plan_duplicates(context, dataset, comparing or Comparing(), workers=workers)


def alone(library: Library, comparing: Comparing | None = None) -> DuplicatePlan:
    """Return the plan of a process that has no others, and keeps nothing."""
    return plan(library, 1, comparing, folder=None)


def test_much_is_divided_among_as_many_processes_as_wanted(
    filled: Library, started: list[ChildProcess]
) -> None:
    expected = alone(filled)
    assert len(expected.removed) > 10
    assert started == []
    for workers, children in ((1, 0), (2, 1), (3, 2), (BATCHES + 3, BATCHES - 1)):
        shutil.rmtree(filled.folder / ".vault" / "catalogue", ignore_errors=True)
        before = len(started)
        assert_same(plan(filled, workers), expected)
        assert len(started) - before == children
        assert all(each.has_ended for each in started)


def test_the_command_starts_a_process_for_each_core_but_one(
    filled: Library, started: list[ChildProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_clusters, "default_workers", lambda: 3)
    expected = len(alone(filled).removed)
    assert filled.repository.dedupe(yes=True).removed == expected
    assert len(started) == 2


@pytest.mark.parametrize("at_once", [1 << 17, 30])
def test_templates_are_those_that_one_process_finds(
    library: Library,
    started: list[ChildProcess],
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
) -> None:
    monkeypatch.setattr(templates_of_clusters, "READ_AT_ONCE", at_once)
    random = np.random.default_rng(3)
    tasks = [" ".join(f"word{each}" for each in random.integers(0, 4_000, 120)) for _ in range(3)]
    for batch in range(BATCHES):
        texts = [" ".join(f"w{each}" for each in random.integers(0, 9_000, 20)) for _ in range(150)]
        told = [f"{tasks[at]} {texts[at]}" if at < 3 else text for at, text in enumerate(texts)]
        told += [f"{tasks[at % 3]} {text}" for at, text in enumerate(texts[:24])]
        records = [chat(each, f"answer {batch} {each[::-1]}") for each in told]
        library.write(f"{batch}.jsonl", records)
        library.run(f"{batch}.jsonl")
    expected = alone(library)
    assert expected.boilerplate is not None and len(expected.boilerplate) > 300
    for workers in (2, 3):
        shutil.rmtree(library.folder / ".vault" / "catalogue", ignore_errors=True)
        assert_same(plan(library, workers), expected)
    assert len(started) == 3


def test_another_round_starts_none_and_reads_its_own_records(
    filled: Library, started: list[ChildProcess]
) -> None:
    plan(filled)
    assert len(started) == 1
    assert_same(plan(filled), alone(filled))
    given(filled, corpus(40, seed=12), "new.jsonl")
    heard = Heard()
    assert_same(plan(filled, progress=heard), alone(filled))
    assert len(started) == 1
    assert heard.work == [("reading", 40, 40), ("comparing", None, 0)]


def test_few_rows_start_none_however_long_and_many_only_if_they_are_long_enough(
    filled: Library, started: list[ChildProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = len(alone(filled).keys)
    sizes = sum(len(json.dumps(each)) for each in filled.records())
    monkeypatch.setattr(local_children, "LEAST_ROWS", rows + 1)
    plan(filled, comparing=Comparing(on=Part.PROMPT))
    monkeypatch.setattr(local_children, "LEAST_ROWS", rows)
    monkeypatch.setattr(local_children, "BYTES_FOR_CHILDREN", 2 * (sizes + 200 * rows))
    plan(filled, comparing=Comparing(on=Part.RESPONSE))
    assert started == []
    monkeypatch.setattr(local_children, "BYTES_FOR_CHILDREN", (sizes + 200 * rows) // 2)
    plan(filled)
    assert len(started) == 1


def test_one_chunk_starts_none(library: Library, started: list[ChildProcess]) -> None:
    given(library, TEXTS, "a.jsonl")
    assert_same(plan(library), alone(library))
    assert started == []


def test_signing_anew_what_was_read_before_is_divided(
    filled: Library, started: list[ChildProcess]
) -> None:
    plan(filled, 1)
    assert started == []
    shared = Comparing(count_shared=True)
    for each in (filled.folder / ".vault" / "catalogue").rglob("signatures"):
        shutil.rmtree(each)
    heard = Heard()
    assert_same(plan(filled, 2, shared, progress=heard), alone(filled, shared))
    assert len(started) == 1
    assert [what for what, _, _ in heard.work] == ["signing", "comparing"]


def test_progress_tells_of_all_rows(filled: Library, started: list[ChildProcess]) -> None:
    heard = Heard()
    rows = len(plan(filled, progress=heard).keys)
    assert len(started) == 1
    assert heard.work == [("reading", rows, rows), ("signing", rows, rows), ("comparing", None, 0)]


def test_without_a_place_to_keep_anything_none_is_started(
    filled: Library, started: list[ChildProcess]
) -> None:
    (filled.folder / ".vault" / "catalogue").write_text("a file where a folder should be")
    assert_same(plan(filled), alone(filled))
    assert started == []


def test_a_disk_that_has_no_room_starts_none(
    filled: Library, started: list[ChildProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(filled.folder)._replace(free=256 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: free)
    assert_same(plan(filled), alone(filled))
    assert started == []


def test_what_cannot_be_kept_after_all_is_signed_by_this_process(
    filled: Library, started: list[ChildProcess]
) -> None:
    (filled.folder / ".vault" / "catalogue").mkdir(exist_ok=True)
    (filled.folder / ".vault" / "catalogue" / "duplicates").write_text("in the way")
    assert_same(plan(filled), alone(filled))
    assert len(started) == 1


@pytest.mark.parametrize("most_bytes", [0, 3_000])
def test_texts_that_do_not_fit_into_memory_lie_in_files_that_are_gone_afterwards(
    filled: Library,
    started: list[ChildProcess],
    monkeypatch: pytest.MonkeyPatch,
    most_bytes: int,
) -> None:
    expected = alone(filled)
    monkeypatch.setattr(near_clusters, "_IN_MEMORY_BYTES", most_bytes)
    assert_same(plan(filled), expected)
    assert len(started) == 1
    assert list((filled.folder / ".vault" / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", range(BATCHES))
def test_a_record_that_is_damaged_is_told_whoever_reads_it(
    filled: Library, started: list[ChildProcess], number: int
) -> None:
    context = context_of(filled.folder)
    _, dataset = open_revision(context, None)
    dataset.keys()
    facts = decode_facts(context.store.get(dataset.numbers.digest(number)))
    path = filled.folder / ".vault" / object_name(facts.records)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    with pytest.raises(Corrupt) as expected:
        alone(filled)
    with pytest.raises(Corrupt) as caught:
        plan(filled)
    assert caught.value.code == expected.value.code
    assert caught.value.message == expected.value.message


@pytest.mark.parametrize("phase", ["reading", "signing", "comparing"])
def test_a_child_that_is_killed_ends_the_command_and_nothing_is_recorded(
    filled: Library, started: list[ChildProcess], phase: str
) -> None:
    before = filled.ids()
    operations = sorted((filled.folder / ".vault" / "operations").iterdir())

    class Kills(Silent):
        def start(self, what: str, total: int | None = None) -> None:
            if what == phase:
                for each in started:
                    os.kill(each.pid, signal.SIGKILL)

    with pytest.raises(StorageFailed) as caught:
        plan(filled, progress=Kills())
    assert caught.value.code == "worker-died"
    assert filled.ids() == before
    assert sorted((filled.folder / ".vault" / "operations").iterdir()) == operations


@pytest.mark.parametrize("phase", ["reading", "signing", "comparing"])
def test_an_interrupt_leaves_no_process(
    filled: Library, started: list[ChildProcess], phase: str
) -> None:
    class Interrupts(Silent):
        def start(self, what: str, total: int | None = None) -> None:
            if what == phase:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan(filled, progress=Interrupts())
    assert len(started) == 1
    assert started[0].has_ended
    assert_same(plan(filled), alone(filled))


def test_chunks_are_given_to_processes_about_evenly_and_wholly() -> None:
    keys = np.concatenate(
        [np.uint64(chunk) << np.uint64(32) | np.arange(rows, dtype=np.uint64)
         for chunk, rows in enumerate([1, 90, 1, 50, 60, 3, 70, 1, 1])]
    )  # fmt: skip
    for workers in (2, 3, 4):
        holder = local_children.given_out(np.full(9, -1, np.int8), keys, workers)
        assert sorted(set(holder.tolist())) == list(range(workers))
        assert (np.diff(holder) >= 0).all()
        rows = np.bincount(holder[(keys >> np.uint64(32)).astype(np.int64)])
        assert rows.max() < len(keys) / workers + 90
        again = local_children.given_out(holder.copy(), keys[:1], workers)
        assert again.tolist() == holder.tolist()
    one = local_children.given_out(np.full(1, -1, np.int8), keys[:1], 2)
    assert one.tolist() in ([0], [1])


@pytest.mark.parametrize(
    "rows", [[], [5], [0, 1, 2], [7, 3, 4, 5, 3], [2, 1, 0], list(range(1_000, 90_000))]
)
def test_rows_are_told_as_stretches(rows: list[int]) -> None:
    told = stretches_of(np.array(rows, np.int64))
    assert told.rows().tolist() == rows
    assert told.rows().dtype == np.int64
    if len(rows) > 1_000:
        assert len(told.begins) == 1


def test_room_is_shared_by_its_users_and_shrinks_by_what_is_in_use(tmp_path: Path) -> None:
    room = Scratch(1_000, tmp_path)

    def lies_in_a_file(scratch: Scratch, size_bytes: int) -> bool:
        return isinstance(scratch.array((size_bytes,), np.uint8), np.memmap)

    assert not lies_in_a_file(room, 1_000)
    assert lies_in_a_file(room.for_each_of(2), 501)
    assert not lies_in_a_file(room.for_each_of(2), 500)
    assert lies_in_a_file(room.beside(600), 401)
    assert not lies_in_a_file(room.beside(600), 400)
    assert lies_in_a_file(room.beside(2_000), 1)


def test_files_of_arrays_say_whether_they_can_hold_something(tmp_path: Path) -> None:
    assert ArrayFiles(tmp_path / "new").can_hold(1_000)
    assert list((tmp_path / "new").iterdir()) == []
    assert not ArrayFiles(tmp_path).can_hold(1 << 60)
    assert not ArrayFiles(None).can_hold(0)
    (tmp_path / "file").write_text("")
    assert not ArrayFiles(tmp_path / "file").can_hold(0)


class Heard(Silent):
    """A progress that notes each piece of work, how much it was, and how much was done."""

    def __init__(self) -> None:
        self.work: list[tuple[str, int | None, int]] = []

    def start(self, what: str, total: int | None = None) -> None:
        self.work.append((what, total, 0))

    def advance(self, count: int = 1) -> None:
        what, total, done = self.work[-1]
        self.work[-1] = (what, total, done + count)
