"""Laws of editing a record: it reads the same over lines, and a change touches nothing else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vault.objects.json.edited_text import rewritten, spread
from vault.objects.json.strings import texts_of, with_strings
from vault.objects.json.text import compact_bytes, parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.sampled_from(["1.0", "1e400", "-0.0", "12345678901234567890123", "1E5", "7", "0.10"])


class Number(str):
    """A number that is written as this."""


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS.map(Number) | TEXTS | st.just('a"\\{[,:\u00a0\u202e'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
RECORDS = st.dictionaries(TEXTS, VALUES, max_size=4)
STYLES = st.sampled_from([(",", ":"), (", ", ": ")])


def written(value: Any, style: tuple[str, str], is_ascii: bool) -> str:
    """Return a value as JSON, its numbers as they are."""
    comma, colon = style
    if isinstance(value, Number):
        return value
    if isinstance(value, dict):
        pairs = (
            json.dumps(name, ensure_ascii=is_ascii) + colon + written(each, style, is_ascii)
            for name, each in value.items()
        )
        return "{" + comma.join(pairs) + "}"
    if isinstance(value, list):
        return "[" + comma.join(written(each, style, is_ascii) for each in value) + "]"
    return json.dumps(value, ensure_ascii=is_ascii)


def meaning(text: bytes) -> tuple[bytes, bytes]:
    """Return what a text says, with and without the order of its keys."""
    value, canonical = parse(text)
    return compact_bytes(value), canonical


@given(RECORDS, STYLES, st.booleans())
def test_a_record_over_lines_says_the_same(
    record: dict[str, Any], style: tuple[str, str], is_ascii: bool
) -> None:
    text = written(record, style, is_ascii).encode()
    over_lines = spread(text)
    assert meaning(over_lines) == meaning(text)
    assert over_lines.decode().replace("\n", "").isprintable()
    assert spread(over_lines) == over_lines


@given(RECORDS, STYLES, st.booleans())
def test_a_record_that_nobody_changed_keeps_every_byte(
    record: dict[str, Any], style: tuple[str, str], is_ascii: bool
) -> None:
    text = written(record, style, is_ascii).encode()
    assert rewritten(text, spread(text)) == text


@given(RECORDS, STYLES, st.booleans(), st.data())
def test_a_changed_text_leaves_every_other_byte(
    record: dict[str, Any], style: tuple[str, str], is_ascii: bool, data: st.DataObject
) -> None:
    text = written(record, style, is_ascii).encode()
    places = list(texts_of(text))
    if not places:
        return
    change = {data.draw(st.sampled_from(places)): data.draw(TEXTS)}
    changed = with_strings(text, change)
    assert rewritten(text, spread(changed)) == changed


@given(RECORDS, RECORDS, STYLES)
def test_another_record_takes_the_style_of_the_old(
    old: dict[str, Any], new: dict[str, Any], style: tuple[str, str]
) -> None:
    before = written({"a": [1, 2], **old}, style, True).encode()
    text = written({"b": [Number("1.0"), 2], **new}, (", ", ": "), False).encode()
    after = rewritten(before, spread(text))
    assert meaning(after) == meaning(text)
    assert b"\n" not in after
    assert written([Number("1.0"), 2], style, True).encode() in after
