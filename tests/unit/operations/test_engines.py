"""Engines of `dedupe`: what is refused, and that a cluster that fails changes nothing."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.library import NOW, Library, chat
from tests.support.naive_dedupe import corpus
from vault.catalogue.index.array_files import ArrayFiles
from vault.errors import Conflict, Corrupt, InvalidInput, StorageFailed, VaultError
from vault.operations.duplicates.workers.cluster import Handle
from vault.operations.duplicates.workers.open_engine import open_engine
from vault.progress import silent
from vault.session.context import Context
from vault.store.local import LocalBackend
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import Intent, OperationLog


def given(library: Library) -> None:
    library.write("a.jsonl", [chat("why", each) for each in corpus(40, seed=5)])
    library.run("a.jsonl")


def refused(library: Library, engine: str, **options: Any) -> VaultError:
    """Return the error that dedupe by an engine ends with, having changed nothing."""
    given(library)
    before = library.ids()
    with pytest.raises(VaultError) as caught:
        library.repository.dedupe(engine=engine, yes=True, **options)
    assert library.ids() == before
    return caught.value


@pytest.mark.parametrize("name", ["spark", "ray=", "raymond", "local=x", ""])
def test_an_unknown_engine_is_refused(library: Library, name: str) -> None:
    error = refused(library, name)
    assert isinstance(error, InvalidInput)
    assert error.code == "engine-unknown"


def test_without_the_extra_the_error_tells_how_to_install_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    error = refused(library, "ray")
    assert (error.code, error.exit_code) == ("library-missing", 2)
    assert error.hint is not None
    assert "pip install 'dataset-vault[ray]'" in error.hint


def test_a_repository_in_memory_is_refused() -> None:
    backend = MemoryBackend()
    context = Context(
        ObjectStore(backend), OperationLog(backend), None, Intent("ada", NOW, "t"), silent
    )
    with pytest.raises(InvalidInput) as caught, open_engine(context, "ray"):
        pass
    assert caught.value.code == "engine-needs-folder"


def test_another_engine_does_not_go_with_against(library: Library) -> None:
    error = refused(library, "ray", against="STAGE")
    assert error.code == "against-options"
    assert error.hint == "leave out --engine ray"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "127.0.0.1:port", "127.0.0.1:99999"])
def test_an_address_where_nobody_answers_is_told_at_once(library: Library, address: str) -> None:
    pytest.importorskip("ray")
    error = refused(library, f"ray={address}")
    assert isinstance(error, StorageFailed)
    assert error.code == "engine-unreachable"
    assert address in error.message


def test_the_command_takes_out_the_same_by_ray(cluster: Any, tmp_path: Path) -> None:
    told = []
    for engine in ("local", "ray"):
        (tmp_path / engine).mkdir()
        library = Library(tmp_path / engine)
        given(library)
        library.repository.dedupe(engine=engine, yes=True)
        told.append(library.ids())
    assert told[0] == told[1]
    assert len(told[0]) < 40
    assert cluster.is_initialized()  # what was there before stays


def test_a_folder_that_was_given_relatively_is_the_same_place_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps(LocalBackend(Path("here")))
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert pickle.loads(data).folder == tmp_path / "here"


def test_machines_that_do_not_have_the_folder_are_refused(cluster: Any, tmp_path: Path) -> None:
    from vault.operations.duplicates.workers.ray_cluster import RayTasks

    class Elsewhere(ArrayFiles):
        """Is written here, and another folder wherever it travels."""

        def __reduce__(self) -> tuple[Any, ...]:
            return ArrayFiles, (tmp_path / "other",)

    with pytest.raises(InvalidInput) as caught:
        RayTasks(cluster).check(Elsewhere(tmp_path / "catalogue"))
    assert caught.value.code == "repository-not-shared"
    assert not list(tmp_path.rglob("*.arrays"))
    RayTasks(cluster).check(ArrayFiles(tmp_path / "catalogue"))


def test_what_a_task_raises_comes_here(cluster: Any) -> None:
    from vault.operations.duplicates.workers.ray_cluster import RayTasks

    tasks = RayTasks(cluster)
    with pytest.raises(Corrupt, match="is damaged"):
        tasks.get(tasks.submit(_raise, Corrupt("it is damaged", code="object-damaged")))
    with pytest.raises(Conflict):  # also where it is an argument of the next
        failed = tasks.submit(_raise, Conflict("no", code="log-busy"))
        tasks.get(tasks.submit(len, failed))
    with pytest.raises(StorageFailed) as caught:
        tasks.get(tasks.submit(_raise, OSError("the disk is gone")))
    assert caught.value.code == "engine-failed"
    assert "the disk is gone" in caught.value.message


def test_a_worker_that_dies_is_told(cluster: Any) -> None:
    from vault.operations.duplicates.workers.ray_cluster import RayTasks

    tasks = RayTasks(cluster)
    with pytest.raises(StorageFailed) as caught:
        tasks.get(tasks.submit(os._exit, 1))
    assert caught.value.code == "worker-died"
    with pytest.raises(StorageFailed) as caught:
        tasks.get(tasks.submit(len, tasks.submit(os._exit, 1)))
    assert caught.value.code == "worker-died"


def test_a_task_returns_one_part_or_several(cluster: Any) -> None:
    from vault.operations.duplicates.workers.ray_cluster import RayTasks

    tasks = RayTasks(cluster)
    shared: Handle = tasks.share(np.arange(6))
    for parts in (1, 2, 3):
        found = [tasks.get(each) for each in tasks.submit_parted(np.split, parts, shared, parts)]
        assert np.concatenate(found).tolist() == [0, 1, 2, 3, 4, 5]
    assert tasks.workers == 2


def _raise(error: Exception) -> None:
    raise error
