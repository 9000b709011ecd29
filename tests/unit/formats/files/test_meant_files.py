"""Files that are meant otherwise than they are written: read, or told with what to type."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.formats.files.reading import read_file, write_file
from vault.errors import InvalidInput
from vault.formats.files.inputs import find_files
from vault.formats.files.meant.file_signs import likely_encoding
from vault.formats.files.meant.nearly_json import Explanation, explain, explain_file

RECORD = b'{"prompt": "Where?", "completion": "In Graz, there."}'


def refusal(path: Path) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read_file(path)
    return caught.value


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'q;a\nWhere?;"In; Graz, there."\n'),
        ("a.csv", 'q\ta\nWhere?\t"In; Graz, there."\n'),
        ("a.tsv", 'q\ta\nWhere?\t"In; Graz, there."\n'),
        ("a.csv", "q|a\nWhere?|In; Graz, there.\n"),
        ("a.csv", 'sep=;\nq;a\nWhere?;"In; Graz, there."\n'),
        ("a.csv", "\n\nSEP=|\r\nq|a\r\nWhere?|In; Graz, there.\r\n"),
        ("a.csv", '\ufeffq;a\nWhere?;"In; Graz, there."\n'),
        ("a.csv", 'q,a\nWhere?,"In; Graz, there."\n'),
    ],
)
def test_cells_are_separated_as_the_header_is(tmp_path: Path, name: str, content: str) -> None:
    read = read_file(write_file(tmp_path / name, content.encode()))
    assert [json.loads(each) for each in read.texts] == [{"q": "Where?", "a": "In; Graz, there."}]
    assert read.refused == []


def test_lines_keep_their_numbers_behind_a_separator(tmp_path: Path) -> None:
    assert read_file(write_file(tmp_path / "a.csv", b"\nsep=;\nq;a\n1;2\n")).lines == [4]


@pytest.mark.parametrize(
    ("content", "record"),
    [
        (b"text\nOne; two\n", {"text": "One; two"}),
        (b'"a;b",c\n1,2\n', {"a;b": "1", "c": "2"}),
        (b"a,b;c\n1,2\n", {"a": "1", "b;c": "2"}),
    ],
)
def test_a_comma_or_nothing_stays_what_separates(
    tmp_path: Path, content: bytes, record: dict[str, str]
) -> None:
    (text,) = read_file(write_file(tmp_path / "a.csv", content)).texts
    assert json.loads(text) == record


def test_a_header_of_two_separators_is_refused(tmp_path: Path) -> None:
    error = refusal(write_file(tmp_path / "a.csv", b"a;b|c\n1;2|3\n"))
    assert error.code == "csv-header"
    assert 'holds ";" and "|"' in str(error)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "lfs-pointer"),
        (b"PK\x03\x04\x14\x00", "zip-archive"),
        (b"\x1f\x8b\x08\x00", "packed-under-another-name"),
        (b"\x28\xb5\x2f\xfd\x00", "packed-under-another-name"),
        (b"\n<!DOCTYPE html><title>Sign in</title>", "web-page"),
        (b'<?xml version="1.0"?><Error/>', "web-page"),
        ("{}".encode("utf-16"), "not-utf8"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet", "a.unknown"])
def test_a_file_that_is_none_is_told(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    if name == "a.unknown" and code == "packed-under-another-name":
        return  # what no name says, the first bytes do
    if name == "a.parquet" and code == "not-utf8":
        return  # no text is meant
    assert refusal(write_file(tmp_path / name, content)).code == code


def test_a_record_that_begins_with_such_a_word_is_read(tmp_path: Path) -> None:
    path = write_file(tmp_path / "a.csv", b"text\n<html> is a tag\n")
    assert len(read_file(path).texts) == 1


TEXT = "Grüße aus der Straße, señor: naïve façade. " * 5
JAPANESE = "これは日本語の文章です。ひらがなとカタカナがあります。" * 3
CHINESE = "这是一个中文句子，用来测试编码。你好，世界。" * 3
KOREAN = "이것은 한국어 문장입니다. 안녕하세요." * 3


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TEXT, "cp1252"),
        ("Caf\u00e9", "cp1252"),
        (JAPANESE, "shift_jis"),
        (CHINESE, "gb18030"),
        (KOREAN, "euc-kr"),
    ],
)
def test_an_encoding_is_guessed_for_the_hint(text: str, encoding: str) -> None:
    assert likely_encoding(text.encode(encoding)) == encoding


def explained(content: bytes, path: str = "a.jsonl") -> Explanation:
    found = explain(content, path)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_a_table_of_bytes_is_no_text_in_another_encoding(tmp_path: Path, name: str) -> None:
    (file,) = find_files([str(write_file(tmp_path / name, b"\xff\xff\xff\xff\x08\x01"))])
    assert explain_file(file) is None


def test_the_hint_for_an_encoding_keeps_the_ending(tmp_path: Path) -> None:
    path = write_file(tmp_path / "it is.csv", "a\nCafé\n".encode("cp1252"))
    (file,) = find_files([str(path)])
    found = explain_file(file)
    assert found is not None
    assert found.hint.endswith(f"iconv -f cp1252 -t utf-8 {shlex.quote(str(path))} > utf8.csv")


NEARLY = {
    "two objects on a line": RECORD + RECORD,
    "two on each line": RECORD + b" " + RECORD + b"\n" + RECORD,
    "a comma behind each": RECORD + b",\n" + RECORD + b",\n",
    "lists on lines": b"[" + RECORD + b"]\n[" + RECORD + b"]\n",
    "two lists": b"[\n" + RECORD + b"\n]\n[\n" + RECORD + b"\n]\n",
    "a list of texts": b'["one", "two"]',
    "a list of conversations": b'[[{"role": "user", "content": "a"}]]',
    "record separators": b"\x1e" + RECORD + b"\n\x1e" + RECORD + b"\n",
    "carriage returns": RECORD + b"\r" + RECORD + b"\r",
    "padding": RECORD + b"\n" + b"\0" * 512,
    "comments": b"// first\n" + RECORD + b"\n# second\n" + RECORD,
    "Python's values": b"{'prompt': 'a', 'ok': True, 'no': None}\n",
}


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("name", NEARLY)
def test_what_is_nearly_lines_is_told_with_a_command_that_mends_it(
    tmp_path: Path, name: str
) -> None:
    write_file(tmp_path / "a.jsonl", NEARLY[name])
    command = explained(NEARLY[name]).hint.partition(": ")[2]
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    mended = command.rpartition("> ")[2]
    read = read_file(tmp_path / mended)
    assert read.texts and read.refused == []
    assert all(isinstance(json.loads(each), dict) for each in read.texts)


@pytest.mark.parametrize(
    "content", [RECORD, b"", b"\n", b'{"a": ', b'{"a": 1}\n{"b"', b'"text"\n', b'{"a": NaN}\n']
)
def test_of_what_is_lines_or_anything_else_nothing_is_said(content: bytes) -> None:
    assert explain(content, "a.jsonl") is None


ROWS = [{"prompt": "Hi", "completion": "Hello."}, {"prompt": "Yo", "completion": "Ok."}]
WRAPPED = {
    "a field": {"version": 1, "data": ROWS},
    "two fields deep": {"results": {"results": ROWS, "stats": {}}},
    "a name with a space": {"all rows": ROWS},
    "by columns": {"prompt": {"0": "Hi", "1": "Yo"}, "completion": {"0": "Hello.", "1": "Ok."}},
    "by index": {"0": ROWS[0], "1": ROWS[1]},
    "split": {
        "columns": ["prompt", "completion"],
        "index": [0, 1],
        "data": [["Hi", "Hello."], ["Yo", "Ok."]],
    },
    "a table": {"schema": {"fields": [{"name": "prompt"}]}, "data": ROWS},
}


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", WRAPPED)
def test_one_object_around_records_is_told_with_a_command(
    tmp_path: Path, name: str, indent: int | None
) -> None:
    path = write_file(tmp_path / "a.json", json.dumps(WRAPPED[name], indent=indent).encode())
    error = refusal(path)
    assert error.code == "records-wrapped"
    command = str(error.hint).partition(": ")[2].partition("; --format")[0]
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    read = read_file(tmp_path / "records.jsonl")
    assert [json.loads(each) for each in read.texts] == ROWS


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
        {"contents": [{"role": "user", "parts": [{"text": "a"}]}]},
        {"response": {"body": {"choices": [{"index": 0, "finish_reason": "stop"}]}}},
        {"id": 1, "tags": ["a", "b"], "meta": {"x": 1}},
        {"text": "a", "spans": [{"start": 0, "end": 1}]},
        {},
    ],
)
def test_one_record_is_one_record(tmp_path: Path, record: object) -> None:
    path = write_file(tmp_path / "a.json", json.dumps(record).encode())
    assert len(read_file(path).texts) == 1


def test_one_line_of_json_lines_is_a_record(tmp_path: Path) -> None:
    path = write_file(tmp_path / "a.jsonl", json.dumps({"data": ROWS}).encode())
    assert len(read_file(path).texts) == 1
    assert refusal(write_file(tmp_path / "a.json", path.read_bytes())).code == "records-wrapped"


def test_several_lines_of_wrapped_lists_are_records(tmp_path: Path) -> None:
    line = json.dumps({"data": ROWS}).encode()
    assert len(read_file(write_file(tmp_path / "a.jsonl", line + b"\n" + line)).texts) == 2


def test_a_mark_before_a_line_is_no_part_of_it(tmp_path: Path) -> None:
    mark = b"\xef\xbb\xbf"
    read = read_file(
        write_file(tmp_path / "a.jsonl", mark + RECORD + b"\n" + mark + RECORD + b"\n")
    )
    assert read.texts == [RECORD, RECORD]
