"""`vault.lock`: files that know where they came from, and are made again byte for byte."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import vault
from tests.support.library import NOW, Library, chat
from vault.dataset.choosing.select import Selection
from vault.errors import AlreadyExists, InvalidInput, NotFound
from vault.operations.exports.lock_file import read_lock
from vault.repository import Repository

FILES: dict[str, dict[str, Any]] = {
    "data/train.jsonl": {"where": "labels.quality = 'gold'", "selection": Selection(seed=7)},
    "shuffled.json": {"selection": Selection(shuffle=True, seed=3)},
    "few.csv": {"selection": Selection(sample=5, seed=2), "extras": ("id", "labels")},
    "all.parquet": {},
    "packed.jsonl.gz": {"fields": ("messages",)},
    "packed.csv.zst": {},
    "none.jsonl": {"selection": Selection(sample=0)},
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path / "home")
    made.write("a.jsonl", [chat(f"question {n}", n=n) for n in range(40)])
    made.run("a.jsonl")
    made.repository.label({"quality": "gold"}, where="line <= 20")
    made.repository.commit("first")
    made.repository.tag("v1")
    return made


def export_all(library: Library, revision: str | None = None) -> dict[str, bytes]:
    for name, options in FILES.items():
        library.repository.export(revision, output=str(library.folder / name), **options)
    return {name: (library.folder / name).read_bytes() for name in FILES}


def move_on(library: Library) -> None:
    """Change labels and examples, and commit."""
    library.repository.label({"quality": "bad"}, where="line < 10")
    library.write("b.jsonl", [chat("another")])
    library.run("b.jsonl")
    library.repository.rm(where="line = 15")
    library.repository.commit("second")


def test_every_locked_file_is_made_again_byte_for_byte_in_a_copy(
    library: Library, tmp_path: Path
) -> None:
    written = export_all(library)
    move_on(library)
    copy = tmp_path / "copy"
    shutil.copytree(library.folder, copy)
    for name in FILES:
        (copy / name).unlink()
    shutil.rmtree(copy / "data")
    report = Repository.open(copy, author="eve").export_locked()
    assert sorted(each.path for each in report.files) == sorted(FILES)
    assert {name: (copy / name).read_bytes() for name in FILES} == written
    assert (copy / "vault.lock").read_bytes() == (library.folder / "vault.lock").read_bytes()
    again = Repository.open(copy, author="eve").export_locked()
    assert (again.files, again.unchanged) == ((), len(FILES))


def test_each_side_of_a_folder_is_made_again(library: Library) -> None:
    for number in range(40):
        side = {0: "test", 1: None}.get(number % 4, "train")
        if side:
            library.label(f"question {number}", split=side)
    library.repository.commit("split")
    folder = library.folder / "sides"
    library.repository.export(output=str(folder), selection=Selection(sample=6, shuffle=True))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(before) == ["test.jsonl", "train.jsonl", "unassigned.jsonl"]
    move_on(library)
    shutil.rmtree(folder)
    library.repository.export_locked()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    locked = read_lock(library.folder)
    assert locked["sides/train.jsonl"].request["split"] == "train"


def test_a_lock_has_what_is_known_and_no_machine_or_time(library: Library) -> None:
    export_all(library)
    commit = library.repository.log().commits[0]
    text = (library.folder / "vault.lock").read_text()
    assert NOW[:10] not in text
    assert str(library.folder) not in text
    entry = json.loads(text)["files"]["packed.jsonl.gz"]
    packed = (library.folder / "packed.jsonl.gz").read_bytes()
    assert entry == {
        "branch": "main",
        "bytes": len(packed),
        "commit": commit.commit,
        "content": entry["content"],
        "examples": 40,
        "fields": ["messages"],
        "fingerprint": commit.fingerprint,
        "format": "jsonl",
        "repository": library.repository._log.tip().entry.repository,
        "sha256": entry["sha256"],
        "tag": "v1",
        "writer": 1,
    }
    (library.folder / "plain.jsonl").write_bytes(gzip.decompress(packed))
    assert vault.provenance.__doc__
    found = library.repository.which(str(library.folder / "plain.jsonl")).items
    assert [(each.path, each.matches) for each in found] == [("packed.jsonl.gz", "content")]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"commit": "0" * 64}, "commit"),
        ({"commit": None}, "commit"),
        ({"writer": 2}, "writer"),
        ({"examples": 3}, "examples"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"trainer": "nobody"}, "trainer"),
        ({"later": "trl"}, "later"),
        ({"split": "test"}, "split"),
        ({"seed": 1, "shuffle": True}, "sha256"),
    ],
)
def test_what_cannot_be_met_is_named_and_nothing_is_written(
    library: Library, change: dict[str, Any], named: str
) -> None:
    export_all(library)
    lock = json.loads((library.folder / "vault.lock").read_text())
    lock["files"]["data/train.jsonl"].update(change)
    (library.folder / "vault.lock").write_text(json.dumps(lock))
    for name in FILES:
        (library.folder / name).unlink()
    (library.folder / "data").rmdir()
    with pytest.raises(InvalidInput, match=f"because of its {named}: ") as caught:
        library.repository.export_locked()
    assert caught.value.code == "lock-not-met"
    assert not [name for name in FILES if (library.folder / name).exists()]
    assert not (library.folder / "data").exists()
    assert json.loads((library.folder / "vault.lock").read_text()) == lock


def test_an_edited_file_is_not_overwritten_unasked(library: Library) -> None:
    written = export_all(library)
    path = library.folder / "data/train.jsonl"
    path.write_bytes(b"mine\n")
    with pytest.raises(AlreadyExists) as caught:
        library.repository.export_locked()
    assert caught.value.code == "file-edited"
    library.repository.export_locked([str(path)], force=True)
    assert path.read_bytes() == written["data/train.jsonl"]


def test_the_check_tells_edited_missing_and_stale_files(library: Library) -> None:
    # A tag stands at the commit, and HEAD was exported.
    export_all(library)
    check = library.repository.check_lock()
    assert (check.ok, {each.state.value for each in check.items}) == (True, {"unedited"})
    move_on(library)
    library.repository.export("HEAD~1", output=str(library.folder / "few.csv"), force=True)
    (library.folder / "all.parquet").unlink()
    with open(library.folder / "data/train.jsonl", "ab") as file:
        file.write(b" ")
    library.repository.export(output=str(library.folder / "shuffled.json"))
    found = {each.path: each.state.value for each in library.repository.check_lock().items}
    assert found == {
        "all.parquet": "missing",
        "data/train.jsonl": "edited",
        "few.csv": "unedited",
        "none.jsonl": "stale",
        "packed.csv.zst": "stale",
        "packed.jsonl.gz": "stale",
        "shuffled.json": "unedited",
    }
    assert not library.repository.check_lock().ok
    present = library.repository.check_lock(present=True)
    assert (present.ok, present.skipped) == (False, 1)
    one = library.repository.check_lock([str(library.folder / "few.csv")])
    assert (one.ok, len(one.items)) == (True, 1)
    with pytest.raises(NotFound) as caught:
        library.repository.check_lock([str(library.folder / "a.jsonl")])
    assert caught.value.code == "file-not-locked"


def test_what_was_named_by_a_tag_or_an_id_is_never_stale(library: Library) -> None:
    commit = str(library.repository.log().commits[0].commit)
    for name, revision in (("tag", "v1"), ("id", commit), ("branch", "main")):
        library.repository.export(revision, output=str(library.folder / f"{name}.jsonl"))
    move_on(library)
    found = {each.path: each for each in library.repository.check_lock().items}
    assert {path: each.state.value for path, each in found.items()} == {
        "branch.jsonl": "stale",
        "id.jsonl": "unedited",
        "tag.jsonl": "unedited",
    }
    assert found["branch.jsonl"].command == ("export", "main", "-o", "branch.jsonl")


def test_a_renamed_file_and_each_line_of_it_lead_back(library: Library) -> None:
    export_all(library, "v1")
    move_on(library)
    path = library.folder / "renamed.json"
    shutil.move(library.folder / "shuffled.json", path)
    report = library.repository.which(str(path))
    (origin,) = report.items
    assert (origin.path, origin.tag, origin.matches) == ("shuffled.json", "v1", "sha256")
    assert origin.command == (*("export", "v1", "-o", "shuffled.json", "--shuffle", "--seed", "3"),)
    assert library.repository.which(report.sha256).items == report.items
    train = (library.folder / "data/train.jsonl").read_text().splitlines()
    for number in (1, 7, 20):
        line = library.repository.which(str(library.folder / "data/train.jsonl"), line=number).line
        assert line is not None
        asked = json.loads(train[number - 1])
        assert line.id == library.id_of(asked["messages"][0]["content"], "v1")
        assert (line.source, line.source_line) == ("a.jsonl", asked["n"] + 1)


def test_a_line_of_an_export_without_the_whole_record_is_found_by_its_place(
    library: Library,
) -> None:
    path = str(library.folder / "few.jsonl")
    library.repository.export(output=path, fields=("n",), selection=Selection(shuffle=True))
    with open(path) as file:
        numbers = [json.loads(line)["n"] for line in file]
    line = library.repository.which(path, line=4).line
    assert line is not None
    assert line.id == library.id_of(f"question {numbers[3]}")


def test_an_edited_file_is_found_by_its_records(library: Library) -> None:
    first = library.repository.log().commits[0].commit
    path = library.folder / "data/train.jsonl"
    export_all(library)
    move_on(library)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:9]) + b'{"text": "mine"}\n{broken\n')
    report = library.repository.which(str(path))
    assert report.records == 10
    (origin,) = report.items
    assert (origin.path, origin.matches, origin.examples) == (None, "examples", 9)
    assert origin.commit == library.repository.log().commits[0].commit
    path.write_bytes(b"".join(lines[:16]))
    (origin,) = library.repository.which(str(path)).items
    assert (origin.commit, origin.tag, origin.examples) == (first, "v1", 16)
    found = library.repository.which("-", stdin=io.BytesIO(b"".join(lines))).items
    assert [each.path for each in found] == ["data/train.jsonl"]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        (b'{"text": "strange"}\n', None, "origin-not-found"),
        (b'{"text": "strange"}\n', 1, "line-not-known"),
        (b'{"text": "strange"}\n', 2, "line-not-found"),
        (b"", None, "origin-not-found"),
    ],
)
def test_a_file_that_nobody_knows_is_said_to_be_one(
    library: Library, text: bytes, line: int | None, code: str
) -> None:
    path = library.folder / "x.jsonl"
    path.write_bytes(text)
    with pytest.raises(NotFound) as caught:
        library.repository.which(str(path), line=line)
    assert caught.value.code == code
    with pytest.raises(NotFound) as caught:
        library.repository.which("f" * 64)
    assert caught.value.code == "origin-not-found"
    with pytest.raises(NotFound) as caught:
        library.repository.which("no-such-file.jsonl")
    assert caught.value.code == "file-not-found"


def test_two_locks_differ_by_what_they_mean(library: Library) -> None:
    export_all(library)
    old, new = library.folder / "old.lock", library.folder / "vault.lock"
    shutil.copy(new, old)
    move_on(library)
    train = str(library.folder / "data/train.jsonl")
    library.repository.export(output=train, where="labels.quality = 'gold'")
    library.repository.export(output=str(library.folder / "new.jsonl"))
    lock = json.loads(new.read_text())
    del lock["files"]["few.csv"]
    new.write_text(json.dumps(lock))
    report = library.repository.compare_locks(str(old), str(new))
    found = {each.path: (each.change, each.added, each.removed) for each in report.items}
    assert found == {
        "data/train.jsonl": ("changed", 0, 10),
        "few.csv": ("removed", 0, 5),
        "new.jsonl": ("added", 40, 0),
    }
    assert report.unchanged == len(FILES) - 2
    assert {each.path: each.request for each in report.items}["data/train.jsonl"] == ("seed",)
    lock["files"]["new.jsonl"]["commit"] = "f" * 64
    new.write_text(json.dumps(lock))
    unknown = library.repository.compare_locks(str(old), str(new)).items[-1]
    assert (unknown.added, unknown.removed) == (None, None)
    assert "ffffffffffff is not in this repository" in str(unknown.unknown)
    for strange in ({"where": ["labels.nothing = 1"]}, {"sample": -1}, {"trainer": "x"}):
        entry = {**lock["files"]["new.jsonl"], "commit": lock["files"]["all.parquet"]["commit"]}
        lock["files"]["new.jsonl"] = {**entry, **strange}
        new.write_text(json.dumps(lock))
        assert library.repository.compare_locks(str(old), str(new)).items[-1].unknown
    empty = library.folder / "empty.lock"
    empty.write_text("")
    assert len(library.repository.compare_locks(str(empty), str(old)).items) == len(FILES)


def test_a_command_names_the_commit_where_the_tag_has_moved(library: Library) -> None:
    path = str(library.folder / "train.jsonl")
    library.repository.export("v1", output=path)
    before = Path(path).read_bytes()
    move_on(library)
    library.repository.tag("v1", replace=True)
    (origin,) = library.repository.which(path).items
    assert origin.tag is None
    revision = origin.command[1]
    library.repository.export(revision, output=path)
    assert Path(path).read_bytes() == before
    assert library.repository.check_lock().items[0].tag is None


def test_a_link_leads_no_file_of_the_lock_elsewhere(library: Library, tmp_path: Path) -> None:
    export_all(library)
    shutil.rmtree(library.folder / "data")
    victim = tmp_path / "victim"
    victim.mkdir()
    (library.folder / "data").symlink_to(victim)
    with pytest.raises(InvalidInput, match="because of its path: a link leads") as caught:
        library.repository.export_locked()
    assert caught.value.code == "lock-not-met"
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize("kind", ["device", "pipe", "loop", "folder", "file above"])
def test_what_is_no_plain_file_is_edited_or_missing(library: Library, kind: str) -> None:
    path = library.folder / "data/train.jsonl"
    library.repository.export(output=str(path))
    path.unlink()
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "folder":
        path.mkdir()
    else:
        path.parent.rmdir()
        path.parent.write_text("x")
    (item,) = library.repository.check_lock().items
    assert item.state.value == ("missing" if kind == "file above" else "edited")


def test_a_clone_from_git_needs_no_repository_to_check(library: Library, tmp_path: Path) -> None:
    export_all(library)
    clone = tmp_path / "clone"
    shutil.copytree(library.folder, clone, ignore=shutil.ignore_patterns(".vault"))
    (clone / "all.parquet").unlink()
    found = vault.check_lock(clone)
    assert {each.path for each in found.items if each.state.value == "missing"} == {"all.parquet"}
    assert vault.check_lock(clone, present=True).ok
    assert vault.provenance(clone / "data/train.jsonl").tag == "v1"
    (clone / "vault.lock").unlink()
    assert vault.check_lock(clone, present=True).items == ()


def test_a_folder_stands_for_its_files(library: Library) -> None:
    export_all(library)
    shutil.rmtree(library.folder / "data")
    report = library.repository.export_locked([str(library.folder / "data")])
    assert [each.path for each in report.files] == ["data/train.jsonl"]
    with pytest.raises(NotFound) as caught:
        library.repository.check_lock([str(library.folder / "data/trian.jsonl")])
    assert caught.value.hint == "did you mean data/train.jsonl?"


def test_the_same_bytes_come_before_the_same_records(library: Library) -> None:
    for name in ("a.jsonl.gz", "b.jsonl", "c.parquet", "d.json.gz"):
        library.repository.export(output=str(library.folder / f"out/{name}"))
    path = library.folder / "copy.txt"
    shutil.copy(library.folder / "out/b.jsonl", path)
    found = library.repository.which(str(path)).items
    assert [(each.path, each.matches) for each in found] == [
        ("out/b.jsonl", "sha256"),
        ("out/a.jsonl.gz", "content"),
        ("out/c.parquet", "content"),
        ("out/d.json.gz", "content"),
    ]


def test_a_lock_of_0_1_is_read_and_written_anew(library: Library) -> None:
    export_all(library)
    lock = json.loads((library.folder / "vault.lock").read_text())
    kept = ("commit", "examples", "sha256", "where", "sample", "seed", "shuffle", "fields", "with")
    old = {
        name: {key: value for key, value in entry.items() if key in kept}
        for name, entry in lock["files"].items()
    }
    old["/elsewhere/out.jsonl"] = dict(old["none.jsonl"])
    (library.folder / "vault.lock").write_text(json.dumps({"files": old, "version": 1}))
    (library.folder / "data/train.jsonl").unlink()
    report = library.repository.export_locked()
    assert [each.path for each in report.files] == ["data/train.jsonl"]
    written = json.loads((library.folder / "vault.lock").read_text())
    assert (written["version"], sorted(written["files"])) == (2, sorted(FILES))
    library.repository.export(output=str(library.folder / "data/train.jsonl"), force=True)
    assert (
        "bytes"
        in json.loads((library.folder / "vault.lock").read_text())["files"]["data/train.jsonl"]
    )


@pytest.mark.parametrize(
    "change",
    [
        {"bytes": "many"},
        {"examples": True},
        {"where": "turns > 1"},
        {"fields": [1]},
        {"shuffle": 1},
        {"sample": "5"},
        {"tag": 7},
        {"tag": "--force"},
        {"commit": "HEAD"},
        {"commit": "\x1b[31m"},
        {"sha256": "abc"},
    ],
)
def test_an_entry_of_another_shape_is_refused(library: Library, change: dict[str, Any]) -> None:
    export_all(library)
    lock = json.loads((library.folder / "vault.lock").read_text())
    lock["files"]["few.csv"].update(change)
    (library.folder / "vault.lock").write_text(json.dumps(lock))
    with pytest.raises(InvalidInput) as caught:
        library.repository.check_lock()
    assert caught.value.code == "lock-damaged"


def test_files_outside_the_folder_are_not_locked(library: Library, tmp_path: Path) -> None:
    report = library.repository.export(output=str(tmp_path / "out.jsonl"))
    assert (report.locked, report.outside) == (False, True)
    assert not (library.folder / "vault.lock").exists()
    with pytest.raises(AlreadyExists, match="tells of no file outside its folder"):
        library.repository.export(output=str(tmp_path / "out.jsonl"))
    with pytest.raises(NotFound) as caught:
        library.repository.check_lock()
    assert caught.value.code == "lock-missing"


def test_provenance_is_what_a_tracker_keeps(library: Library) -> None:
    export_all(library)
    path = library.folder / "renamed.jsonl"
    shutil.copy(library.folder / "data/train.jsonl", path)
    found = vault.provenance(path)
    commit = library.repository.log().commits[0].commit
    repository = library.repository._log.tip().entry.repository
    assert found.to_dict() == {
        "name": "data/train.jsonl",
        "digest": library.repository.which(str(path)).sha256,
        "source": f"vault:{repository}@{commit}",
        "commit": commit,
        "tag": "v1",
        "examples": 20,
        "command": f"vault export {commit} -o data/train.jsonl --where \"labels.quality = 'gold'\" "
        "--seed 7",
    }
    assert len(found.digest[:32]) == 32
    path.write_bytes(b"{}\n")
    with pytest.raises(NotFound) as caught:
        vault.provenance(path)
    assert caught.value.code == "origin-not-found"


def test_facts_that_arrive_later_stand_beside_the_commit(library: Library) -> None:
    before = library.repository.log().commits[0]
    report = library.repository.note("v1", {"model": "small-3", "accuracy": "0.91"})
    assert [(each.key, each.value, each.author) for each in report.items] == [
        ("accuracy", "0.91", "ada"),
        ("model", "small-3", "ada"),
    ]
    library.repository.note("v1", {"accuracy": "0.93"}, remove=["model"])
    after = library.repository.log().commits[0]
    assert after.commit == before.commit
    assert dict(after.notes) == {"accuracy": "0.93"}
    assert library.repository.note("v1").items[0].value == "0.93"
    library.repository.undo()
    assert dict(library.repository.log().commits[0].notes) == {
        "accuracy": "0.91",
        "model": "small-3",
    }
    library.repository.gc()
    assert library.repository.fsck().problems == ()
    assert dict(library.repository.log().commits[0].notes)["model"] == "small-3"
    library.repository.note("v1", {}, remove=["accuracy", "model"])
    assert not library.repository.log().commits[0].notes
    with pytest.raises(NotFound) as caught:
        library.repository.note("v1", {}, remove=["model"])
    assert caught.value.code == "note-not-found"
    for facts in ({"": "x"}, {"a": " "}, {"a\nb": "x"}, {"x" * 101: "y"}):
        with pytest.raises(InvalidInput) as invalid:
            library.repository.note("v1", facts)
        assert invalid.value.code == "note-invalid"
    with pytest.raises(InvalidInput) as invalid:
        library.repository.note("STAGE", {"a": "b"})
    assert invalid.value.code == "commit-needed"
