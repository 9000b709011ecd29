"""Repositories of format 1: read as they are, upgraded by the first operation that is recorded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.frozen import frozen_copy, frozen_in_memory
from tests.support.plain_reader import PlainReader
from tests.support.repositories import context_of
from vault.errors import Conflict, Corrupt, InvalidInput
from vault.objects.log.entry import Entry
from vault.operations.upkeep.fsck import fsck
from vault.progress import Silent
from vault.repository import Repository
from vault.session.repository_format import format_text, read_format
from vault.store.local import LocalBackend
from vault.store.operation_log import OperationLog

ADA = "Ada Lovelace <ada@example.org>"

READING: dict[str, Callable[[Repository], object]] = {
    "status": lambda each: each.status(),
    "log": lambda each: each.log(),
    "diff": lambda each: each.diff(),
    "head": lambda each: each.head(),
    "validate": lambda each: each.validate(),
    "export": lambda each: each.export("v1", output=str(each.folder / "v1.jsonl"), force=True),  # type: ignore[operator]
    "operations": lambda each: each.operations(),
    "removed": lambda each: each.removed(),
    "fsck": lambda each: each.fsck(),
    "fsck --repair": lambda each: each.fsck(repair=True),
    "gc --dry-run": lambda each: each.gc(dry_run=True),
    "dedupe --dry-run": lambda each: each.dedupe(dry_run=True, yes=True),
    "clean --dry-run": lambda each: each.clean(dry_run=True),
}
"""Commands that record nothing."""

WRITING: dict[str, Callable[[Repository], object]] = {
    "tag": lambda each: each.tag("v9"),
    "commit": lambda each: each.commit("next"),
    "discard": lambda each: each.discard(),
    "undo": lambda each: each.undo(),
    "gc": lambda each: each.gc(undo_days=0),
}


class Told(Silent):
    """A progress that notes what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, what: str) -> None:
        self.said.append(what)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a copy of the frozen repository of format 1."""
    return frozen_copy("format-1", tmp_path / "home")


def opened(home: Path, told: Told | None = None) -> Repository:
    """Open the repository in a folder as its author, at a later day."""
    return Repository.open(
        home, author=ADA, clock=lambda: "2027-01-01T00:00:00Z", progress=told or Silent()
    )


def truth(home: Path) -> dict[str, bytes]:
    """Return the files that docs/format says are true, by name."""
    folder = home / ".vault"
    names = [folder / "format", folder / "tip", *(folder / "operations").iterdir()]
    names += (folder / "objects").glob("??/*")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in names}


@pytest.mark.parametrize("name", READING)
def test_what_records_nothing_leaves_format_1(name: str, home: Path) -> None:
    before = truth(home)
    told = Told()
    READING[name](opened(home, told))
    assert truth(home) == before
    assert told.said == []


@pytest.mark.parametrize("name", WRITING)
def test_the_first_operation_upgrades_and_says_so_once(name: str, home: Path) -> None:
    before = truth(home)
    told = Told()
    repository = opened(home, told)
    WRITING[name](repository)
    after = truth(home)
    assert json.loads(after["format"])["version"] == 2
    assert len(told.said) == 1 and "format 2" in told.said[0]
    changed = {each for each in before if after.get(each, before[each]) != before[each]}
    assert changed == {"format", "tip"}
    newest = repository._log.newest()
    assert newest.repository == json.loads(after["format"])["repository"]
    repository.tag("again")
    assert len(told.said) == 1
    assert repository.fsck().ok


def test_names_and_exports_are_the_same_after_the_upgrade(home: Path) -> None:
    repository = opened(home)
    log, tags = [each.commit for each in repository.log().commits], repository.tags()
    repository.export("v1", output=str(home / "before.jsonl"))
    repository.branch("other")
    assert ([each.commit for each in repository.log().commits], repository.tags()) == (log, tags)
    repository.export("v1", output=str(home / "after.jsonl"))
    assert (home / "before.jsonl").read_bytes() == (home / "after.jsonl").read_bytes()
    assert PlainReader(home / ".vault").view()["branches"]["other"] == log[0]


def test_a_team_that_wants_to_stay_is_refused_before_anything_is_done(home: Path) -> None:
    (home / "vault.toml").write_text("[format]\nupgrade = false\n")
    (home / "more.jsonl").write_text('{"text": "new"}\n')
    before = truth(home)
    repository = opened(home)
    more = str(home / "more.jsonl")
    acts: list[Callable[[Repository], object]] = [
        *WRITING.values(),
        lambda each: each.import_files([more]),
    ]
    for act in acts:
        with pytest.raises(Conflict) as caught:
            act(repository)
        assert caught.value.code == "format-upgrade-refused"
        assert "pip install 'dataset-vault<0.2'" in (caught.value.hint or "")
        assert truth(home) == before
    assert repository.status().examples
    assert repository.dedupe(dry_run=True, yes=True)


def test_a_new_repository_asks_nobody(tmp_path: Path) -> None:
    (tmp_path / "vault.toml").write_text("[format]\nupgrade = false\n")
    Repository.init(tmp_path, author=ADA, now="2027-01-01T00:00:00Z")
    assert read_format(LocalBackend(tmp_path / ".vault")).version == 2
    opened(tmp_path).switch("other", create=True)


def test_whoever_upgrades_gives_the_same_name(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(home, other)
    opened(home).tag("one")
    opened(other).branch("two")
    assert (home / ".vault/format").read_bytes() == (other / ".vault/format").read_bytes()


def test_an_upgrade_that_was_cut_off_after_the_format_file_is_valid(home: Path) -> None:
    oldest = OperationLog(LocalBackend(home / ".vault")).entry(1)
    assert oldest.repository is None
    (home / ".vault/format").write_bytes(format_text(oldest.digest[:32]))
    told = Told()
    repository = opened(home, told)
    assert repository.fsck().ok
    repository.tag("v9")
    assert told.said == []
    assert repository.fsck().ok


@pytest.mark.parametrize("name", WRITING)
def test_a_later_version_that_came_meanwhile_is_not_written_to(name: str, home: Path) -> None:
    repository = opened(home)
    (home / ".vault/format").write_text('{"requires": ["packs"], "version": 2}\n')
    before = truth(home)
    with pytest.raises(InvalidInput) as caught:
        WRITING[name](repository)
    assert caught.value.code == "format-too-new"
    assert truth(home) == before


def test_a_wrong_name_in_the_format_file_is_told_and_mended(home: Path) -> None:
    repository = opened(home)
    repository.tag("v9")
    right = (home / ".vault/format").read_bytes()
    (home / ".vault/format").write_bytes(format_text("0" * 32))
    assert [each.code for each in repository.fsck().problems] == ["format-damaged"]
    assert repository.fsck(repair=True).repaired == ("renewed format",)
    assert (home / ".vault/format").read_bytes() == right
    assert repository.fsck().ok


def test_a_format_file_that_says_nothing_is_told_with_what_it_should_say(home: Path) -> None:
    (home / ".vault/format").write_bytes(b"{}")
    with pytest.raises(Corrupt) as caught:
        opened(home)
    assert caught.value.hint == 'it should read {"requires": [], "version": 1}'
    (home / ".vault/format").write_bytes(b'{"requires": [], "version": 1}\n')
    opened(home).tag("v9")
    right = (home / ".vault/format").read_text().rstrip()
    (home / ".vault/format").write_bytes(b"")
    with pytest.raises(Corrupt) as caught:
        opened(home)
    assert caught.value.hint == f"it should read {right}"


def test_entries_of_both_versions_make_one_log() -> None:
    backend = frozen_in_memory("format-1")
    repository = Repository(backend, author=ADA)
    repository.tag("v9")
    entries: list[Entry] = list(context_of(backend).log.newest_first())
    assert [each.repository is None for each in entries] == [False] + [True] * (len(entries) - 1)
    repository.undo()
    assert "v9" not in {each.name for each in repository.tags().tags}
    assert fsck(context_of(backend)).ok
