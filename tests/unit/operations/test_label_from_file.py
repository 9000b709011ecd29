"""Labels that stand in a file: of a spreadsheet, of another tool, of an export."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound

QUESTIONS = ["one", "two", "three", "four"]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path)
    rows = [chat(each, ticket=number, topic=each[0]) for number, each in enumerate(QUESTIONS)]
    made.write("a.jsonl", rows)
    made.run("a.jsonl")
    return made


def csv(library: Library, text: str, name: str = "choices.csv") -> str:
    path = library.folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_spreadsheet_labels_by_id_or_its_beginning(library: Library) -> None:
    one, two = library.id_of("one"), library.id_of("two")
    path = csv(library, f"id,quality,stars\n{one},gold,3\n{two[:8]},,0.5\n")
    report = library.repository.label_from(path, {"quality": "quality", "stars": "stars"})
    assert (report.examples, report.labelled) == (2, 2)
    assert report.file is not None
    assert (report.file.records, report.file.unknown, report.file.unread) == (2, 0, 0)
    assert library.labels() == {"one": {"quality": "gold", "stars": 3}, "two": {"stars": 0.5}}


def test_a_field_of_the_records_may_be_the_key(library: Library) -> None:
    path = csv(library, "ticket,checked_by\n2,ben\n0,ada\n9,eve\n")
    report = library.repository.label_from(path, {"reviewer": "checked_by"}, key="ticket")
    assert library.labels() == {"one": {"reviewer": "ada"}, "three": {"reviewer": "ben"}}
    assert report.file is not None
    assert (report.file.unknown, report.file.first_unknown) == (1, "9")
    # All examples with the value are meant.
    path = csv(library, "topic,kind\nt,true\n")
    assert library.repository.label_from(path, {"kind": "kind"}, key="topic").labelled == 2


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet", "out.json"])
def test_what_an_export_wrote_is_read_back(library: Library, name: str) -> None:
    library.repository.label({"quality": "gold"}, where="line = 2")
    library.repository.label({"quality": "3", "stars": 3}, where="line = 3")
    path = str(library.folder / name)
    library.repository.export("STAGE", output=path, extras=("id", "labels"))
    before = library.labels()
    library.repository.label({}, where="turns > 0", remove=["quality", "stars"])
    columns = {"quality": "quality", "stars": "stars"}
    assert library.repository.label_from(path, columns).labelled == 2
    assert library.labels() == before


def test_json_lines_and_parquet_keep_their_types(library: Library) -> None:
    one, two = library.id_of("one"), library.id_of("two")
    lines = [
        {"id": one, "scores": {"help": 0.25}, "ok": True, "text": "3"},
        {"id": two, "scores": {"help": None}, "ok": False, "text": ""},
    ]
    path = library.write("scores.jsonl", lines)
    columns = {"help": "scores.help", "ok": "ok", "text": "text"}
    library.repository.label_from(path, columns)
    expected = {"one": {"help": 0.25, "ok": True, "text": "3"}, "two": {"ok": False}}
    assert library.labels() == expected
    table = pa.table({"id": [one, two], "n": [1, 2]})
    pq.write_table(table, library.folder / "n.parquet")
    library.repository.label_from(str(library.folder / "n.parquet"), {"n": "n"})
    assert library.labels()["two"] == {"ok": False, "n": 2}
    stdin = io.BytesIO(json.dumps({"id": one, "m": 5}).encode())
    library.repository.label_from("-", {"m": "m"}, stdin=stdin)
    assert library.labels()["one"]["m"] == 5


def test_what_a_file_says_twice_must_be_the_same(library: Library) -> None:
    one = library.id_of("one")
    path = csv(library, f"id,quality\n{one},gold\n{one[:6]},gold\n")
    assert library.repository.label_from(path, {"quality": "quality"}).labelled == 1
    path = csv(library, f"id,quality\n{one},gold\n{one[:6]},bad\n")
    before = library.repository.operations().items
    with pytest.raises(InvalidInput) as caught:
        library.repository.label_from(path, {"quality": "quality"})
    assert caught.value.code == "label-contradictory"
    assert '"gold" in line 2, "bad" in line 3' in caught.value.message
    assert library.repository.operations().items == before


def test_what_cannot_be_used_is_counted_with_the_first(library: Library) -> None:
    one = library.id_of("one")
    path = library.write("x.jsonl", [{"id": one, "q": 1}, {"q": 2}, {"id": "ffff", "q": 3}])
    with open(path, "a") as file:
        file.write("{broken\n[]\n")
    report = library.repository.label_from(path, {"q": "q"})
    assert report.file is not None
    assert (report.labelled, report.file.records) == (1, 5)
    assert (report.file.unknown, report.file.first_unknown) == (1, "ffff")
    assert report.file.unread == 3
    assert report.file.first_unread == 'line 2: it has no "id"'


@pytest.mark.parametrize(
    ("text", "columns", "key", "code"),
    [
        ("id,quality\nabcd,gold\n", {"quality": "grade"}, "id", "column-missing"),
        ("name,quality\nabcd,gold\n", {"quality": "quality"}, "id", "column-missing"),
        ("id,quality\nabcd,godl\n", {"quality": "quality"}, "id", "label-value-unknown"),
        ("id,quality\nabcd,gold\n", {"split": "quality"}, "id", "label-not-yours"),
        ("id,quality\nabcd,gold\n", {}, "id", "labels-missing"),
    ],
)
def test_a_file_that_does_not_say_it_is_refused(
    library: Library, text: str, columns: dict[str, str], key: str, code: str
) -> None:
    (library.folder / "vault.toml").write_text('[labels.quality]\nvalues = ["gold"]\n')
    with pytest.raises(InvalidInput) as caught:
        library.repository.label_from(csv(library, text), columns, key=key)
    assert caught.value.code == code
    assert caught.value.hint


def test_a_list_is_no_label(library: Library) -> None:
    path = library.write("x.jsonl", [{"id": library.id_of("one"), "tags": ["a"]}])
    with pytest.raises(InvalidInput, match="line 1: tags is a list") as caught:
        library.repository.label_from(path, {"tags": "tags"})
    assert caught.value.code == "label-value-invalid"


def test_a_file_that_is_not_there_is_told(library: Library) -> None:
    with pytest.raises(NotFound):
        library.repository.label_from("nothing.csv", {"a": "a"})
    with pytest.raises(InvalidInput) as caught:
        library.write("folder/a.jsonl", [{}])
        library.write("folder/b.jsonl", [{}])
        library.repository.label_from(str(library.folder / "folder"), {"a": "a"})
    assert caught.value.code == "one-file"


def test_several_people_may_hand_in_files(library: Library) -> None:
    (library.folder / "vault.toml").write_text("[labels.quality]\nraters = 2\n")
    one, two = library.id_of("one"), library.id_of("two")
    for person, values in (("anna", ("gold", "bad")), ("ben", ("gold", "ok"))):
        path = csv(library, f"id,grade\n{one},{values[0]}\n{two},{values[1]}\n")
        report = library.repository.label_from(path, {"quality": "grade"}, person=person)
    assert (report.agreed, report.differing) == (1, 1)
    assert library.labels()["one"]["quality"] == "gold"
    assert "quality" not in library.labels()["two"]
