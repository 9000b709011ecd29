"""Values and tables of numpy, pandas, polars and Arrow as records of a program."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vault.formats.files.rows import row_text, rows_of_table
from vault.objects.json.text import UnreadableJson

DAY = datetime.date(2026, 1, 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(3), b"3"),
        (np.float32(0.5), b"0.5"),
        (np.bool_(True), b"true"),
        (np.str_("a"), b'"a"'),
        (np.array([[1, 2], [3, 4]]), b"[[1,2],[3,4]]"),
        (np.array(["a", None], object), b'["a",null]'),
        (np.array([{"role": "user"}], object), b'[{"role":"user"}]'),
        (np.datetime64("2026-01-02T03:04:05"), b'"2026-01-02T03:04:05"'),
        (DAY, b'"2026-01-02"'),
        (datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC), b'"2026-01-02T03:00:00+00:00"'),
        (datetime.time(3, 4), b'"03:04:00"'),
    ],
)
def test_values_of_libraries_have_one_json_form(value: Any, text: bytes) -> None:
    assert row_text({"x": value}) == b'{"x":' + text + b"}"


@pytest.mark.parametrize("value", [np.float64("nan"), np.array([1.0, np.inf])])
def test_what_is_no_number_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(UnreadableJson, match="no JSON number; None is null"):
        row_text({"x": value})


@pytest.mark.parametrize("value", [np.complex128(1j), b"\x00", object()])
def test_what_json_has_not_is_refused(value: Any) -> None:
    with pytest.raises(UnreadableJson, match="which JSON does not have"):
        row_text({"x": value})


def test_an_arrow_table_is_its_rows() -> None:
    given = pa.table({"prompt": ["Hi", "Ho"], "n": [1, None]})
    assert list(rows_of_table(given)) == [{"prompt": "Hi", "n": 1}, {"prompt": "Ho", "n": None}]


def test_a_frame_of_pandas_is_its_rows_and_nothing_is_null() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "messages": [[{"role": "user", "content": "Hi"}], None],
            "score": [0.5, float("nan")],
            "count": pandas.array([1, None], "Int64"),
            "at": pandas.to_datetime(["2026-01-02", None]),
        }
    )
    texts = [row_text(each) for each in rows_of_table(frame)]
    assert texts == [
        b'{"messages":[{"role":"user","content":"Hi"}],"score":0.5,"count":1,'
        b'"at":"2026-01-02T00:00:00"}',
        b'{"messages":null,"score":null,"count":null,"at":null}',
    ]


def test_a_frame_of_polars_is_its_rows() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"prompt": ["Hi"], "tags": [["a", "b"]]})
    assert list(rows_of_table(frame)) == [{"prompt": "Hi", "tags": ["a", "b"]}]


def test_a_list_stays_a_list() -> None:
    rows = [{"prompt": "Hi"}]
    assert rows_of_table(rows) is rows
