"""Hostile input, from the file to the findings: each case is kept or refused with a reason."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.library import Library
from vault.errors import InvalidInput

GOOD = b'{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes."}]}'


def answering(content: bytes) -> bytes:
    """Return a chat whose answer is this JSON text."""
    return GOOD.replace(b'"Yes."', content)


def nested(levels: int) -> bytes:
    """Return a chat of so many levels."""
    return GOOD[:-1] + b',"x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


class Case(NamedTuple):
    """The bytes of a file beside one good record; why its own are refused, or what is found."""

    data: bytes
    kept: int = 0
    refused: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


LINES = {
    "nothing at all": Case(b""),
    "a byte-order mark": Case(b"\xef\xbb\xbf" + answering(b'"B."') + b"\n", kept=1),
    "ends of lines of Windows": Case(answering(b'"C."') + b"\r\n" + b"\r\n", kept=1),
    "no end of the last line": Case(answering(b'"D."'), kept=1),
    "blank lines": Case(b"\n \n" + answering(b'"E."') + b"\n\t\n\n", kept=1),
    "NUL": Case(answering(b'"a\x00b"'), refused=("invalid-json",)),
    "NUL as an escape": Case(answering(b'"a\\u0000b"'), kept=1, found=("TEXT011",)),
    "invalid UTF-8": Case(answering(b'"a\xff\xfeb"'), refused=("invalid-utf8",)),
    "half of a surrogate pair": Case(answering(b'"\\ud800"'), refused=("lone-surrogate",)),
    "a key that occurs twice": Case(b'{"messages":[],' + GOOD[1:], refused=("duplicate-key",)),
    "NaN": Case(GOOD[:-1] + b',"x":NaN}', refused=("not-finite",)),
    "Infinity": Case(GOOD[:-1] + b',"x":-Infinity}', refused=("not-finite",)),
    "2 to the 64th": Case(GOOD[:-1] + b',"x":18446744073709551616}', kept=1, found=("FORM021",)),
    "1e400": Case(GOOD[:-1] + b',"x":1e400}', kept=1, found=("FORM021",)),
    "128 levels": Case(nested(128), kept=1),
    "129 levels": Case(nested(129), refused=("too-deep",)),
    "20,000 levels": Case(nested(20_000), refused=("too-deep",)),
    "half a million brackets": Case(b"[" * 500_000, refused=("too-deep",)),
    "a list where an object is due": Case(b"[1,2]", refused=("not-an-object",)),
    "scalars": Case(b'1\n"a"\nnull', refused=("not-an-object",) * 3),
    "a last line that breaks off": Case(answering(b'"No."')[:-20], refused=("invalid-json",)),
    "separators of lines that only Unicode knows": Case(
        answering('"a\u2028b\u2029c\u0085d"'.encode()), kept=1, found=("TEXT011",)
    ),
    "escapes of a terminal": Case(
        answering(b'"\\u001b]0;pwned\\u0007\\u202e"'), kept=1, found=("TEXT011",)
    ),
    "messages that are a text": Case(b'{"messages":"hello"}', kept=1, found=("FORM001",)),
    "messages that are null": Case(b'{"messages":null}', kept=1, found=("FORM001",)),
    "content that is a number": Case(answering(b"7"), kept=1, found=("FORM006",)),
    "a role that is a list": Case(GOOD.replace(b'"user"', b'["user"]'), 1, (), ("FORM003",)),
    "an object without a key": Case(b"{}", kept=1, found=("FORM013",)),
    "an empty key": Case(b'{"":1}', kept=1, found=("FORM013",)),
}


@pytest.mark.parametrize("name", LINES)
def test_every_line_is_kept_or_in_quarantine_with_its_reason(library: Library, name: str) -> None:
    case = LINES[name]
    (library.folder / "a.jsonl").write_bytes(case.data)
    (library.folder / "good.jsonl").write_bytes(GOOD + b"\n")
    report = library.run("good.jsonl", "a.jsonl")

    assert (report.imported, report.quarantined) == (1 + case.kept, len(case.refused))
    assert report.read == report.imported + report.quarantined
    refused = library.repository.quarantine().quarantined
    assert tuple(each.code for each in refused) == case.refused
    assert all(each.source == "a.jsonl" and each.line > 0 for each in refused)
    # The set has one question with several answers, which is meant.
    findings = library.repository.validate(ignore=["SETS"]).findings
    assert {each.code for each in findings} >= set(case.found)
    assert bool(findings) == bool(case.found)
    assert library.repository.fsck().ok


@pytest.mark.parametrize("name", [name for name, case in LINES.items() if case.kept])
def test_what_is_kept_comes_back_as_it_was(library: Library, name: str) -> None:
    (library.folder / "a.jsonl").write_bytes(LINES[name].data)
    library.run("a.jsonl")
    library.repository.commit("x")
    out = library.folder / "out.jsonl"
    library.repository.export(output=str(out))

    lines = LINES[name].data.decode("utf-8-sig").split("\n")
    [given] = [json.loads(line, parse_float=Decimal) for line in lines if line.strip()]
    assert json.loads(out.read_bytes(), parse_float=Decimal) == given


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_with_the_way_to_convert_it(library: Library, code: str) -> None:
    text = GOOD.decode() if code == "utf-16" else "\ufeff" + GOOD.decode()
    (library.folder / "a.jsonl").write_bytes(text.encode(code))
    with pytest.raises(InvalidInput) as caught:
        library.run("a.jsonl")
    assert caught.value.code == "not-utf8" and "iconv" in str(caught.value.hint)
    assert not library.repository.status().has_stage


def test_a_record_over_many_lines_is_one_record(library: Library) -> None:
    text = json.dumps(json.loads(GOOD), indent=2)
    (library.folder / "a.jsonl").write_text(text, encoding="utf-8")
    assert library.run("a.jsonl").imported == 1


_IMPORT_AND_VALIDATE = """
import resource, sys
import vault
repository = vault.init(sys.argv[2], author="ada")
repository.import_files([sys.argv[3]])  # what a small import and a validation need is not counted
repository.validate()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
report = repository.import_files([sys.argv[1]], workers=1)
repository.validate()
codes = [(each.code, each.source) for each in repository.quarantine().quarantined]
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print([report.imported, report.quarantined, codes, repository.fsck().ok], grown)
"""


def kilobytes_grown(tmp_path: Path, path: Path, expected: str) -> int:
    """Import a file in a new process; return how many KB its memory has grown by."""
    good = tmp_path / "good.jsonl"
    good.write_bytes(GOOD + b"\n")
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_AND_VALIDATE, str(path), str(tmp_path / "r"), str(good)],
        capture_output=True,
        text=True,
        check=True,
    )
    shown, _, grown = done.stdout.strip().rpartition(" ")
    assert shown == expected
    return int(grown)


def test_a_line_of_200_megabytes_is_in_quarantine_and_not_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(answering(b'"No."') + b'\n{"text":"')
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n' + answering(b'"So."') + b"\n")
    grown = kilobytes_grown(tmp_path, path, "[2, 1, [('too-long', 'a.jsonl')], True]")
    assert grown < 120 << 10


def test_a_bomb_of_gzip_is_in_quarantine_and_not_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(answering(b'"No."') + b"\n")
        for _ in range(300):
            file.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    grown = kilobytes_grown(tmp_path, path, "[1, 1, [('too-long', 'a.jsonl.gz')], True]")
    assert grown < 160 << 10


@pytest.mark.parametrize("rows", [10_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_bomb_of_parquet_is_read_in_bounded_memory(tmp_path: Path, rows: int) -> None:
    text = pa.array(["x" * 100_000]).dictionary_encode()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), text.dictionary)
    numbers = pa.array([1] * rows)
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": column, "n": numbers}), buffer, compression="zstd")
    path = tmp_path / "a.parquet"
    path.write_bytes(buffer.getvalue())
    assert path.stat().st_size < 1 << 20  # and a gigabyte of text or two
    grown = kilobytes_grown(tmp_path, path, "[1, 0, [], True]")
    assert grown < 400 << 10
