"""JSON in and out, exactly: what is read, what is refused, what canonical text looks like."""

from __future__ import annotations

from decimal import Decimal

import pytest

from vault.objects.json.text import (
    MAX_DEPTH,
    LongInteger,
    UnreadableJson,
    canonical_bytes,
    compact_bytes,
    depth,
    parse,
)

CANONICAL = [
    (b' { "b" : 1 , "a" : [ true , null ] } ', b'{"a":[true,null],"b":1}'),
    (b'{"a":1,"a ":2,"A":3}', b'{"A":3,"a":1,"a ":2}'),
    ('{"\U0001f600":1,"\uffff":2}'.encode(), '{"\uffff":2,"\U0001f600":1}'.encode()),
    (rb'{"a":"\u0041\/\u00e9\ud83d\ude00"}', '{"a":"A/é\U0001f600"}'.encode()),
    (rb'{"a":"\u0008\u0009\u000a\u000c\u000d\u001f\u007f"}', b'{"a":"\\b\\t\\n\\f\\r\\u001f\x7f"}'),
    (b'{"a":1.0,"b":1,"c":-0.0,"d":-0}', b'{"a":1.0,"b":1,"c":-0.0,"d":0}'),
    (b"[1e5,1E+5,100000.0]", b"[100000.0,100000.0,100000.0]"),
    (b"[0.00001,1e-5,0.000001,1e-6]", b"[0.00001,0.00001,1e-6,1e-6]"),
    (b"[1e15,1e16,10000000000000000.0]", b"[1000000000000000.0,1e+16,1e+16]"),
    (
        b"[18446744073709551615,18446744073709551616]",
        b"[18446744073709551615,18446744073709551616]",
    ),
    (
        b"[-9223372036854775808,-9223372036854775809]",
        b"[-9223372036854775808,-9223372036854775809]",
    ),
    (b"[1e400,1.50E+400,-12e399]", b"[1e+400,1.5e+400,-1.2e+400]"),
    (b"[1e-400,-0.5e-400,0e-400]", b"[1e-400,-5e-401,0.0]"),
    (b"[0.1,0.10000000000000000555]", b"[0.1,0.1]"),
]

REFUSED = [
    (b"", "invalid-json"),
    (b"   ", "invalid-json"),
    (b'{"a":1', "invalid-json"),
    (b'{"a":1}}', "invalid-json"),
    (b"[1,]", "invalid-json"),
    (b"[01]", "invalid-json"),
    (b"{'a':1}", "invalid-json"),
    (b'{"a":"\x01"}', "invalid-json"),
    (b"\xef\xbb\xbf{}", "invalid-json"),
    (b'{"a":"\xff"}', "invalid-utf8"),
    (b'{"a":"\xed\xa0\x80"}', "invalid-utf8"),
    (rb'{"a":"\ud800"}', "lone-surrogate"),
    (rb'{"\udc00":"1e5"}', "lone-surrogate"),
    (b"[NaN]", "not-finite"),
    (b"[-Infinity]", "not-finite"),
    (b"[1e9999999999999999999]", "not-finite"),
    (b"[1e-9999999999999999999]", "not-finite"),
    (b'{"a":1,"a":1}', "duplicate-key"),
    (b'{"a":{"b":1,"b":2}}', "duplicate-key"),
    (rb'{"a":1,"\u0061":2}', "duplicate-key"),
    (rb'{"\\":1,"\u005c":2}', "duplicate-key"),
    (b'{"a":1e5,"a":1}', "duplicate-key"),
]


@pytest.mark.parametrize(("text", "expected"), CANONICAL)
def test_canonical_text_is_sorted_tight_and_exact(text: bytes, expected: bytes) -> None:
    assert parse(text)[1] == expected


@pytest.mark.parametrize(("text", "expected"), CANONICAL)
def test_canonical_text_is_its_own_canonical_text(text: bytes, expected: bytes) -> None:
    value, canonical = parse(expected)
    assert canonical == expected
    assert canonical_bytes(value) == expected


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_cannot_be_kept_exactly_is_refused_with_its_code(text: bytes, code: str) -> None:
    with pytest.raises(UnreadableJson) as refused:
        parse(text)
    assert refused.value.code == code
    assert refused.value.reason


def test_a_duplicate_key_is_found_where_long_floats_make_up_for_its_length() -> None:
    floats = b",".join([b"123456789012345680.0"] * 3)
    text = b'{"a":1,"a":2,"l":[' + floats + b"]}"
    with pytest.raises(UnreadableJson, match="occurs twice"):
        parse(text)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("scalar", [b"1", b"1e5"])
def test_depth_is_limited_to_128_levels(opening: bytes, closing: bytes, scalar: bytes) -> None:
    deepest = opening * MAX_DEPTH + scalar + closing * MAX_DEPTH
    assert depth(parse(deepest)[0]) == MAX_DEPTH
    for levels in (MAX_DEPTH + 1, 300, 5000):
        with pytest.raises(UnreadableJson) as refused:
            parse(opening * levels + scalar + closing * levels)
        assert refused.value.code == "too-deep"


def test_brackets_inside_strings_are_not_depth() -> None:
    text = b'{"a":"' + b"[{" * 500 + b'","b":1e5}'
    assert parse(text)[0]["a"] == "[{" * 500


def test_big_numbers_keep_every_digit() -> None:
    digits = b"9" * 5000
    value, canonical = parse(b'{"a":' + digits + b"}")
    assert canonical == b'{"a":' + digits + b"}"
    assert value["a"] == LongInteger(digits.decode())
    assert parse(b"1e400")[0] == Decimal("1e400")


def test_compact_text_keeps_the_order_of_keys_and_exact_numbers() -> None:
    value, _ = parse(b'{ "b": 18446744073709551616, "a": [1e400, "\\u00e9"] }')
    assert compact_bytes(value) == '{"b":18446744073709551616,"a":[1e+400,"é"]}'.encode()


def test_line_separators_of_unicode_stay_inside_their_string() -> None:
    text = '{"a":"x\u2028y\u0085z"}'.encode()
    assert parse(text)[1] == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a": "b', "the text ends inside the string that begins at character 7"),
        (b'{"a": "\x01"}', "Invalid control character at character 8"),
        (b'{"a": ', "the text ends in the middle of a value: Expecting value"),
    ],
)
def test_the_reason_for_broken_json_reads_as_a_sentence(text: bytes, reason: str) -> None:
    with pytest.raises(UnreadableJson) as caught:
        parse(text)
    assert caught.value.reason == reason
