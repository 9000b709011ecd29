"""Logs of a stranger, well checksummed and wrong: nothing is lost, and nothing ends in a bug."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import NOW, Library, chat
from vault.errors import Corrupt, VaultError
from vault.objects.digest import digest_of
from vault.repository import Repository

DAYS = 90 * 86_400

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with a commit and so many tags that entries tell changes."""
    library = Library(tmp_path)
    library.write("a.jsonl", [chat(f"q{n}") for n in range(5)])
    library.run("a.jsonl")
    library.repository.commit("one")
    for number in range(4):
        library.repository.tag(f"t{number}", message="long " * 400)
    # Old enough to be collected.
    for path in (tmp_path / ".vault").rglob("*"):
        os.utime(path, (path.stat().st_atime - DAYS, path.stat().st_mtime - DAYS))
    return library


def entries(library: Library) -> list[Path]:
    return sorted((library.folder / ".vault/operations").iterdir())


def rewrite(library: Library, change: Change, number: int = -1) -> dict[str, Any]:
    """Change the newest entry, or one of them, and give it a right checksum."""
    path = entries(library)[number]
    value: dict[str, Any] = json.loads(path.read_bytes().split(b"\n")[0])
    change(value)
    body = json.dumps(value).encode()
    path.write_bytes(body + b"\n" + digest_of(body).encode() + b"\n")
    return value


def objects(library: Library) -> set[str]:
    return {each.name for each in (library.folder / ".vault/objects").glob("??/*")}


def set_to(name: str, value: Any) -> Change:
    """Return what sets a member of an entry, named with dots."""
    *path, last = name.split(".")

    def change(entry: dict[str, Any]) -> None:
        for each in path:
            entry = entry[each]
        entry[last] = value

    return change


WRONG: dict[str, Change] = {
    "first beyond the log": set_to("first", 10**9),
    "first of nothing": set_to("first", 0),
    "undoes what is to come": set_to("undoes", 10**6),
    "redoes itself": lambda entry: entry.update(redoes=entry["number"]),
    "base that was given up": lambda entry: entry.update(first=entry["number"]),
    "another repository": set_to("repository", "a" * 32),
    "a branch that is no name": set_to("changes.branches", {"../../x": [None, "0" * 64]}),
    "a message that is no text": set_to(
        "changes.tags", {"x": [None, {"commit": "0" * 64, "message": {"a": 1}}]}
    ),
    "a part that nobody knows": set_to("changes.flags", {"x": [None, 1]}),
    "a part that is lacking": lambda entry: entry["changes"].pop("notes"),
    "what was not there": set_to("changes.branches", {"other": ["0" * 64, None]}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_entry_is_refused_by_readers_writers_and_collection(
    name: str, library: Library
) -> None:
    rewrite(library, WRONG[name])
    before = objects(library)
    acts: list[Callable[[Repository], object]] = [
        lambda each: each.status(),
        lambda each: each.tag("x"),
        lambda each: each.operations(),
        lambda each: each.gc(undo_days=0),
    ]
    refused = 0
    for act in acts:
        try:
            act(library.repository)
        except VaultError as error:
            assert error.code in ("operation-damaged", "log-broken"), error
            refused += 1
    assert refused >= 2, "at least reading all of it, and collecting, notices"
    assert objects(library) == before
    assert not library.repository.fsck().ok


STAGE = {"base": None, "manifest": "0" * 64, "counts": None, "quarantined": 0, "fingerprint": None}


@pytest.mark.parametrize(
    "workspace",
    [
        {"branch": {"a": 1}, "detached": None, "stages": {}},
        {"branch": 5, "detached": None, "stages": {}},
        {"branch": None, "detached": None, "stages": {}},
        {"branch": "main", "detached": "0" * 64, "stages": {}},
        {"branch": "main", "detached": None, "stages": {"": None}},
        {"branch": "main", "detached": None, "stages": {"main": {**STAGE, "examples": math.inf}}},
    ],
)
def test_a_workspace_that_is_none_is_damage(workspace: Any, tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [chat("q")])
    library.run("a.jsonl")
    rewrite(library, set_to("view.workspaces.default", workspace))
    with pytest.raises(Corrupt) as caught:
        library.repository.status()
    assert caught.value.code == "operation-damaged"


def test_deep_json_is_damage_and_no_bug(tmp_path: Path) -> None:
    library = Library(tmp_path)
    deep = b"[" * 100_000
    entries(library)[-1].write_bytes(deep + b"\n" + digest_of(deep).encode() + b"\n")
    with pytest.raises(Corrupt) as caught:
        library.repository.status()
    assert caught.value.code == "operation-damaged"
    (tmp_path / ".vault/format").write_bytes(deep)
    with pytest.raises(Corrupt) as caught:
        _ = library.repository
    assert caught.value.code == "format-damaged"


def test_arguments_that_are_damaged_stop_nothing(library: Library) -> None:
    repository = Repository.open(
        library.folder, author="ada", clock=lambda: NOW, command="tag", words=("tag", "typed")
    )
    repository.tag("typed")
    arguments = repository._log.newest().arguments
    assert arguments is not None
    assert repository.operations(limit=1).items[0].command == "tag typed"
    path = library.folder / ".vault/objects" / arguments[:2] / arguments
    for data in (b"x", b"[" * 100_000):
        path.write_bytes(data)
        assert repository.operations(limit=1).items[0].command == "tag"
        assert not repository.fsck().ok
    assert repository.undo().items[0].command == "tag"


def test_a_format_file_may_be_laid_out_otherwise(library: Library) -> None:
    path = library.folder / ".vault/format"
    said = json.loads(path.read_bytes())
    path.write_text(
        json.dumps({"x-later": 1, "version": 2, **said, "requires": ["erased"]}, indent=2)
    )
    assert library.repository.fsck().ok
    path.write_text(json.dumps({**said, "requires": ["erased"], "repository": "0" * 32}))
    with pytest.raises(Corrupt) as caught:
        library.repository.tag("x")
    assert caught.value.code == "format-damaged"
    assert library.repository.fsck(repair=True).repaired == ("renewed format",)
    assert json.loads(path.read_bytes()) == {**said, "requires": ["erased"]}
