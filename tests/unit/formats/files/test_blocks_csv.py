"""CSV to records."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.formats.files.reading import read_file, write_file
from vault.errors import InvalidInput


@pytest.mark.parametrize(
    ("content", "texts", "lines", "refused"),
    [
        (b"", [], [], []),
        (b"a,b\n", [], [], []),
        (b"\xef\xbb\xbfa,b\r\n1,x\r\n", [b'{"a":"1","b":"x"}'], [2], []),
        (b'a\n"x\ny"\n\nz', [b'{"a":"x\\ny"}', b'{"a":"z"}'], [2, 5], []),
        (b'a,b\n"q ""x""",\n', [b'{"a":"q \\"x\\"","b":""}'], [2], []),
        (
            b"a,b\n1\n1,2,3\n1,2\n",
            [b'{"a":"1","b":"2"}'],
            [4],
            [(2, "csv-columns"), (3, "csv-columns")],
        ),
        (b"a\n\xff\nx\n", [b'{"a":"x"}'], [3], [(2, "invalid-utf8")]),
        (b"a\nx\x00y\n", [b'{"a":"x\\u0000y"}'], [2], []),
        (b'a\nx\n"y\nz\n', [b'{"a":"x"}'], [2], [(3, "csv-quotes")]),
        (b'a\n"x"y\nz\n', [b'{"a":"z"}'], [3], [(2, "csv-quotes")]),
        (b"a\n=1+1\n", [b'{"a":"=1+1"}'], [2], []),
    ],
)
def test_rows_are_records_under_the_keys_of_the_header(
    tmp_path: Path,
    content: bytes,
    texts: list[bytes],
    lines: list[int],
    refused: list[tuple[int, str]],
) -> None:
    path = write_file(tmp_path / "a.csv", content)
    for block_bytes in (1, 1 << 20):
        result = read_file(path, block_bytes=block_bytes)
        assert (result.texts, result.lines, result.refused) == (texts, lines, refused)


@pytest.mark.parametrize("content", [b"a,b,a\n1,2,3\n", b'"a,b\n'])
def test_a_header_that_cannot_name_the_keys_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_file(write_file(tmp_path / "a.csv", content))
    assert caught.value.code == "csv-header"


@pytest.mark.parametrize("filling", [b"x" * 3_000_000, b'"' + b"x\n" * 100_000 + b'x"'])
def test_a_row_over_the_limit_is_refused_with_its_bytes(tmp_path: Path, filling: bytes) -> None:
    content = b"a\n1\n" + filling + b"\n2\n"
    result = read_file(write_file(tmp_path / "a.csv", content), max_record_bytes=100_000)
    assert result.texts == [b'{"a":"1"}', b'{"a":"2"}']
    assert result.lines == [2, 4 + filling.count(b"\n")]
    assert result.refused == [(3, "too-long")]
    assert result.details[0].size_bytes == len(filling) + 1


def test_a_quoted_field_may_be_long(tmp_path: Path) -> None:
    content = b'a\n"' + b"x\n" * 1_000_000 + b'"\n'
    result = read_file(write_file(tmp_path / "a.csv", content))
    assert [len(text) for text in result.texts] == [3_000_000 + 8]
