"""Law: reading what was written gives the records again, in order, for every layout."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.laws import share_of_examples
from tests.unit.formats.files.reading import read_file
from vault.formats.files.columns import plan_columns
from vault.formats.files.inputs import Compression, InputFile, Layout
from vault.formats.writers.open_writer import open_writer
from vault.objects.json.text import canonical_bytes, compact_bytes, parse

_text = st.text(st.characters(exclude_categories=["Cs"]))
_keys = st.sampled_from(["a", "b.c", "é", ""]) | _text
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text
)
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner) | st.dictionaries(_text, inner), max_leaves=6
)
_records = st.lists(st.dictionaries(_keys, _values, max_size=4), max_size=6)
_text_rows = st.integers(1, 4).flatmap(
    lambda count: st.lists(_keys, min_size=count, max_size=count, unique=True).flatmap(
        lambda keys: st.lists(st.fixed_dictionaries(dict.fromkeys(keys, _text)), max_size=6)
    )
)


def _round_trip(records: list[Any], layout: Layout, compression: Compression) -> list[bytes]:
    texts = [compact_bytes(record) for record in records]
    plan = plan_columns(texts) if layout in (Layout.CSV, Layout.PARQUET) else None
    target = io.BytesIO()
    writer = open_writer(target, layout=layout, compression=compression, plan=plan)
    writer.write(texts)
    writer.close()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(target.getvalue())
        result = read_file(InputFile(str(path), layout, compression))
    assert result.refused == []
    return [parse(text)[1] for text in result.texts]


@pytest.mark.parametrize("compression", list(Compression))
@pytest.mark.parametrize("layout", [Layout.JSONL, Layout.JSON])
@share_of_examples(0.5)
@given(records=_records)
def test_json_gives_the_records_again(
    records: list[Any], layout: Layout, compression: Compression
) -> None:
    assert _round_trip(records, layout, compression) == [canonical_bytes(r) for r in records]


@share_of_examples(0.5)
@given(records=_records)
def test_parquet_gives_the_records_again_with_nulls_and_absent_keys(records: list[Any]) -> None:
    if not any(records):
        records = []
    expected = [canonical_bytes(record) for record in records]
    assert _round_trip(records, Layout.PARQUET, Compression.NONE) == expected


@pytest.mark.parametrize("compression", list(Compression))
@share_of_examples(0.5)
@given(records=_text_rows)
def test_csv_gives_records_of_texts_again(records: list[Any], compression: Compression) -> None:
    expected = [json.loads(canonical_bytes(record)) for record in records]
    found = [json.loads(text) for text in _round_trip(records, Layout.CSV, compression)]
    assert found == expected
