"""Labels that come with files: those that an export wrote, and sides that names say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput
from vault.operations.imports.imported_labels import side_of_file


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def labelled(question: str, **labels: Any) -> dict[str, Any]:
    return chat(question, _vault={"id": "0" * 32, "labels": labels})


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet", "out.json.gz"])
def test_labels_travel_in_an_export(tmp_path: Path, name: str) -> None:
    old = Library(tmp_path / "old")
    old.write("a.jsonl", [chat(each) for each in ("one", "two", "three")])
    old.run("a.jsonl")
    old.repository.label({"quality": "gold", "stars": 0.5, "ok": True}, where="line < 3")
    old.label("three", split="test", **{"judge.help.score": 1, "_group": "x", "eval.m": 2})
    path = str(tmp_path / name)
    old.repository.export("STAGE", output=path, extras=("id", "labels"))
    new = Library(tmp_path / "new")
    report = new.repository.import_files([path])
    assert (report.files[0].imported, report.files[0].labelled) == (3, 3)
    said = {"quality": "gold", "stars": 0.5, "ok": True}
    assert new.labels() == {"one": said, "two": said, "three": {"split": "test"}}
    assert new.ids() == old.ids()


def test_what_is_no_label_does_not_keep_a_record_out(library: Library) -> None:
    strange = {"a": 2**80, "b": "", "c": [1], "split": "../x", "quality": "gold"}
    library.write("a.jsonl", [labelled("one", **strange)])
    assert library.run("a.jsonl").imported == 1
    assert library.labels() == {"one": {"quality": "gold"}}


def test_labels_of_vault_itself_are_not_exported(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [chat("one")])
    library.run("a.jsonl")
    library.label("one", _group="x", cluster="y", quality="gold")
    assert library.labels() == {"one": {"cluster": "y", "quality": "gold"}}


def test_what_is_there_keeps_its_labels_and_that_is_said(library: Library) -> None:
    library.write("a.jsonl", [chat("one"), chat("two")])
    library.run("a.jsonl")
    library.repository.label({"quality": "bad"}, where="line = 1")
    library.write("b.jsonl", [labelled("one", quality="gold"), labelled("three", quality="ok")])
    report = library.run("b.jsonl")
    assert (report.files[0].labelled, report.files[0].unlabelled) == (1, 1)
    assert library.labels() == {"one": {"quality": "bad"}, "three": {"quality": "ok"}}


def test_an_edited_record_has_the_labels_of_its_file(library: Library) -> None:
    library.write("a.jsonl", [chat("one", key=1), chat("two", key=2)])
    library.run("a.jsonl")
    library.repository.label({"quality": "bad", "stars": 1}, where="turns > 0")
    member = {"labels": {"quality": "gold"}}
    edited = [chat("one", key=1, note="n", _vault=member), chat("two", key=2, note="m")]
    library.write("b.jsonl", edited)
    library.run("b.jsonl", mode="update", key="key")
    assert library.labels() == {
        "one": {"quality": "gold", "stars": 1},
        "two": {"quality": "bad", "stars": 1},
    }


def test_workers_carry_labels_too(library: Library) -> None:
    rows = [labelled(f"q{n} " + "x" * 2000, part=n % 3) for n in range(6_000)]
    library.write("a.jsonl", rows)
    report = library.run("a.jsonl", workers=2)
    assert report.files[0].labelled == 6_000
    counts = {each.value: each.count for each in library.repository.labels().labels}
    assert counts == {0: 2_000, 1: 2_000, 2: 2_000}
    assert library.repository.query("labels.part = 1 AND NOT prompt LIKE 'q%'").examples == 0
    found = library.repository.query("labels.part = 2", limit=3).items
    assert [each.record["messages"][0]["content"].split()[0] for each in found] == [
        "q2", "q5", "q8",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "side"),
    [
        ("train.jsonl", "train"),
        ("data/Train-00000-of-00002.parquet", "train"),
        ("training.csv", "train"),
        ("val.jsonl.gz", "validation"),
        ("valid.jsonl", "validation"),
        ("dev_v2.json", "validation"),
        ("test.csv", "test"),
        ("trainers.jsonl", None),
        ("round-1.jsonl", None),
        ("-", None),
    ],
)
def test_a_name_says_a_side_by_its_first_word(path: str, side: str | None) -> None:
    assert side_of_file(path) == side


def test_sides_are_taken_from_names_on_request(library: Library) -> None:
    library.write("train.jsonl", [chat("one"), chat("two"), labelled("four", split="dev")])
    library.write("val.jsonl", [chat("three"), chat("one")])
    report = library.run("train.jsonl", "val.jsonl", split_from_name=True)
    assert [each.labelled for each in report.files] == [3, 1]
    sides = {"one": "train", "two": "train", "four": "dev", "three": "validation"}
    assert library.labels() == {name: {"split": side} for name, side in sides.items()}
    library.write("unassigned.jsonl", [chat("six")])
    assert library.run("unassigned.jsonl", split_from_name=True).files[0].labelled == 0
    library.write("more.jsonl", [chat("five")])
    with pytest.raises(InvalidInput) as caught:
        library.run("train.jsonl", "more.jsonl", split_from_name=True)
    assert caught.value.code == "side-not-named"
    assert "more.jsonl" in caught.value.message
