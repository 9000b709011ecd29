"""Compressed files: whole, damaged, and bombs."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.formats.files.reading import read_file, write_file
from tests.unit.formats.files.test_blocks_lines import _READ_AND_REPORT
from vault.formats.files.inputs import InputFile, Layout

LINES = b"".join(b'{"n":%d,"text":"%d"}\n' % (n, n * n * 7919) for n in range(50_000))


def zstd(data: bytes) -> bytes:
    """Return data compressed as one zstd frame."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


_PACKED = {"gz": gzip.compress(LINES), "zst": zstd(LINES)}


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_compressed_lines_are_lines(tmp_path: Path, ending: str) -> None:
    packed = _PACKED[ending]
    path = write_file(tmp_path / f"a.jsonl.{ending}", packed)
    for result in (
        read_file(path, block_bytes=100_000),
        read_file(InputFile("-", Layout.JSONL), io.BytesIO(packed)),
    ):
        assert result.texts == LINES.splitlines()
        assert result.refused == []


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    data = gzip.compress(b"{}\n") + gzip.compress(b"{}\n") + bytes(100)
    assert read_file(write_file(tmp_path / "a.jsonl.gz", data)).texts == [b"{}", b"{}"]


@pytest.mark.parametrize("ending", ["gz", "zst"])
@pytest.mark.parametrize("layout", ["jsonl", "json", "csv"])
def test_what_came_before_the_damage_is_read(tmp_path: Path, ending: str, layout: str) -> None:
    content = LINES
    if layout == "json":
        content = b"[" + LINES.replace(b"\n", b",") + b"{}]"
    if layout == "csv":
        content = b"n,text\n" + LINES.replace(b'"n"', b"").replace(b'"', b"")
    pack = gzip.compress if ending == "gz" else zstd
    packed = pack(content)
    path = write_file(tmp_path / f"a.{layout}.{ending}", packed[: len(packed) // 2])
    result = read_file(path)
    assert 10_000 < len(result.texts) < 40_000
    assert [code for _, code in result.refused] == ["compression-damaged"]


def test_damage_in_the_first_byte_leaves_nothing(tmp_path: Path) -> None:
    result = read_file(write_file(tmp_path / "a.jsonl.gz", b"no gzip at all"))
    assert (result.texts, result.refused) == ([], [(1, "compression-damaged")])


def test_a_header_that_breaks_off_is_kept_with_the_damage(tmp_path: Path) -> None:
    packed = gzip.compress(b"n,text")[:-8]
    result = read_file(write_file(tmp_path / "a.csv.gz", packed))
    assert (result.texts, result.refused) == ([], [(1, "compression-damaged")])
    assert result.details[0].raw == b"n,text"


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_bomb_costs_time_and_no_memory(tmp_path: Path, ending: str) -> None:
    size = 300 << 20
    path = tmp_path / f"a.jsonl.{ending}"
    if ending == "gz":
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    else:
        data = zstd(bytes(size))
    write_file(path, data)
    done = subprocess.run(
        [sys.executable, "-c", _READ_AND_REPORT, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    shown, _, grown = done.stdout.strip().rpartition(" ")
    assert shown == f"[('too-long', {size})]"
    assert int(grown) < 200 << 10
