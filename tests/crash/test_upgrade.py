"""A crash at any write of the first operation in a repository of format 1: before or after."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.support.disk import Crash
from tests.support.faulty_backend import CRASHES, Fault, FaultyBackend, PowerBackend, PowerPlace
from tests.support.frozen import frozen_in_memory
from tests.support.repositories import context_of, view_of, write_lines
from vault.errors import StorageFailed
from vault.operations.upkeep.fsck import fsck
from vault.repository import Repository
from vault.session.repository_format import read_format
from vault.store.backend import Backend

ADA = "Ada Lovelace <ada@example.org>"

ACTS: dict[str, Callable[[Repository, Path], object]] = {
    "tag": lambda each, _: each.tag("v9"),
    "import": lambda each, folder: each.import_files([str(folder / "more.jsonl")], workers=1),
    "undo": lambda each, _: each.undo(),
}


def opened(backend: Backend) -> Repository:
    """Return the repository at a backend, as its author opens it at a later day."""
    return Repository(backend, author=ADA, clock=lambda: "2027-01-01T00:00:00Z")


# An import writes far more than the others, in the same order: one kind of crash tells enough.
CASES = [
    *(("tag", each) for each in Fault if each is Fault.ERROR or each in CRASHES),
    ("undo", Fault.CRASH_AFTER),
    ("import", Fault.CRASH_BEFORE),
]


@pytest.mark.parametrize(("name", "fault"), CASES, ids=lambda each: getattr(each, "name", each))
def test_an_upgrade_happens_wholly_or_not_at_all(name: str, fault: Fault, tmp_path: Path) -> None:
    write_lines(tmp_path / "more.jsonl", ['{"text": "new"}'])
    before = frozen_in_memory("format-1")
    done = frozen_in_memory("format-1")
    ACTS[name](opened(done), tmp_path)
    versions = set()
    for number in count(1):
        place = PowerPlace(before._held)
        faulty = FaultyBackend(PowerBackend(place), fault, number, only_writes=True)
        with contextlib.suppress(Crash, StorageFailed):
            ACTS[name](opened(faulty), tmp_path)
        left = place.left()
        assert fsck(context_of(left)).ok, number
        assert view_of(left) in (view_of(before), view_of(done)), number
        versions.add((read_format(left).version, view_of(left) == view_of(before)))
        if faulty.calls < number:
            break
    # Upgraded with nothing recorded yet, and done; a first write that was done whole upgrades.
    assert {(2, True), (2, False)} <= versions
