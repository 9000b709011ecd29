"""`import --update`: edited examples take the place of those with the same key."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.drafting import label, labels_of
from tests.support.library import Library, chat
from vault.errors import InvalidInput
from vault.operations.imports.import_report import ImportReport


def exported(library: Library, name: str = "edit.jsonl") -> list[Any]:
    """Export the stage with ids and return the records."""
    path = library.folder / name
    library.repository.export("STAGE", output=str(path), extras=("id",), force=True)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def updated(library: Library, records: list[Any], **options: Any) -> ImportReport:
    library.write("edit.jsonl", records)
    return library.run("edit.jsonl", mode="update", **options)


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", [chat(each, key=f"k-{each}") for each in "abcd"])
    library.run("a.jsonl")
    return library


def test_an_edited_example_stands_where_it_stood(filled: Library) -> None:
    records = exported(filled)
    records[2]["messages"][1]["content"] = "Edited."

    report = updated(filled, records)

    assert (report.imported, report.duplicates) == (1, 3)
    assert filled.questions() == ["a", "b", "c", "d"]
    assert filled.records()[2] == chat("c", "Edited.", key="k-c")


def test_examples_that_the_file_lacks_stay(filled: Library) -> None:
    edit = exported(filled)[1]
    edit["messages"][0]["content"] = "B"

    updated(filled, [edit])

    assert filled.questions() == ["a", "B", "c", "d"]


def test_an_example_of_an_unknown_id_is_appended(filled: Library) -> None:
    record = chat("new") | {"_vault": {"id": "0" * 32}}
    other = chat("newer") | {"_vault": {"id": "no id"}}
    updated(filled, [record, other, chat("newest")])

    assert filled.questions() == ["a", "b", "c", "d", "new", "newer", "newest"]
    assert "_vault" not in filled.records()[4]


def test_updating_twice_changes_nothing_more(filled: Library) -> None:
    records = exported(filled)
    records[0]["messages"][1]["content"] = "Edited."
    updated(filled, records)
    filled.repository.commit("one")

    assert updated(filled, records).imported == 0
    assert not filled.repository.status().staged


def test_records_in_another_order_keep_their_places(filled: Library) -> None:
    records = exported(filled)[::-1]
    records[0]["messages"][1]["content"] = "Edited."

    updated(filled, records)

    assert filled.questions() == ["a", "b", "c", "d"]


def test_an_example_edited_into_another_one_is_not_there_twice(filled: Library) -> None:
    records = exported(filled)
    edit = chat("b", key="k-b") | {"_vault": records[0]["_vault"]}

    updated(filled, [edit])

    assert filled.questions() == ["a", "b", "c", "d"]


def test_ids_survive_a_table_edited_in_a_spreadsheet(library: Library, tmp_path: Path) -> None:
    rows = [{"instruction": f"q{n}", "input": "", "output": "a"} for n in range(3)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    path = tmp_path / "edit.csv"
    library.repository.export("STAGE", output=str(path), extras=("id",))
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    table[1]["output"] = "edited"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)

    library.run(str(path), mode="update")

    assert library.records() == [rows[0], rows[1] | {"output": "edited"}, rows[2]]


def test_a_parquet_file_with_ids_updates_in_place(filled: Library, tmp_path: Path) -> None:
    path = tmp_path / "edit.parquet"
    filled.repository.export("STAGE", output=str(path), extras=("id", "labels"))

    report = filled.run(str(path), mode="update")

    assert (report.imported, report.duplicates) == (0, 4)


def test_a_field_can_be_the_key(filled: Library) -> None:
    updated(filled, [chat("C", key="k-c"), chat("e", key="k-e"), chat("f")], key="key")

    assert filled.questions() == ["a", "b", "C", "d", "e", "f"]


def test_a_key_may_lie_deeper(library: Library) -> None:
    library.write("a.jsonl", [chat(each, meta={"id": n}) for n, each in enumerate("ab")])
    library.run("a.jsonl")

    updated(library, [chat("B", meta={"id": 1}), chat("C", meta={"id": "1"})], key="meta.id")

    assert library.questions() == ["a", "B", "C"]


def test_a_key_of_several_examples_is_refused(filled: Library) -> None:
    filled.write("b.jsonl", [chat("other", key="k-a")])
    filled.run("b.jsonl")

    with pytest.raises(InvalidInput) as caught:
        updated(filled, [chat("A", key="k-a")], key="key")

    assert caught.value.code == "key-ambiguous"
    assert filled.questions() == ["a", "b", "c", "d", "other"]


def test_several_edits_of_one_key_are_refused(filled: Library) -> None:
    with pytest.raises(InvalidInput) as caught:
        updated(filled, [chat("A", key="k-a"), chat("AA", key="k-a")], key="key")

    assert caught.value.code == "key-ambiguous"


def test_labels_follow_an_update(filled: Library) -> None:
    label(filled.repository, {n: {"quality": n, "split": "train"} for n in range(4)})
    records = exported(filled)
    records[0]["topic"] = "new"
    records[1]["messages"][1]["content"] = "Edited."
    records[2]["messages"][0]["content"] = "Another question"

    updated(filled, records)

    assert labels_of(filled.repository) == [
        {"quality": 0, "split": "train"},
        {"split": "train"},
        {},
        {"quality": 3, "split": "train"},
    ]


def test_updating_an_empty_dataset_appends(library: Library) -> None:
    updated(library, [chat("a"), chat("b")])
    assert library.questions() == ["a", "b"]


def test_several_files_update_one_after_the_other(filled: Library) -> None:
    records = exported(filled)
    records[0]["messages"][1]["content"] = "One."
    records[3]["messages"][1]["content"] = "Two."
    filled.write("x.jsonl", records[:1])
    filled.write("y.jsonl", records[3:])

    filled.run("x.jsonl", "y.jsonl", mode="update")

    answers = [each["messages"][1]["content"] for each in filled.records()]
    assert answers == ["One.", "Yes.", "Yes.", "Two."]


def test_an_edited_record_belongs_to_the_source_it_was_edited_in(library: Library) -> None:
    library.write("one.jsonl", [chat("a", key=1), chat("b", key=2)])
    library.run("one.jsonl")
    library.write("edits.jsonl", [chat("a", "Edited.", key=1)])
    library.run("edits.jsonl", mode="update", key="key")

    library.run("one.jsonl", mode="replace")

    assert library.records() == [chat("a", key=1), chat("b", key=2)]


def test_a_second_edit_of_the_same_export_replaces_the_first(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b")])
    library.run("one.jsonl")
    repository = library.repository
    repository.commit("1")
    repository.export(output=str(library.folder / "w.jsonl"), extras=("id",))
    exported = (library.folder / "w.jsonl").read_text().splitlines()
    for answer in ("First.", "Second."):
        edited = exported[0].replace("Yes.", answer)
        (library.folder / "w.jsonl").write_text(f"{edited}\n{exported[1]}\n")
        report = library.run("w.jsonl", mode="update")
        assert report.files[0].unmatched == 0
    assert library.records() == [chat("a", "Second."), chat("b")]


def test_what_updates_nothing_is_told(library: Library) -> None:
    library.write("one.jsonl", [chat("a", key=1), chat("b", key=2)])
    library.run("one.jsonl")
    library.write("edits.jsonl", [chat("a", "Edited.", key=9), chat("c", other=1)])
    assert library.run("edits.jsonl", mode="update", key="key").files[0].unmatched == 2


def test_an_edit_that_makes_two_examples_equal_is_told(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b")])
    library.run("one.jsonl")
    repository = library.repository
    repository.commit("1")
    repository.export(output=str(library.folder / "w.jsonl"), extras=("id",))
    text = (library.folder / "w.jsonl").read_text().replace('"a"', '"b"', 1)
    (library.folder / "w.jsonl").write_text(text)
    assert library.run("w.jsonl", mode="update").files[0].merged == 1
    assert library.questions() == ["a", "b"]
