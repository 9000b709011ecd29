"""JSON lists, and JSON files that are something else than their names say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.formats.files.reading import read_file, write_file
from vault.errors import InvalidInput


@pytest.mark.parametrize(
    ("content", "texts", "refused"),
    [
        (b"[]", [], []),
        (b" [ ] \n", [], []),
        (b'\xef\xbb\xbf[{"a": 1},\n {"b": "x y"}]', [b'{"a":1}', b'{"b":"x y"}'], []),
        (b'[{"a":"\\"]"},3,[1, "b"]]', [b'{"a":"\\"]"}', b"3", b'[1,"b"]'], []),
        (b'[{"a":1e2},{"b":18446744073709551616}]', None, []),
        (b'[{"a":1},{"b":2', [b'{"a":1}'], [(2, "truncated-list")]),
        (b'[{"a":1},{"b":2}', [b'{"a":1}', b'{"b":2}'], [(3, "truncated-list")]),
        (b"[", [], [(1, "truncated-list")]),
        (b'[{"a":1}] {"b":2}', [b'{"a":1}'], [(2, "trailing-text")]),
        (b'[{"a":1},,{"b":2}]', [b'{"a":1}', b'{"b":2}'], [(2, "invalid-json")]),
        (b'[{"a":1},]', [b'{"a":1}'], []),
        (b'[{"a":1} {"b":2},3]', [b'{"a":1}{"b":2}', b"3"], []),
        (b'[{"a":1}},{"b":2}]', [b'{"a":1}}', b'{"b":2}'], []),
    ],
)
def test_a_list_is_its_elements(
    tmp_path: Path, content: bytes, texts: list[bytes] | None, refused: list[tuple[int, str]]
) -> None:
    result = read_file(write_file(tmp_path / "a.json", content))
    if texts is None:
        texts = content[1:-1].split(b",")
    assert (result.texts, result.refused) == (texts, refused)
    if not refused:
        assert result.lines == list(range(1, len(texts) + 1))


def test_an_element_over_the_limit_is_refused_and_the_list_goes_on(tmp_path: Path) -> None:
    long = b'{"a":"' + b"x" * 3_000_000 + b'"}'
    path = write_file(tmp_path / "a.json", b"[1," + long + b", 2]")
    result = read_file(path, max_record_bytes=1_500_000)
    assert (result.texts, result.lines) == ([b"1", b"2"], [1, 3])
    assert result.refused == [(2, "too-long")]
    assert result.details[0].size_bytes == len(long)


def test_a_deep_element_passes_on_to_the_parser(tmp_path: Path) -> None:
    deep = b"[" * 20_000 + b"]" * 20_000
    result = read_file(write_file(tmp_path / "a.json", b"[" + deep + b",{}]"))
    assert result.texts == [deep, b"{}"]


def test_a_flood_of_closers_does_not_hang(tmp_path: Path) -> None:
    result = read_file(write_file(tmp_path / "a.json", b"[" + b"}" * 3_000_000 + b",{}]"))
    assert [len(text) for text in result.texts] == [3_000_000, 2]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_list_across_lines_is_a_list_whatever_its_name(tmp_path: Path, name: str) -> None:
    result = read_file(write_file(tmp_path / name, b'[\n  {"a": 1},\n  {"b": 2}\n]\n'))
    assert (result.texts, result.lines) == ([b'{"a":1}', b'{"b":2}'], [1, 2])


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_lines_are_lines_whatever_their_name(tmp_path: Path, name: str) -> None:
    result = read_file(write_file(tmp_path / name, b'{"a": 1}\n\n{"b": 2}\n'))
    assert (result.texts, result.lines) == ([b'{"a": 1}', b'{"b": 2}'], [1, 3])


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_one_object_across_lines_is_one_record(tmp_path: Path, name: str) -> None:
    result = read_file(write_file(tmp_path / name, b'{\n  "a": [1,\n 2]\n}\n'))
    assert (result.texts, result.lines) == ([b'{"a":[1,2]}'], [1])


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_several_objects_across_lines_are_no_list(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_file(write_file(tmp_path / name, b'{\n  "a": 1\n}\n{\n  "a": 2\n}\n'))
    assert caught.value.code == "not-a-list"
    assert "jq" in (caught.value.hint or "")


def test_one_object_over_the_limit_is_refused(tmp_path: Path) -> None:
    content = b'{\n  "a": "' + b"x" * 2000 + b'"\n}'
    result = read_file(write_file(tmp_path / "a.json", content), max_record_bytes=1000)
    assert result.refused == [(1, "too-long")]
    assert result.details[0].size_bytes == len(content)


def test_an_open_string_full_of_escaped_quotes_does_not_hang(tmp_path: Path) -> None:
    content = b'{"a":\n"' + b'\\"' * 1_000_000
    result = read_file(write_file(tmp_path / "a.json", content))
    assert len(result.texts) == 1
