"""Plain text: what is one record, on which line, and what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.formats.files.blocks import open_blocks
from vault.formats.files.inputs import TextUnit, find_files
from vault.formats.files.plain_text import text_blocks
from vault.formats.files.streams import ByteStream

Read = tuple[list[tuple[int, str]], list[tuple[int, str]], int]


def read(data: bytes, unit: TextUnit, *, limit: int = 1 << 20, block_bytes: int = 64) -> Read:
    """Return (line, text) of records, (line, code) of what is refused, and the count of lines."""
    at = 0

    def some(size: int) -> bytes:
        nonlocal at
        at += (taken := min(size, 3))  # parts of lines
        return data[at - taken : at]

    texts: list[tuple[int, str]] = []
    refused: list[tuple[int, str]] = []
    base = 1
    stream = ByteStream(some)
    for block in text_blocks(stream, unit, block_bytes=block_bytes, max_record_bytes=limit):
        texts += [
            (base + line, json.loads(text)["text"])
            for line, text in zip(block.lines, block.texts, strict=True)
        ]
        refused += [(base + each.line, each.code) for each in block.refused]
        base += block.line_count
    return texts, refused, base - 1


POEM = b"\n  One,\ntwo.\r\n \n\nThree\n\n"


@pytest.mark.parametrize(
    ("unit", "texts"),
    [
        (TextUnit.LINE, [(2, "  One,"), (3, "two."), (6, "Three")]),
        (TextUnit.PARAGRAPH, [(2, "  One,\ntwo."), (6, "Three")]),
        (TextUnit.FILE, [(2, "  One,\ntwo.\r\n \n\nThree")]),
    ],
)
def test_a_unit_of_text_is_a_record(unit: TextUnit, texts: list[tuple[int, str]]) -> None:
    assert read(POEM, unit) == (texts, [], 7)
    assert read(POEM.rstrip(), unit) == (texts, [], 6)


@pytest.mark.parametrize("unit", list(TextUnit))
def test_nothing_but_blank_lines_is_no_record(unit: TextUnit) -> None:
    assert read(b"", unit) == ([], [], 0)
    assert read(b"\n \t\r\n  ", unit) == ([], [], 3)


def test_what_is_not_utf8_is_refused_with_its_unit() -> None:
    data = b"good\n\nb\xe4d\n\nfine\n"
    assert read(data, TextUnit.LINE) == ([(1, "good"), (5, "fine")], [(3, "invalid-utf8")], 5)
    assert read(data, TextUnit.PARAGRAPH) == ([(1, "good"), (5, "fine")], [(3, "invalid-utf8")], 5)
    assert read(data, TextUnit.FILE) == ([], [(1, "invalid-utf8")], 5)


def test_what_is_too_long_is_refused() -> None:
    data = b"x" * 50 + b"\nshort\n"
    assert read(data, TextUnit.LINE, limit=20) == ([(2, "short")], [(1, "too-long")], 2)
    assert read(data, TextUnit.FILE, limit=20) == ([], [(1, "too-long")], 2)
    assert read(b" " * 50, TextUnit.LINE, limit=20) == ([], [(1, "too-long")], 1)
    assert read(b"\x01" * 10, TextUnit.LINE, limit=20) == ([], [(1, "too-long")], 1)


def test_compressed_text_that_breaks_off_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(b"line %d\n" % number for number in range(2000)))
    path = tmp_path / "a.txt.gz"
    path.write_bytes(packed[: len(packed) // 2])
    for unit, least in ((TextUnit.LINE, 10), (TextUnit.FILE, 0)):
        blocks = [each.split() for each in open_blocks(find_files([str(path)], unit)[0])]
        assert sum(len(each.texts) for each in blocks) >= least
        assert [each.code for block in blocks for each in block.refused] == ["compression-damaged"]


@given(st.text(st.sampled_from("ab é\n\r\t"), max_size=60), st.sampled_from(list(TextUnit)))
def test_records_are_what_a_naive_reader_finds(text: str, unit: TextUnit) -> None:
    lines = text.split("\n")
    units: list[tuple[int, list[str]]] = []
    is_open = False
    for number, line in enumerate(lines, start=1):
        is_blank = not line.strip(" \t\r")
        goes_on = is_open and not is_blank and unit is TextUnit.PARAGRAPH
        if goes_on or (unit is TextUnit.FILE and units):
            units[-1][1].append(line)
        elif not is_blank:
            units.append((number, [line]))
        is_open = not is_blank
    for _, own in units:
        while not own[-1].strip(" \t\r"):
            own.pop()
    expected = [(number, "\n".join(own).rstrip("\r")) for number, own in units]
    count = len(lines) - (lines[-1] == "")
    assert read(text.encode(), unit) == (expected, [], count)
