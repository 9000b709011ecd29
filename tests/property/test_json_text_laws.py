"""Law: however a value is written, its canonical text is what a slow, separate writer says."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.objects.json.text import UnreadableJson, canonical_bytes, compact_bytes, parse

INTEGERS = st.integers(-(10**30), 10**30) | st.integers(-(2**65), 2**65) | st.integers(-9, 9)
NUMBER_TEXTS = st.one_of(
    INTEGERS.map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda x: f"{x:.20f}"),
    st.integers(10**15, 10**18).map(lambda n: f"{n}.0"),
    st.tuples(st.integers(-999, 999), st.integers(-450, 450)).map(lambda p: f"{p[0]}e{p[1]}"),
    st.tuples(st.integers(0, 99), st.integers(0, 9), st.integers(0, 30)).map(
        lambda p: f"-{p[0]}.{p[1]}0E+{p[2]}"
    ),
)
STRINGS = st.text(max_size=12) | st.text('\\"/ab\n\x7f\x1f\u2028é\U0001f600e+0', max_size=8)


class Number(str):
    """The text of a number, to be written as it is."""

    __slots__ = ()


VALUES = st.recursive(
    st.none() | st.booleans() | NUMBER_TEXTS.map(Number) | STRINGS,
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(STRINGS, children, max_size=4)
    ),
    max_leaves=15,
)


def written(value: Any, chance: random.Random) -> str:
    """Write a value with spaces and escapes as chance has it."""
    space = chance.choice(["", "", " ", "\n\t"])
    if isinstance(value, Number):
        return str(value) + space
    if isinstance(value, str):
        return written_string(value, chance) + space
    if isinstance(value, dict):
        pairs = list(value.items())
        chance.shuffle(pairs)
        inner = ("," + space).join(
            f"{written_string(key, chance)}{space}:{written(item, chance)}" for key, item in pairs
        )
        return "{" + space + inner + "}" + space
    if isinstance(value, list):
        return "[" + space + ",".join(written(item, chance) for item in value) + "]"
    return json.dumps(value) + space


def written_string(value: str, chance: random.Random) -> str:
    pieces = []
    for character in value:
        if chance.random() < 0.3:
            units = character.encode("utf-16-be")
            pieces += [f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)]
        else:
            pieces.append(json.dumps(character, ensure_ascii=False)[1:-1])
    return '"' + "".join(pieces) + '"'


def slow_canonical(value: Any) -> str:
    """The canonical text, told again from the specification with the standard library only."""
    if isinstance(value, Number):
        return slow_number(str(value))
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode())
        return "{" + ",".join(f"{slow_string(k)}:{slow_canonical(v)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(slow_canonical(item) for item in value) + "]"
    return slow_string(value) if isinstance(value, str) else json.dumps(value)


def slow_string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def slow_number(text: str) -> str:
    if not any(mark in text for mark in ".eE"):
        return str(int(text))
    exact, double = Decimal(text), float(text)
    if double in (float("inf"), float("-inf")) or (double == 0 and exact != 0):
        sign, digits, exponent = exact.normalize().as_tuple()
        assert isinstance(exponent, int)
        first, rest = str(digits[0]), "".join(map(str, digits[1:]))
        mantissa = f"{first}.{rest}" if rest else first
        return f"{'-' if sign else ''}{mantissa}e{exponent + len(digits) - 1:+d}"
    shortest = repr(double)
    if "e" not in shortest:
        return shortest
    mantissa, _, power = shortest.partition("e")
    if power == "-05":  # the one place where Python turns to exponents sooner
        minus, mantissa = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
        return f"{minus}0.0000{mantissa.replace('.', '')}"
    return f"{mantissa}e{int(power):+d}"


@given(VALUES, st.integers(0, 2**32))
def test_canonical_text_equals_that_of_a_slow_separate_writer(value: Any, seed: int) -> None:
    text = written(value, random.Random(seed)).encode()
    parsed, canonical = parse(text)
    assert canonical.decode() == slow_canonical(value)
    assert canonical_bytes(parsed) == canonical
    assert parse(compact_bytes(parsed))[1] == canonical


@given(st.dictionaries(STRINGS, VALUES, min_size=1, max_size=4), st.integers(0, 2**32))
def test_a_duplicate_key_is_never_missed(value: dict[str, Any], seed: int) -> None:
    chance = random.Random(seed)
    text = written(value, chance).strip()
    key = chance.choice(list(value))
    again = f"{written_string(key, chance)}:{written(chance.choice([1, 'x', None]), chance)}"
    for doubled in ("{" + again + "," + text[1:], text[:-1] + "," + again + "}"):
        with pytest.raises(UnreadableJson) as refused:
            parse(doubled.encode())
        assert refused.value.code == "duplicate-key"


@given(st.binary(max_size=40) | st.text('{}[]":,\\u0d8e+-1. ', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    try:
        _, canonical = parse(text)
    except UnreadableJson as refused:
        assert refused.code
    else:
        assert parse(canonical)[1] == canonical
