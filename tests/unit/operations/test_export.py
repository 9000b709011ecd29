"""`export`: the bytes that went in come out, whole or not at all, and the same anywhere."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.support.drafting import ids, label
from tests.support.library import Library, chat
from vault.dataset.choosing.select import Selection
from vault.dataset.reading import records, write_records
from vault.errors import AlreadyExists, InvalidInput, NotFound
from vault.formats.writers.open_writer import LineWriter
from vault.operations.exports.export_report import ExportReport

TEXTS = [
    b'{"b": 1, "a": [1.50, 1e400, 18446744073709551616], "c": "\\u00e9\xc3\xa9"}',
    b'{"messages": [{"role": "user", "content": "hi"}],"x" :null}',
    b"{}",
    b'{"text":"\xe2\x80\xa8 line"}',
]


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", [chat(f"q{n}", f"a{n}", n=n) for n in range(50)])
    library.run("a.jsonl")
    library.repository.commit("one")
    return library


def exported(library: Library, output: str = "out.jsonl", **options: Any) -> list[Any]:
    path = library.folder / output
    library.repository.export(options.pop("revision", "STAGE"), output=str(path), **options)
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_the_bytes_of_each_record_come_out_as_they_went_in(library: Library) -> None:
    (library.folder / "a.jsonl").write_bytes(b"\xef\xbb\xbf  " + b" \r\n\n\t".join(TEXTS) + b"  ")
    library.run("a.jsonl")
    library.repository.commit("one")
    path = library.folder / "out.jsonl"

    report = library.repository.export(output=str(path))

    assert path.read_bytes() == b"\n".join(TEXTS) + b"\n"
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (report.examples, report.format) == (4, "jsonl")


@pytest.mark.parametrize(
    "ending", ["jsonl", "json", "parquet", "jsonl.gz", "jsonl.zst", "json.gz", "json.zst"]
)
def test_what_is_exported_can_be_imported_again(
    library: Library, tmp_path: Path, ending: str
) -> None:
    values = [chat("a", n=1, x=None), {"text": "b", "deep": {"list": [1, "2", None]}}, {"n": 2**70}]
    library.write("a.jsonl", values)
    library.run("a.jsonl")
    library.repository.commit("one")
    path = tmp_path / f"out.{ending}"

    report = library.repository.export(output=str(path))
    other = Library(tmp_path / "other")
    other.run(str(path))

    assert other.records() == values
    assert ids(other.repository) == ids(library.repository)
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    again = library.repository.export(output=str(path))
    assert again.sha256 == report.sha256


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.zst"])
def test_records_of_texts_survive_a_table(library: Library, tmp_path: Path, ending: str) -> None:
    values = [{"instruction": f'"{n}",\n', "input": "", "output": "é"} for n in range(3)]
    library.write("a.jsonl", values)
    library.run("a.jsonl")
    path = tmp_path / f"out.{ending}"
    library.repository.export("STAGE", output=str(path))
    other = Library(tmp_path / "other")
    other.run(str(path))

    assert other.records() == values


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "parquet"])
def test_an_empty_dataset_is_an_empty_file(library: Library, tmp_path: Path, ending: str) -> None:
    library.repository.commit("nothing", allow_empty=True)
    path = tmp_path / f"out.{ending}"

    assert library.repository.export(output=str(path)).examples == 0
    assert library.run(str(path)).read == 0


def test_standard_output_gets_lines(filled: Library) -> None:
    stdout = io.BytesIO()
    report = filled.repository.export(output="-", stdout=stdout)

    assert len(stdout.getvalue().splitlines()) == report.examples == 50
    assert report.sha256 == hashlib.sha256(stdout.getvalue()).hexdigest()
    assert not (filled.folder / "vault.lock").exists()


def test_a_folder_gets_one_file_when_nothing_is_split(filled: Library) -> None:
    filled.repository.export(output=str(filled.folder / "data"))
    assert [each.name for each in (filled.folder / "data").iterdir()] == ["examples.jsonl"]


def split_in_two(library: Library) -> None:
    sides = {n: {"split": "test" if n % 5 == 0 else "train"} for n in range(40)}
    label(library.repository, sides)
    library.repository.commit("split")


def test_a_folder_gets_a_file_for_each_split(filled: Library) -> None:
    split_in_two(filled)
    report = filled.repository.export(output=str(filled.folder / "data"))

    found = {Path(each.path).name: each.examples for each in report.files}
    assert found == {"test.jsonl": 8, "train.jsonl": 32, "unassigned.jsonl": 10}
    assert report.examples == 50
    lines = (filled.folder / "data/test.jsonl").read_bytes().splitlines()
    assert [json.loads(each)["n"] for each in lines] == list(range(0, 40, 5))


def test_one_split_can_be_written_to_a_file_or_a_folder(filled: Library) -> None:
    split_in_two(filled)
    test = Selection(split="test")

    assert len(exported(filled, "x.jsonl", selection=test)) == 8
    filled.repository.export(output=str(filled.folder / "data"), selection=test)
    assert [each.name for each in (filled.folder / "data").iterdir()] == ["test.jsonl"]


def test_a_split_that_only_the_stage_has_is_refused(filled: Library) -> None:
    label(filled.repository, {0: {"split": "test"}})
    with pytest.raises(NotFound) as caught:
        exported(filled, revision="HEAD", selection=Selection(split="test"))
    assert caught.value.code == "split-not-found"
    assert not (filled.folder / "out.jsonl").exists()


def test_a_split_cannot_name_a_file_elsewhere(filled: Library) -> None:
    label(filled.repository, {0: {"split": "../../evil"}})
    with pytest.raises(InvalidInput):
        filled.repository.export("STAGE", output=str(filled.folder / "data"))


def naive(library: Library, prefix: bytes) -> list[str]:
    """Return the ids in the order of SHA-256(prefix and id)."""
    rank = {
        each: hashlib.sha256(prefix + bytes.fromhex(each)).digest()
        for each in ids(library.repository)
    }
    return sorted(rank, key=lambda each: rank[each])


def test_samples_nest_and_stay_in_order(filled: Library) -> None:
    everything = [record["n"] for record in exported(filled)]
    of_id = dict(zip(ids(filled.repository), everything, strict=True))
    smaller: set[int] = set()
    for size in (0, 1, 7, 49, 50, 60):
        found = [
            record["n"]
            for record in exported(filled, selection=Selection(sample=size, seed=3), force=True)
        ]
        assert len(found) == min(size, 50)
        assert found == sorted(found)
        assert smaller <= set(found)
        smaller = set(found)
        assert smaller == {of_id[each] for each in naive(filled, b"3")[:size]}


def test_a_negative_sample_is_refused(filled: Library) -> None:
    with pytest.raises(InvalidInput):
        exported(filled, selection=Selection(sample=-1))


def test_shuffling_follows_the_seed_and_nothing_else(filled: Library, tmp_path: Path) -> None:
    orders = [
        [
            record["n"]
            for record in exported(filled, selection=Selection(shuffle=True, seed=s), force=True)
        ]
        for s in (0, 0, 1)
    ]
    everything = dict(zip(ids(filled.repository), range(50), strict=True))

    assert orders[0] == orders[1] == [everything[each] for each in naive(filled, b"shuffle0")]
    assert orders[2] == [everything[each] for each in naive(filled, b"shuffle1")]
    other = Library(tmp_path / "other")
    other.write("b.jsonl", [chat(f"q{n}", f"a{n}", n=n) for n in reversed(range(50))])
    other.run("b.jsonl")
    again = exported(other, selection=Selection(shuffle=True))
    assert [record["n"] for record in again] == orders[0]


def test_a_shuffle_of_many_chunks_is_the_same_through_a_spill_file(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_records, "MAX_EXAMPLES", 9)
    values = [chat(f"q{n}", "é" * (n % 13), n=n) for n in range(150)]
    library.write("a.jsonl", values)
    library.run("a.jsonl")
    everything = dict(zip(ids(library.repository), range(150), strict=True))
    expected = [values[everything[each]] for each in naive(library, b"shuffle0")]
    spills: list[int] = []
    spilled = records._spilled

    def counted(*given: Any) -> Any:
        spills.append(1)
        return spilled(*given)

    monkeypatch.setattr(records, "_spilled", counted)
    shuffled = Selection(shuffle=True)

    assert exported(library, selection=shuffled) == expected
    monkeypatch.setattr(records, "WINDOW", 16)
    monkeypatch.setattr(records, "_MOST_VISITS", 1)
    monkeypatch.setattr(records, "_SPILLED_BYTES", 500)
    assert exported(library, selection=shuffled, force=True) == expected
    assert len(spills) >= 1
    assert exported(library, "plain.jsonl") == values


def test_fields_are_kept_in_the_records_order(filled: Library) -> None:
    found = exported(filled, fields=("n", "messages"))
    assert found == filled.records()
    assert [list(each) for each in exported(filled, fields=("n",), force=True)] == [["n"]] * 50


def test_a_field_that_no_record_has_is_told(filled: Library) -> None:
    with pytest.raises(InvalidInput) as caught:
        exported(filled, fields=("n", "mesages"))
    assert caught.value.code == "field-not-found"
    assert "mesages" in caught.value.message
    assert not (filled.folder / "out.jsonl").exists()


def test_extras_are_added_and_taken_off_again(filled: Library) -> None:
    label(filled.repository, {0: {"quality": 0.5, "ok": True}})
    found = exported(filled, extras=("id", "labels"))

    assert found[0]["_vault"] == {
        "id": ids(filled.repository)[0],
        "labels": {"ok": True, "quality": 0.5},
    }
    assert found[1]["_vault"]["labels"] == {}
    assert filled.run("out.jsonl").duplicates == 50
    with pytest.raises(InvalidInput) as caught:
        exported(filled, extras=("hash",))
    assert caught.value.code == "extras-unknown"


def test_an_unknown_ending_is_refused(filled: Library) -> None:
    with pytest.raises(InvalidInput) as caught:
        exported(filled, "out.xlsx")
    assert caught.value.code == "output-unknown"


def test_only_what_vault_wrote_is_overwritten(filled: Library) -> None:
    path = filled.folder / "out.jsonl"
    path.write_text("mine")
    with pytest.raises(AlreadyExists) as caught:
        exported(filled)
    assert (caught.value.code, path.read_text()) == ("file-exists", "mine")

    exported(filled, force=True)
    exported(filled)  # as vault wrote it: may go

    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(AlreadyExists) as caught:
        exported(filled)
    assert caught.value.code == "file-edited"


def test_the_lock_says_what_was_written_and_how(filled: Library) -> None:
    report = filled.repository.export(
        output=str(filled.folder / "data/out.jsonl"), selection=Selection(sample=0, seed=4)
    )
    lock = json.loads((filled.folder / "vault.lock").read_text())

    entry = lock["files"]["data/out.jsonl"]
    assert (entry["commit"], entry["examples"], entry["sha256"]) == (
        report.commit,
        0,
        report.sha256,
    )
    assert (entry["sample"], entry["seed"]) == (0, 4)
    assert not {"where", "split", "shuffle", "fields", "with"} & entry.keys()


def test_a_damaged_lock_is_told_before_anything_is_written(filled: Library) -> None:
    (filled.folder / "vault.lock").write_text("{")
    with pytest.raises(InvalidInput) as caught:
        exported(filled)
    assert caught.value.code == "lock-damaged"
    assert not (filled.folder / "out.jsonl").exists()


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".vault" not in path.parts
    }


@pytest.mark.parametrize("output", ["out.jsonl", "data", "out.parquet", "out.json.gz", "out.csv"])
def test_a_full_disk_leaves_everything_as_it_was(
    filled: Library, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    split_in_two(filled)
    filled.repository.export(output=str(filled.folder / output))
    filled.write("b.jsonl", [{"text": "new"}])
    filled.run("b.jsonl")
    label(filled.repository, {50: {"split": "train"}, 0: {"split": "train"}})
    filled.repository.commit("more")
    before = files_of(filled.folder)
    full_after(monkeypatch, 2_000 if output == "data" else 40)

    with pytest.raises(OSError):
        filled.repository.export(output=str(filled.folder / output))

    assert files_of(filled.folder) == before


def full_after(monkeypatch: pytest.MonkeyPatch, size_bytes: int) -> None:
    """Let writing an export fail once so many bytes were written."""
    from vault.operations.exports.hashed_file import HashedFile

    written = 0
    write = HashedFile.write

    def limited(self: Any, data: Any) -> int:
        nonlocal written
        written += len(data)
        if written > size_bytes:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(HashedFile, "write", limited)


def test_lines_are_written_at_once(filled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LineWriter, "write", None)  # only `write_lines` may be used
    assert len(exported(filled)) == 50


def test_compressed_files_are_the_same_every_time(filled: Library) -> None:
    reports: list[ExportReport] = []
    for name in ("x.jsonl.gz", "y.jsonl.gz"):
        reports.append(filled.repository.export(output=str(filled.folder / name)))
    assert reports[0].sha256 == reports[1].sha256
    plain = gzip.decompress((filled.folder / "x.jsonl.gz").read_bytes())
    assert len(plain.splitlines()) == 50


def test_lines_are_joined_from_any_slice_of_texts() -> None:
    array = pa.array(["a", "bb", "", "ccc"])
    assert bytes(records.joined_lines(array.slice(1, 2))) == b"bb\n\n"
    assert bytes(records.joined_lines(array.slice(4))) == b""


def test_members_that_come_too_late_for_datasets_are_told(library: Library) -> None:
    plain = [chat(f"{n} {'x' * 4000}") for n in range(2_200)]
    call = {"role": "assistant", "tool_calls": [{"name": "add", "arguments": {}}]}
    said = chat('"tool_calls": in a text')
    library.write("a.jsonl", [*plain, said])
    library.run("a.jsonl")
    path = str(library.folder / "out.jsonl")
    assert library.repository.export("STAGE", output=path).late_members == {}
    library.write("b.jsonl", [{"messages": [{"role": "user", "content": "q"}, call]}])
    library.run("b.jsonl")
    assert library.repository.export("STAGE", output=path).late_members == {path: "tool_calls"}
    library.run("b.jsonl", mode="append")
    shuffled = library.repository.export(
        "STAGE", output=str(library.folder / "z.jsonl.gz"), selection=Selection(shuffle=True)
    )
    assert shuffled.late_members == {}
