"""Records to files, byte for byte."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.unit.formats.files.reading import read_file
from vault.errors import InvalidInput
from vault.formats.files.columns import Column, ColumnType, plan_columns
from vault.formats.files.inputs import Compression, Layout
from vault.formats.writers.open_writer import open_writer

A, B = b'{"a":1,"b":"x"}', b'{"b":null,"c":[1,{"d":2}]}'


def _written(
    layout: Layout, texts: list[bytes], compression: Compression = Compression.NONE
) -> bytes:
    target = io.BytesIO()
    needs_plan = layout in (Layout.CSV, Layout.PARQUET)
    plan = plan_columns(texts) if needs_plan else None
    writer = open_writer(target, layout=layout, compression=compression, plan=plan)
    for text in texts:
        writer.write([text])
    writer.close()
    return target.getvalue()


@pytest.mark.parametrize(
    ("layout", "texts", "expected"),
    [
        (Layout.JSONL, [A, B], A + b"\n" + B + b"\n"),
        (Layout.JSONL, [], b""),
        (Layout.JSON, [A, B], b"[\n" + A + b",\n" + B + b"\n]\n"),
        (Layout.JSON, [], b"[]\n"),
        (Layout.CSV, [A, B], b'a,b,c\n1,x,\n,,"[1,{""d"":2}]"\n'),
        (Layout.CSV, [], b""),
        (Layout.CSV, [b'{"a":""}', b'{"a":"\\r"}'], b'a\n""\n"\r"\n'),
        (Layout.CSV, [b'{"\\ufeffa":"=1"}'], '"\ufeffa"\n=1\n'.encode()),
        (Layout.CSV, [b'{"a":true,"b":1e400}'], b"a,b\ntrue,1e+400\n"),
    ],
)
def test_each_layout_has_its_bytes(layout: Layout, texts: list[bytes], expected: bytes) -> None:
    assert _written(layout, texts) == expected


@pytest.mark.parametrize("layout", list(Layout))
def test_lines_and_texts_write_the_same(layout: Layout) -> None:
    target = io.BytesIO()
    writer = open_writer(target, layout=layout, plan=plan_columns([A, B]))
    writer.write_lines(memoryview(A + b"\n" + B + b"\n"))
    writer.close()
    assert target.getvalue() == _written(layout, [A, B])


@pytest.mark.parametrize("compression", list(Compression))
@pytest.mark.parametrize("layout", [Layout.JSONL, Layout.JSON, Layout.CSV])
def test_the_same_records_give_the_same_bytes(layout: Layout, compression: Compression) -> None:
    assert _written(layout, [A, B], compression) == _written(layout, [A, B], compression)


def test_gzip_holds_neither_time_nor_name() -> None:
    packed = _written(Layout.JSONL, [A], Compression.GZIP)
    assert packed[3:8] == bytes(5)
    assert gzip.decompress(packed) == A + b"\n"


def test_the_plan_names_keys_in_order_of_appearance_with_their_types() -> None:
    texts = [
        b'{"s":"x","i":1,"f":1.5,"b":true,"m":1,"n":null,"big":9223372036854775808}',
        b'{"late":"x","s":null,"i":2,"f":-0.0,"b":false,"m":"x","n":null,"big":1}',
        b'{"s":"y","i":3,"f":1e2,"b":true,"m":[],"n":null,"big":2,"late":null}',
    ]
    assert plan_columns(texts).columns == (
        Column("s", ColumnType.STRING, False),
        Column("i", ColumnType.INTEGER, False),
        Column("f", ColumnType.FLOAT, False),
        Column("b", ColumnType.BOOLEAN, False),
        Column("m", ColumnType.JSON, False),
        Column("n", ColumnType.JSON, False),
        Column("big", ColumnType.JSON, False),
        Column("late", ColumnType.JSON, True),
    )


def test_too_many_keys_are_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        plan_columns(b'{"%d":1}' % number for number in range(10_001))
    assert caught.value.code == "too-many-columns"


@pytest.mark.parametrize("layout", [Layout.CSV, Layout.PARQUET])
def test_records_without_keys_make_no_table(layout: Layout) -> None:
    with pytest.raises(InvalidInput) as caught:
        _written(layout, [b"{}"])
    assert caught.value.code == "no-columns"


def test_parquet_is_not_compressed_as_a_whole() -> None:
    with pytest.raises(InvalidInput) as caught:
        _written(Layout.PARQUET, [A], Compression.GZIP)
    assert caught.value.code == "parquet-compressed"


def test_tables_need_a_plan() -> None:
    with pytest.raises(TypeError):
        open_writer(io.BytesIO(), layout=Layout.CSV)


def test_row_groups_are_bounded_and_do_not_depend_on_the_calls(tmp_path: Path) -> None:
    texts = [b'{"a":"%s"}' % (b"%07d" % number * 100_000) for number in range(60)]
    target = io.BytesIO()
    writer = open_writer(target, layout=Layout.PARQUET, plan=plan_columns(texts))
    writer.write(texts)
    writer.close()
    path = tmp_path / "a.parquet"
    path.write_bytes(target.getvalue())
    assert pq.ParquetFile(path).num_row_groups == 2
    assert target.getvalue() == _written(Layout.PARQUET, texts)
    assert read_file(path).texts == texts
