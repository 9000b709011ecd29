"""Commits and imports that meet: whatever was told as done stays, whoever comes second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.repositories import chat, new_backend, opened, view_of, write_lines
from vault.errors import AnswerIsNo, Conflict, InvalidInput
from vault.operations.imports.import_options import Mode
from vault.repository import Repository
from vault.store.memory import MemoryBackend


class _Overtaken(MemoryBackend):
    """A backend at which somebody else acts just before the next entry is put."""

    def __init__(self, held: MemoryBackend, other: Callable[[], object]) -> None:
        super().__init__()
        self._held = held._held
        self._other: Callable[[], object] | None = other

    def put_if_absent(self, name: str, data: bytes) -> bool:
        if name.startswith("operations/") and self._other is not None:
            other, self._other = self._other, None
            other()
        return super().put_if_absent(name, data)


@pytest.fixture
def backend(tmp_path: Path) -> MemoryBackend:
    """One commit of two examples, and a third example on the stage."""
    made = new_backend()
    repository = opened(made)
    repository.import_files([write_lines(tmp_path / "a.jsonl", [chat(1), chat(2)])])
    repository.commit("first")
    repository.import_files([write_lines(tmp_path / "b.jsonl", [chat(3)])])
    return made


def overtaken(backend: MemoryBackend, act: Callable[[Repository], object]) -> Repository:
    """Return a repository whose next operation comes second to `act`."""
    return opened(_Overtaken(backend, lambda: act(opened(backend))))


def messages(backend: MemoryBackend) -> list[str]:
    """Return the messages of history, newest first."""
    return [each.message for each in opened(backend).log().commits]


def test_amending_does_not_take_away_a_commit_that_came_first(backend: MemoryBackend) -> None:
    slow = overtaken(backend, lambda other: other.commit("theirs"))
    with pytest.raises(Conflict) as caught:
        slow.commit("ours", amend=True)
    assert caught.value.code == "branch-moved"
    assert messages(backend) == ["theirs", "first"]


def test_a_stage_that_another_committed_is_not_committed_again(backend: MemoryBackend) -> None:
    slow = overtaken(backend, lambda other: other.commit("theirs"))
    with pytest.raises(AnswerIsNo):
        slow.commit("ours")
    assert messages(backend) == ["theirs", "first"]


def test_a_commit_follows_one_that_came_first(backend: MemoryBackend, tmp_path: Path) -> None:
    def act(other: Repository) -> None:
        other.commit("theirs")
        other.import_files([write_lines(tmp_path / "c.jsonl", [chat(4)])])

    report = overtaken(backend, act).commit("ours")
    assert messages(backend) == ["ours", "theirs", "first"]
    assert (report.examples, report.added) == (4, 1)
    assert opened(backend).fsck().ok


def test_what_is_staged_meanwhile_stays_staged(backend: MemoryBackend, tmp_path: Path) -> None:
    more = write_lines(tmp_path / "c.jsonl", [chat(4)])
    report = overtaken(backend, lambda other: other.import_files([more])).commit("ours")
    assert report.examples == 3
    status = opened(backend).status()
    assert (status.examples, status.staged.added, status.commit) == (4, 1, report.commit)
    assert opened(backend).fsck().ok


@pytest.mark.parametrize("mode", ["append", "replace", "update"])
def test_an_import_that_comes_second_keeps_both(
    mode: Mode, backend: MemoryBackend, tmp_path: Path
) -> None:
    theirs = write_lines(tmp_path / "c.jsonl", [chat(4), chat(5)])
    ours = write_lines(tmp_path / "d.jsonl", [chat(5), chat(6)])
    slow = overtaken(backend, lambda other: other.import_files([theirs]))
    slow.import_files([ours], mode=mode, key="key" if mode == "update" else None)
    assert opened(backend).status().examples == 6
    assert opened(backend).fsck().ok


def test_a_mode_that_is_none_is_refused(backend: MemoryBackend, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="sideways"):
        opened(backend).import_files([write_lines(tmp_path / "c.jsonl", [])], mode="sideways")  # type: ignore[arg-type]


def test_an_import_that_comes_second_to_a_commit_is_staged_over_it(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    ours = write_lines(tmp_path / "c.jsonl", [chat(4)])
    report = overtaken(backend, lambda other: other.commit("theirs")).import_files([ours])
    assert report.staged is not None
    assert report.staged.added == 1
    stage = view_of(backend).workspaces["default"].stages
    assert [each.base for each in stage.values()] == list(view_of(backend).branches.values())
    assert opened(backend).fsck().ok
