"""Parquet to records: types, faults, bombs."""

from __future__ import annotations

import datetime
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.formats.files.reading import Read, read_file, write_file
from vault.errors import InvalidInput


def _read(path: Path, columns: dict[str, Any], **options: Any) -> Read:
    pq.write_table(pa.table(columns), path, **options)
    return read_file(path)


def test_rows_are_records_with_nulls_kept(tmp_path: Path) -> None:
    message = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    result = _read(
        tmp_path / "a.parquet",
        {
            "messages": pa.array([[{"role": "user", "content": None}], None], message),
            "n": pa.array([1, None]),
            "map": pa.array([[("k", 1.5)], []], pa.map_(pa.string(), pa.float64())),
        },
    )
    assert result.texts == [
        b'{"messages":[{"role":"user","content":null}],"n":1,"map":{"k":1.5}}',
        b'{"messages":null,"n":null,"map":{}}',
    ]
    assert result.lines == [1, 2]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([True]), True),
        (pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
        (pa.array([0.1]), 0.1),
        (pa.array(["a"]).dictionary_encode(), "a"),
        (pa.array([datetime.date(2024, 1, 2)]), "2024-01-02"),
        (pa.array([datetime.datetime(2024, 1, 2, 3, 4, 5)]), "2024-01-02T03:04:05"),
        (pa.array([1], pa.timestamp("ns")), "1970-01-01T00:00:00.000000001"),
        (pa.array([datetime.time(1, 2, 3)]), "01:02:03"),
        (pa.array([Decimal("1.20")]), "1.20"),
        (pa.array([{"d": Decimal("0E-10")}]), {"d": "0.0000000000"}),
        (pa.array([[1, 2]], pa.list_(pa.int32(), 2)), [1, 2]),
        (pa.array([None], pa.null()), None),
        (pa.array([[(3, "x")]], pa.map_(pa.int32(), pa.string())), {"3": "x"}),
    ],
)
def test_every_type_with_a_json_form_has_it(tmp_path: Path, array: Any, expected: Any) -> None:
    result = _read(tmp_path / "a.parquet", {"a": array})
    assert [orjson.loads(text) for text in result.texts] == [{"a": expected}]


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (pa.array([1.0, float("nan")]), "not-finite"),
        (pa.array([[1.0], [float("inf")]]), "not-finite"),
        (pa.array([None, b"\x89x"], pa.binary()), "binary-value"),
        (pa.array([[], [{"b": b"\x00"}]]), "binary-value"),
        (pa.array([b"x", b"\xff"]).cast(pa.string(), safe=False), "invalid-utf8"),
        (
            pa.array([[], [("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int64())),
            "duplicate-key",
        ),
        (pa.array([None, 10**9], pa.date32()), "unsupported-value"),
    ],
)
def test_a_value_without_a_json_form_refuses_its_row_only(
    tmp_path: Path, array: Any, code: str
) -> None:
    if array.type == pa.binary() and code == "invalid-utf8":
        array = pa.Array.from_buffers(pa.string(), len(array), array.buffers())
    result = _read(tmp_path / "a.parquet", {"a": array})
    assert (len(result.texts), result.lines, result.refused) == (1, [1], [(2, code)])


@pytest.mark.parametrize(
    "content", [b"PAR1", b"no parquet", b"PAR1" + bytes(200) + b"PAR1", b"PAR1\xff\xff\xff\x7fPAR1"]
)
def test_a_damaged_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_file(write_file(tmp_path / "a.parquet", content))
    assert caught.value.code == "parquet-damaged"


def test_a_flipped_byte_is_an_error_or_invents_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"a": [f"text {n}" for n in range(100)]})
    pq.write_table(table, path, write_page_checksum=True)
    whole = path.read_bytes()
    expected = read_file(path).texts
    for position in range(4, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        try:
            result = read_file(path)
        except InvalidInput:
            continue
        assert len(result.texts) <= len(expected)


def test_an_empty_file_and_an_empty_table_have_no_records(tmp_path: Path) -> None:
    assert read_file(write_file(tmp_path / "a.parquet", b"")).texts == []
    assert _read(tmp_path / "b.parquet", {"a": pa.array([], pa.string())}).texts == []


def test_two_columns_of_one_name_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), path)
    with pytest.raises(InvalidInput) as caught:
        read_file(path)
    assert caught.value.code == "parquet-columns"


def test_rows_over_the_limit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": ["x", "x" * 5000, "y"]}), path)
    result = read_file(path, max_record_bytes=1000)
    assert (result.lines, result.refused) == ([1, 3], [(2, "too-long")])


_COUNT = """
import resource, sys
from vault.formats.files.blocks import open_blocks
from vault.formats.files.inputs import find_files
import vault.formats.files.arrow.parquet_rows
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
taken = 0
for block in open_blocks(find_files([sys.argv[1]])[0]):
    records = block.split()
    taken += sum(map(len, records.texts)) + len(records.refused)
    if taken > 300_000_000:
        break
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(taken, after - before)
"""


@pytest.mark.parametrize("shape", ["text", "nested", "one row"])
def test_a_repeated_value_is_expanded_a_block_at_a_time(tmp_path: Path, shape: str) -> None:
    """Each file is a few hundred bytes to kilobytes, and says 200 GB."""
    values = pa.array(["x" * 1_000_000])
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), values)
    if shape == "text":
        column: Any = texts
    elif shape == "nested":
        column = pa.ListArray.from_arrays(pa.array(range(200_001), pa.int32()), texts)
    else:
        column = pa.ListArray.from_arrays(pa.array([0, 200_000], pa.int32()), texts)
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"a": column}), path, compression="zstd")
    assert path.stat().st_size < 10_000
    done = subprocess.run(
        [sys.executable, "-c", _COUNT, str(path)], capture_output=True, text=True, check=True
    )
    taken, grown = map(int, done.stdout.split())
    assert taken == 1 if shape == "one row" else taken > 300_000_000
    assert grown < 300 << 10


@pytest.mark.parametrize("shape", ["page", "list"])
def test_what_could_only_be_expanded_whole_is_refused_unread(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "bomb.parquet"
    if shape == "page":
        table = pa.table({"a": ["x" * (150 << 20)]})
    else:
        zeros = pa.nulls(40 << 20, pa.int8())
        table = pa.table(
            {"a": pa.ListArray.from_arrays(pa.array([0, 40 << 20], pa.int32()), zeros)}
        )
    pq.write_table(table, path, compression="zstd", use_dictionary=False)
    with pytest.raises(InvalidInput) as caught:
        read_file(path)
    assert caught.value.code == "parquet-bomb"


MESSAGES = [{"role": "user", "content": "It's 5,\nisn't it?"}]


@pytest.mark.parametrize("cell", [orjson.dumps(MESSAGES).decode(), repr(MESSAGES)])
@pytest.mark.parametrize("name", ["messages", "conversations", "chosen", "prompt"])
def test_a_text_that_holds_messages_is_read_as_messages(
    tmp_path: Path, name: str, cell: str
) -> None:
    result = _read(tmp_path / "a.parquet", {name: [cell, None, "text"]})
    assert [orjson.loads(each) for each in result.texts] == [
        {name: MESSAGES},
        {name: None},
        {name: "text"},
    ]


def test_a_text_of_tools_stays_one(tmp_path: Path) -> None:
    """Trainers take tools as text, and derivation understands it."""
    result = _read(tmp_path / "a.parquet", {"tools": ['[{"name": "f"}]'], "text": ["[]"]})
    assert orjson.loads(result.texts[0]) == {"tools": '[{"name": "f"}]', "text": "[]"}


def test_a_feature_that_cannot_be_read_is_not_called_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise pa.ArrowNotImplementedError("Unsupported encoding.")

    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", refuse)
    with pytest.raises(InvalidInput) as caught:
        read_file(path)
    assert caught.value.code == "parquet-unsupported"
