"""Law: the list scanner finds the elements that a JSON parser finds, at any size of reads."""

from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vault.formats.files.json_list import list_blocks
from vault.formats.files.json_scanner import ListScanner
from vault.formats.files.streams import ByteStream

_text = st.text(st.sampled_from('ab"\\{}[],: \n\té\u2028\x00')) | st.text()
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner) | st.dictionaries(_text, inner), max_leaves=12
)
_spaces = st.lists(st.sampled_from([b"", b" ", b"\n  ", b"\r\n\t"]), min_size=1, max_size=7)


def _spaced(value: Any, spaces: list[bytes], *, ascii_only: bool) -> bytes:
    """Return JSON with white space between its tokens, taken from the list in turn."""
    tokens: list[str] = []
    _tokens(value, tokens, ascii_only)
    parts = []
    for number, token in enumerate(tokens):
        parts += [spaces[number % len(spaces)], token.encode("utf-8", "surrogatepass")]
    return b"".join(parts) + spaces[0]


def _tokens(value: Any, tokens: list[str], ascii_only: bool) -> None:
    if isinstance(value, dict):
        tokens.append("{")
        for number, (key, item) in enumerate(value.items()):
            tokens += [","] * (number > 0) + [json.dumps(key, ensure_ascii=ascii_only), ":"]
            _tokens(item, tokens, ascii_only)
        tokens.append("}")
    elif isinstance(value, list):
        tokens.append("[")
        for number, item in enumerate(value):
            tokens += [","] * (number > 0)
            _tokens(item, tokens, ascii_only)
        tokens.append("]")
    else:
        tokens.append(json.dumps(value, ensure_ascii=ascii_only))


def _read(text: bytes, read_bytes: int) -> tuple[list[bytes], list[str]]:
    stream = ByteStream(io.BytesIO(text).read)
    texts: list[bytes] = []
    codes: list[str] = []
    for block in list_blocks(
        stream, block_bytes=50, max_record_bytes=1 << 20, read_bytes=read_bytes
    ):
        texts += block.texts
        codes += [refused.code for refused in block.refused]
    return texts, codes


@given(st.lists(_values), _spaces, st.booleans(), st.integers(1, 7))
def test_elements_are_the_compact_texts_of_the_values(
    values: list[Any], spaces: list[bytes], ascii_only: bool, read_bytes: int
) -> None:
    text = _spaced(values, spaces, ascii_only=ascii_only)
    compact = [
        json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )
        for value in values
    ]
    assert _read(text, read_bytes) == (compact, [])


@given(st.text('ab"\\{}[],: \n1-', max_size=40).map(str.encode), st.integers(1, 7))
def test_how_a_broken_list_is_read_does_not_depend_on_the_size_of_reads(
    garbage: bytes, read_bytes: int
) -> None:
    assert _read(b"[" + garbage, read_bytes) == _read(b"[" + garbage, 1 << 20)


@given(st.text('ab"\\{}[],: \n1-', max_size=40).map(str.encode), st.integers(1, 7))
def test_what_parses_was_there_as_a_value(garbage: bytes, read_bytes: int) -> None:
    """Removing white space must not make valid JSON of text that is not."""
    texts, _ = _read(b"[" + garbage, read_bytes)
    for text in texts:
        try:
            value = json.loads(text)
        except ValueError:
            continue
        shown = json.dumps(value, separators=(",", ":"))
        assert json.loads(shown) == value
        if isinstance(value, int) and not isinstance(value, bool):
            assert text in garbage  # the digits stood together


def test_a_number_of_two_parts_stays_broken() -> None:
    scan = ListScanner().scan(b'{"a": 1  2}, 3]')
    assert scan.text == b'{"a":1 2},3'
