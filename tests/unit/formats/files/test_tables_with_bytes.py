"""Tables with what JSON has not: bytes, lengths of time, nested nanoseconds; and Arrow streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from tests.support.library import Library
from vault.errors import InvalidInput

PNG = b"\x89PNG\r\n\x1a\n\x00\x00"
CHAT = [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "A cat."}]


def table(**columns: Any) -> pa.Table:
    return pa.table({"messages": [CHAT, CHAT], **columns})


def imported(library: Library, given: pa.Table, **options: Any) -> list[Any]:
    pq.write_table(given, library.folder / "a.parquet")
    library.run("a.parquet", **options)
    return library.records()


IMAGES = pa.array(
    [{"bytes": PNG, "path": "a.png"}, {"bytes": PNG[::-1], "path": None}],
    pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
)


def test_bytes_are_named_with_a_way_on(library: Library) -> None:
    with pytest.raises(InvalidInput, match=r"image\.bytes holds bytes that are no text") as caught:
        imported(library, table(image=IMAGES))
    assert "--binary base64" in str(caught.value.hint)
    assert "--binary omit" in str(caught.value.hint)


def test_bytes_are_kept_as_base64_when_asked(library: Library) -> None:
    first, _ = imported(library, table(image=IMAGES), binary="base64")
    assert first["image"] == {"bytes": "iVBORw0KGgoAAA==", "path": "a.png"}


def test_bytes_are_left_out_when_asked(library: Library) -> None:
    columns = {"image": IMAGES, "raw": [PNG, b"text"], "many": [[PNG, b"a"], []]}
    records = imported(library, table(**columns), binary="omit")
    assert [each["image"] for each in records] == [{"path": "a.png"}, {"path": None}]
    assert ["raw" in each for each in records] == [False, True]
    assert [each["many"] for each in records] == [["a"], []]


def test_bytes_that_are_text_are_text(library: Library) -> None:
    given = table(note=pa.array(["Grüße\n".encode(), None], pa.binary()), same=[b"x", b"y"])
    records = imported(library, given)
    assert [(each["note"], each["same"]) for each in records] == [("Grüße\n", "x"), (None, "y")]


def test_bytes_that_happen_to_be_utf8_are_no_text(library: Library) -> None:
    with pytest.raises(InvalidInput, match="vector holds bytes"):
        imported(library, table(vector=[b"\x00\x01\x02", b"\x00"]))


def test_times_are_text_at_any_depth(library: Library) -> None:
    inner = pa.struct([("at", pa.timestamp("ns")), ("n", pa.int64())])
    given = table(
        lists=pa.array([[{"at": 1_500_000_001, "n": 1}], None], pa.list_(inner)),
        one=pa.array([{"at": 1_000, "n": 2}, None], inner),
        took=pa.array([1_500_000, None], pa.duration("us")),
    )
    first, second = imported(library, given)
    assert first["lists"] == [{"at": "1970-01-01T00:00:01.500000001", "n": 1}]
    assert first["one"] == {"at": "1970-01-01T00:00:00.000001", "n": 2}
    assert first["took"] == "PT1.5S"
    assert (second["lists"], second["one"], second["took"]) == (None, None, None)


def test_lists_of_nanoseconds_in_later_batches_keep_their_rows(library: Library) -> None:
    count = 9_000
    at = pa.array(
        [[each * 1_000_000_000 + 1] for each in range(count)], pa.list_(pa.timestamp("ns"))
    )
    given = pa.table({"text": [str(each) for each in range(count)], "at": at})
    records = imported(library, given)
    assert records[8_500]["text"] == "8500"
    assert records[8_500]["at"] == ["1970-01-01T02:21:40.000000001"]


@pytest.mark.parametrize("is_file", [False, True])
def test_arrow_streams_and_files_are_read(library: Library, is_file: bool) -> None:
    given = pa.table({"prompt": ["Hi", "Ho"], "completion": ["Hello.", "Hey."]})
    path = library.folder / "data" / "data-00000-of-00001.arrow"
    path.parent.mkdir()
    with (ipc.new_file if is_file else ipc.new_stream)(path, given.schema) as writer:
        writer.write_table(given, max_chunksize=1)
    (path.parent / "state.json").write_text("{}")
    report = library.run("data")
    assert [each.imported for each in report.files] == [2]
    assert [Path(each.path).name for each in report.left_out] == ["state.json"]
    assert library.records()[1] == {"prompt": "Ho", "completion": "Hey."}


def test_a_damaged_arrow_file_says_so(library: Library) -> None:
    (library.folder / "a.arrow").write_bytes(b"not arrow at all")
    with pytest.raises(InvalidInput, match="damaged or no Arrow file"):
        library.run("a.arrow")


def test_a_folder_leaves_out_what_was_exported_from_it(library: Library) -> None:
    library.write("data/a.jsonl", [{"prompt": "Hi", "completion": "Hello."}])
    library.run("data/a.jsonl")
    library.repository.commit("first")
    written = library.folder / "data" / "train.jsonl"
    library.repository.export("HEAD", output=str(written))
    assert json.loads((library.folder / "vault.lock").read_text())["files"]
    report = library.run("data")
    assert [Path(each.path).name for each in report.files] == ["a.jsonl"]
    assert [Path(each.path).name for each in report.left_out] == ["train.jsonl"]
    assert "vault export" in report.left_out[0].why
    named = library.run("data/train.jsonl")
    assert [each.duplicates for each in named.files] == [1]
    (library.folder / "data" / "a.jsonl").unlink()
    with pytest.raises(InvalidInput, match="holds no file that can be read, only such as"):
        library.run("data")
