"""JSON Lines to records, with the hostile files of docs: none may crash, hang or fill memory."""

from __future__ import annotations

import hashlib
import io
import pickle
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.formats.files.reading import read_file, write_file
from vault.errors import InvalidInput
from vault.formats.files.blocks import LineRange, open_blocks
from vault.formats.files.inputs import InputFile, Layout, find_files
from vault.formats.limits import QUARANTINE_KEPT_BYTES


@pytest.mark.parametrize(
    ("content", "texts", "lines"),
    [
        (b"", [], []),
        (b"\n\n", [], []),
        (b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}'], [1, 2]),
        (b'{"a":1}\n{"a":2}', [b'{"a":1}', b'{"a":2}'], [1, 2]),
        (b'\xef\xbb\xbf{"a":1}\r\n{"a":2}\r\n', [b'{"a":1}', b'{"a":2}'], [1, 2]),
        (b'{"a":1}\n\n \t\n  {"a":2} \n', [b'{"a":1}', b'{"a":2}'], [1, 4]),
        ('{"a":"x\u2028y"}\n'.encode(), ['{"a":"x\u2028y"}'.encode()], [1]),
        (b'{"a":\x00}\n\x00\n', [b'{"a":\x00}', b"\x00"], [1, 2]),
        (b'{"a":"\xff"}\n{"b', [b'{"a":"\xff"}', b'{"b'], [1, 2]),
        (b"[1,2]\n[3]\n", [b"[1,2]", b"[3]"], [1, 2]),
        (b'[{"a":1}\n{"b":2}\n', [b'[{"a":1}', b'{"b":2}'], [1, 2]),
        (b'{"a":\n{"b":2}\n', [b'{"a":', b'{"b":2}'], [1, 2]),
    ],
)
def test_lines_are_records_and_keep_their_numbers(
    tmp_path: Path, content: bytes, texts: list[bytes], lines: list[int]
) -> None:
    path = write_file(tmp_path / "a.jsonl", content)
    for block_bytes in (1, 10, 1 << 20):
        result = read_file(path, block_bytes=block_bytes)
        assert (result.texts, result.lines, result.refused) == (texts, lines, [])
        stdin = InputFile("-", Layout.JSONL)
        result = read_file(stdin, io.BytesIO(content), block_bytes=block_bytes)
        assert (result.texts, result.lines, result.refused) == (texts, lines, [])


def test_a_plain_file_is_planned_as_byte_ranges_of_whole_lines(tmp_path: Path) -> None:
    content = b"".join(b'{"a":%d}\n' % number for number in range(1000))
    path = write_file(tmp_path / "a.jsonl", content)
    blocks = list(open_blocks(find_files([str(path)])[0], block_bytes=500))
    assert all(isinstance(block, LineRange) for block in blocks)
    assert len(blocks) > 10
    assert b"".join(content[block.start : block.end] for block in blocks) == content  # type: ignore[union-attr]
    assert all(content[block.end - 1] == 10 for block in blocks)  # type: ignore[union-attr]
    assert pickle.loads(pickle.dumps(blocks)) == blocks


@pytest.mark.parametrize("block_bytes", [7, 100, 1 << 20])
@pytest.mark.parametrize("is_stream", [False, True])
def test_a_line_over_the_limit_is_refused_and_hashed(
    tmp_path: Path, block_bytes: int, is_stream: bool
) -> None:
    long = b'{"a":"' + b"x" * 300_000 + b'"}'
    content = b'{"a":1}\n' + long + b'\n{"a":2}\n'
    path = write_file(tmp_path / "a.jsonl", content)
    file = InputFile("-", Layout.JSONL) if is_stream else find_files([str(path)])[0]
    result = read_file(file, io.BytesIO(content), block_bytes=block_bytes, max_record_bytes=100_000)
    assert result.texts == [b'{"a":1}', b'{"a":2}']
    assert result.lines == [1, 3]
    assert result.refused == [(2, "too-long")]
    (refused,) = result.details
    assert refused.raw == long[:QUARANTINE_KEPT_BYTES]
    assert refused.size_bytes == len(long)
    assert refused.sha256 == hashlib.sha256(long).digest()


def test_a_long_line_in_a_range_is_streamed(tmp_path: Path) -> None:
    """As above, past the size from which a worker no longer reads its range as a whole."""
    path = tmp_path / "a.jsonl"
    long = b"[" + b"x" * (10 << 20)
    path.write_bytes(b"{}\n\n" + long + b"\n{}")
    block = LineRange(str(path), 0, path.stat().st_size, max_record_bytes=1000)
    records = block.split()
    assert (records.texts, list(records.lines), records.line_count) == ([b"{}", b"{}"], [0, 3], 4)
    assert [(refused.line, refused.size_bytes) for refused in records.refused] == [(2, len(long))]


_READ_AND_REPORT = """
import resource, sys
from vault.formats.files.blocks import open_blocks
from vault.formats.files.inputs import find_files
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
codes = []
for block in open_blocks(find_files([sys.argv[1]])[0]):
    records = block.split()
    codes += [(refused.code, refused.size_bytes) for refused in records.refused]
    codes += [("record", len(text)) for text in records.texts]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(codes, after - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_line_of_a_gigabyte_takes_less_than_150_megabytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    size = 0
    with path.open("wb") as file:
        size += file.write(b'{"a":"' if name == "a.jsonl" else b'["')
        for _ in range(1000):
            size += file.write(b"x" * (1 << 20))
    done = subprocess.run(
        [sys.executable, "-c", _READ_AND_REPORT, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    code = "too-long" if name == "a.jsonl" else "truncated-list"
    size -= name == "a.json"
    shown, _, grown = done.stdout.strip().rpartition(" ")
    assert shown == f"[('{code}', {size})]"
    assert int(grown) < 150 << 10


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_utf_16_is_refused_with_the_way_to_convert_it(
    tmp_path: Path, mark: bytes, name: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_file(write_file(tmp_path / name, mark + b"{\x00}\x00"))
    assert caught.value.code == "not-utf8"
    assert "iconv" in (caught.value.hint or "")


def test_a_file_that_shrinks_under_the_reader_is_an_error(tmp_path: Path) -> None:
    path = write_file(tmp_path / "a.jsonl", b"{}\n")
    with pytest.raises(InvalidInput) as caught:
        LineRange(str(path), 0, 10).split()
    assert caught.value.code == "file-changed"


def test_standard_input_must_be_given() -> None:
    with pytest.raises(InvalidInput):
        list(open_blocks(InputFile("-", Layout.JSONL)))


def test_plain_lines_need_neither_numpy_nor_pyarrow(tmp_path: Path) -> None:
    path = write_file(tmp_path / "a.jsonl", b"{}\n")
    check = "assert not {'numpy', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", _READ_AND_REPORT + check, str(path)], check=True)


def test_peak_memory_can_be_measured() -> None:
    """The control of the test above: the measure it relies on does move."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run([sys.executable, "-c", "x = b'x' * (300 << 20)"], check=True)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >= max(before, 300 << 10)
