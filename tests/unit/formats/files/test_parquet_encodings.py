"""Parquet as writers encode it: every encoding is read, and none expands unbounded."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.formats.files.reading import read_file
from vault.errors import InvalidInput
from vault.formats.files.arrow.parquet_expansion import expanded_bytes

ROWS: list[dict[str, Any]] = [
    {
        "messages": [
            {"role": "user", "content": f"question {n}"},
            {"role": "assistant", "content": f"answer {n % 7}"},
        ],
        "prompt": f"question number {n} about {n * 7919 % 1000}",
        "same": "always this",
        "n": n,
        "half": n / 2,
        "even": n % 2 == 0,
    }
    for n in range(3_000)
]
TABLE = pa.Table.from_pylist(ROWS)
TEXTS = ("prompt", "same", "messages.list.element.content", "messages.list.element.role")
ENCODED: dict[str, tuple[str, ...]] = {
    "PLAIN": TEXTS,
    "DELTA_BYTE_ARRAY": TEXTS,
    "DELTA_LENGTH_BYTE_ARRAY": TEXTS,
    "DELTA_BINARY_PACKED": ("n",),
    "BYTE_STREAM_SPLIT": ("half", "n"),
    "RLE": ("even",),
}
SUITE = Path(__file__).resolve().parents[5] / "shared" / "data" / "suites" / "parquet" / "data"


def _assert_read(path: Path) -> None:
    assert [orjson.loads(each) for each in read_file(path).texts] == ROWS


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("encoding", list(ENCODED))
def test_every_encoding_of_arrow_is_read(tmp_path: Path, encoding: str, version: str) -> None:
    path = tmp_path / "a.parquet"
    chosen = dict.fromkeys(ENCODED[encoding], encoding)
    pq.write_table(
        TABLE, path, use_dictionary=False, column_encoding=chosen, data_page_version=version
    )
    _assert_read(path)


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "zstd", "lz4"])
def test_delta_encoded_texts_are_read_with_every_codec(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "a.parquet"
    chosen = dict.fromkeys(TEXTS, "DELTA_BYTE_ARRAY")
    pq.write_table(
        TABLE,
        path,
        use_dictionary=False,
        column_encoding=chosen,
        compression=codec,
        write_page_index=True,
        write_page_checksum=True,
    )
    _assert_read(path)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_duckdb_writes_is_read(tmp_path: Path, version: str) -> None:
    path = tmp_path / "a.parquet"
    connection = duckdb.connect()
    connection.register("rows", TABLE)
    # Small row groups: DuckDB chooses dictionary or delta for each.
    connection.execute(
        f"COPY rows TO '{path}' (FORMAT parquet, PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)"
    )
    _assert_read(path)


def test_row_groups_may_differ_in_their_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    half = len(ROWS) // 2
    repeated = pa.table({"a": ["one", "two"] * half})
    distinct = pa.table({"a": [f"{n} words" for n in range(len(ROWS))]})
    connection = duckdb.connect()
    connection.register("rows", pa.concat_tables([repeated, distinct]))
    connection.execute(
        f"COPY rows TO '{path}' (FORMAT parquet, PARQUET_VERSION v2, ROW_GROUP_SIZE 2048)"
    )
    found = [orjson.loads(each)["a"] for each in read_file(path).texts]
    assert found == [*repeated["a"].to_pylist(), *distinct["a"].to_pylist()]


def _chunk(path: Path) -> tuple[Any, Any]:
    file = pq.ParquetFile(path)
    return file.metadata.row_group(0).column(0), file.schema.column(0)


def _alike(count: int) -> list[str | None]:
    """Return texts that begin as the one before them does, with nulls among them."""
    chosen = random.Random(count)
    texts: list[str | None] = []
    last = ""
    for _ in range(count):
        words = chosen.choices(["a cat", "é" * 5, "", "the"], k=4)
        last = (last[: chosen.randint(0, len(last))] + " ".join(words))[:300]
        texts.append(None if chosen.random() < 0.1 else last)
    return texts


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("is_nested", [False, True])
@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "dictionary"])
@pytest.mark.parametrize("count", [1, 32, 33, 129, 5_000])
def test_expanded_bytes_are_those_of_the_texts(
    tmp_path: Path, count: int, encoding: str, is_nested: bool, version: str
) -> None:
    path = tmp_path / "a.parquet"
    texts = _alike(count)
    array: Any = pa.array(texts, pa.string())
    if is_nested:
        array = pa.ListArray.from_arrays(pa.array([0, count // 2, count], pa.int32()), array)
    options: dict[str, Any] = {"use_dictionary": True}
    if encoding != "dictionary":
        name = "a.list.element" if is_nested else "a"
        options = {"use_dictionary": False, "column_encoding": {name: encoding}}
    pq.write_table(
        pa.table({"a": array}), path, data_page_version=version, data_page_size=2_000, **options
    )
    chunk, column = _chunk(path)
    length = sum(len(each.encode()) for each in texts if each)
    found = expanded_bytes(str(path), chunk, column) - chunk.total_uncompressed_size
    # Packed indexes of a dictionary are filled up to a multiple of eight.
    assert length - chunk.total_uncompressed_size <= found <= 1.2 * length + 8 * 300


@pytest.mark.parametrize("shape", ["rows", "one row"])
def test_a_prefix_repeated_many_times_is_refused_unread(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "bomb.parquet"
    texts = pa.array(["x" * 1_000_000] * 200)
    column: Any = texts
    if shape == "one row":
        column = pa.ListArray.from_arrays(pa.array([0, 200], pa.int32()), texts)
    name = "a" if shape == "rows" else "a.list.element"
    pq.write_table(
        pa.table({"a": column}),
        path,
        use_dictionary=False,
        column_encoding={name: "DELTA_BYTE_ARRAY"},
        compression="zstd",
    )
    assert path.stat().st_size < 2_000
    with pytest.raises(InvalidInput) as caught:
        read_file(path)
    assert caught.value.code == "parquet-bomb"


def test_a_chunk_that_cannot_be_measured_counts_as_its_worst(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"a": _alike(100)}),
        path,
        use_dictionary=False,
        column_encoding={"a": "DELTA_BYTE_ARRAY"},
        compression="none",
    )
    chunk, column = _chunk(path)
    data = bytearray(path.read_bytes())
    data[chunk.data_page_offset : chunk.data_page_offset + 40] = b"\xff" * 40
    path.write_bytes(data)
    assert expanded_bytes(str(path), chunk, column) == chunk.total_uncompressed_size * 100


@pytest.mark.skipif(not SUITE.is_dir(), reason="the suite is not beside the checkout")
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("delta_byte_array", 1_000),
        ("delta_length_byte_array", 1_000),
        ("delta_encoding_optional_column", 100),
        ("delta_encoding_required_column", 100),
    ],
)
def test_files_of_other_writers_are_read(name: str, rows: int) -> None:
    assert len(read_file(SUITE / f"{name}.parquet").texts) == rows
