"""Garbage collection that is interrupted anywhere loses nothing that anybody needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from threading import Thread

import pytest

from tests.crash.commands import prepare
from tests.support.disk import Crash
from tests.support.faulty_backend import Fault, FaultyBackend
from tests.support.races import Timeless
from tests.support.repositories import (
    INTENT,
    chat,
    context_of,
    copy_of,
    everything,
    opened,
    write_lines,
)
from vault.errors import VaultError
from vault.operations.upkeep.fsck import fsck
from vault.progress import silent
from vault.repository import Repository
from vault.session.context import Context
from vault.store.backend import Backend
from vault.store.local import LocalBackend
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import OperationLog

LATER = "2026-05-01T00:00:00Z"


def _later(backend: Backend) -> Repository:
    return Repository(backend, author="ada", clock=lambda: LATER, command="gc")


@pytest.fixture
def before(tmp_path: Path) -> MemoryBackend:
    """A repository with things that only operations of long ago still reach."""
    backend = prepare(tmp_path)
    opened(backend).discard()
    _later(backend).tag("now")
    return backend


def _outcomes(before: MemoryBackend, fault: Fault) -> Iterator[tuple[int, MemoryBackend]]:
    """Yield what is left of a repository after a fault at each write of a collection.

    An error comes at each read, too; a process that dies at one leaves what the write before left.
    """
    number = 0
    while True:
        number += 1
        backend = copy_of(before)
        faulty = FaultyBackend(backend, fault, number, only_writes=fault is not Fault.ERROR)
        with suppress(Crash, VaultError):
            _later(faulty).gc()
        if faulty.calls < number:
            return
        yield number, backend


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.ERROR, Fault.FULL])
def test_a_collection_that_fails_anywhere_takes_nothing_that_is_reached(
    before: MemoryBackend, fault: Fault
) -> None:
    expected = everything(before)
    tried = 0
    for number, left in _outcomes(before, fault):
        tried += 1
        assert everything(left) == expected, f"call {number}"
        assert not fsck(context_of(left)).problems, f"call {number}"
        _later(left).gc()
        assert not fsck(context_of(left)).problems, f"call {number}, collected again"
    assert tried > (50 if fault is Fault.ERROR else 20)


def test_a_collection_takes_all_that_is_not_reached(before: MemoryBackend) -> None:
    held = len(before._held)
    report = _later(before).gc()
    assert report.removed > 0
    assert report.operations > 0
    # One entry came, which says from where on operations are kept.
    assert len(before._held) == held - report.removed - report.operations + 1
    assert _later(before).gc().removed == 0


class _Met(LocalBackend):
    """Garbage is collected at the moment when a writer has stored all and recorded nothing."""

    meets: Callable[[], None] | None = None

    def put_if_absent(self, name: str, data: bytes) -> bool:
        if name.startswith("operations/") and self.meets is not None:
            meets, self.meets = self.meets, None
            meets()
        return super().put_if_absent(name, data)


class _Hasty(Timeless):
    """Does not hold off writers."""

    def collecting(self) -> AbstractContextManager[None]:
        return nullcontext()


def _meeting(folder: Path, meets: Callable[[], None]) -> None:
    """Import into a repository while something else happens at the worst moment."""
    write_lines(folder / "a.jsonl", [chat(1), chat(2)])
    backend = _Met(folder / ".vault")
    backend.meets = meets
    opened(backend, folder).import_files([str(folder / "a.jsonl")], workers=1)
    assert backend.meets is None


def test_a_collection_waits_for_a_writer_that_has_recorded_nothing_yet(tmp_path: Path) -> None:
    Repository.init(tmp_path, author="ada", now=LATER)
    collector = Thread(target=lambda: _later(Timeless(tmp_path / ".vault")).gc(undo_days=0))
    _meeting(tmp_path, collector.start)
    collector.join(30)
    assert not collector.is_alive()
    assert not fsck(context_of(LocalBackend(tmp_path / ".vault"))).problems


def test_a_collection_that_does_not_wait_would_be_noticed(tmp_path: Path) -> None:
    Repository.init(tmp_path, author="ada", now=LATER)
    _meeting(tmp_path, lambda: _collect(_Hasty(tmp_path / ".vault")))
    assert fsck(context_of(LocalBackend(tmp_path / ".vault"))).problems


def _collect(backend: Backend) -> None:
    assert _later(backend).gc(undo_days=0).removed > 0


def test_deleting_before_it_is_said_would_be_noticed(before: MemoryBackend) -> None:
    """The control: objects gone while the log still promises to lead back to them."""
    reached = copy_of(before)
    _later(reached).gc()
    for name in set(before._held) - set(reached._held):
        if name.startswith("objects/"):
            before.delete(name)
    context = Context(ObjectStore(before), OperationLog(before), None, INTENT, silent)
    assert {each.code for each in fsck(context).problems} == {"object-missing"}
