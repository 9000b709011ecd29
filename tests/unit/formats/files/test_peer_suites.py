"""Suites that peers test their readers with: every file as it should be, or its reason beside it.

JSONTestSuite, csv-spectrum and parquet-testing, where they are beside the checkout.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vault.errors import InvalidInput
from vault.formats.files.blocks import open_blocks
from vault.formats.files.inputs import Binary, InputFile, Layout
from vault.objects.json.text import UnreadableJson, parse

SUITES = Path(__file__).resolve().parents[5] / "shared" / "data" / "suites"

pytestmark = pytest.mark.skipif(not SUITES.is_dir(), reason="the suites are not beside us")

JSON = sorted((SUITES / "json").glob("*.json"))
CSV = sorted((SUITES / "csv").glob("*.csv"))
PARQUET = sorted((SUITES / "parquet" / "data").glob("*.parquet"))
BAD = sorted((SUITES / "parquet" / "bad").glob("*.parquet"))

REFUSED_JSON = {
    # Of a name that is there twice one value would be lost.
    "y_object_duplicated_key.json": "duplicate-key",
    "y_object_duplicated_key_and_value.json": "duplicate-key",
}

OTHER_CSV = {
    "location_coordinates.csv": "the table has another telephone number than the file beside it",
}

REFUSED_PARQUET = {
    "datapage_v1-corrupt-checksum.parquet": "parquet-damaged",
    "rle-dict-uncompressed-corrupt-checksum.parquet": "parquet-damaged",
    # Arrow does not read a map whose keys may be null.
    "incorrect_map_schema.parquet": "parquet-damaged",
    # One cell of 2 GB of one letter.
    "large_string_map.brotli.parquet": "parquet-bomb",
}

REFUSED_ROWS = {
    # JSON has no NaN and no infinity.
    "float16_nonzeros_and_nans.parquet": 1,
    "float16_zeros_and_nans.parquet": 1,
    "floating_orders_nan_count.parquet": 14,
    "nan_in_stats.parquet": 1,
    # Years that no calendar of Python has.
    "nested_structs.rust.parquet": 1,
}

READ_ALL_THE_SAME = {
    # An index of no bits stands for the one value of its dictionary.
    "ARROW-GH-43605.parquet": 21_186,
}


def read(path: Path, layout: Layout) -> tuple[list[str], int]:
    """Return the texts of the records of a file, and how many were refused."""
    file = InputFile(str(path), layout, binary=Binary.BASE64)
    blocks = [block.split() for block in open_blocks(file, block_bytes=1 << 20)]
    texts = [text.decode() for block in blocks for text in block.texts]
    return texts, sum(len(block.refused) for block in blocks)


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.name)
def test_a_json_text_is_read_or_refused_as_it_should_be(path: Path) -> None:
    code = None
    try:
        parse(b'{"value":' + path.read_bytes() + b"}")
    except UnreadableJson as error:
        code = error.code
    if path.name in REFUSED_JSON:
        assert code == REFUSED_JSON[path.name]
    elif not path.name.startswith("i_"):
        assert (code is None) is path.name.startswith("y_")


@pytest.mark.parametrize("path", CSV, ids=lambda path: path.name)
def test_a_table_means_what_is_written_beside_it(path: Path) -> None:
    texts, refused = read(path, Layout.CSV)
    wanted = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert refused == 0
    is_same = [json.loads(each) for each in texts] == wanted
    assert is_same is (path.name not in OTHER_CSV)


@pytest.mark.parametrize("path", PARQUET, ids=lambda path: path.name)
def test_a_parquet_file_is_read_as_far_as_json_goes(path: Path) -> None:
    if path.name in REFUSED_PARQUET:
        with pytest.raises(InvalidInput) as caught:
            read(path, Layout.PARQUET)
        assert caught.value.code == REFUSED_PARQUET[path.name]
        return
    texts, refused = read(path, Layout.PARQUET)
    assert refused == REFUSED_ROWS.get(path.name, 0)
    assert all(type(json.loads(each)) is dict for each in texts)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_a_bad_parquet_file_gives_no_record(path: Path) -> None:
    try:
        texts, _ = read(path, Layout.PARQUET)
    except InvalidInput as error:
        assert error.code == "parquet-damaged"
        assert path.name not in READ_ALL_THE_SAME
    else:
        assert len(texts) == READ_ALL_THE_SAME.get(path.name, 0)
