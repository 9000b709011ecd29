"""JSON text to values and back, without losing anything that the text said.

orjson does the work wherever it is exact. It is not exact everywhere: it turns integers beyond
64 bits into floats, refuses 1e400, keeps the last of duplicate keys and accepts 1,024 levels of
nesting. Cheap guards find the records that could be affected and send them to the standard
library's parser with hooks for number texts. Knows nothing of examples, files or formats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

MAX_DEPTH = 128
"""Levels of nesting that a record may have; `{}` is one level."""

_SORTED = orjson.OPT_SORT_KEYS
# Anything that orjson might read inexactly: 19 digits in a row (an integer may pass 64 bits), or an
# exponent (a decimal may pass the range of a double). Hits inside strings only cost the slow path.
_INEXACT = re.compile(rb"[0-9](?:[0-9]{18}|[eE][-+]?[0-9])")
# orjson writes 254 levels and no more. With so many lists around them (and the one that holds them)
# it refuses values deeper than MAX_DEPTH, which saves looking for them.
_WRAPPED = 254 - MAX_DEPTH - 1
_LONG_DIGITS = 4_000
_MAX_INT = (1 << 64) - 1
_MIN_INT = -(1 << 63)


class LongInteger(Decimal):
    """An integer of more than 4,000 digits: a decimal, which is linear to read and write."""


class InOrder:
    """A value inside canonical JSON whose objects keep their own order of keys, at any depth."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class UnreadableJson(ValueError):
    """A text that is not one JSON value that can be kept exactly; `code` says what is wrong."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def parse(text: bytes) -> tuple[Any, bytes]:
    """Return the value of one JSON text and its canonical bytes.

    The value has str, int, float, Decimal (a number beyond the range of a double, and a LongInteger
    beyond 4,000 digits), bool, None, list and dict. Costs 2 µs for a kilobyte; texts with long
    digit runs or exponents 10 µs.

    Raises UnreadableJson: `invalid-utf8`, `lone-surrogate`, `not-finite` (NaN, Infinity,
    an exponent beyond 18 digits), `duplicate-key`, `too-deep` (more than 128 levels), or
    `invalid-json`.
    """
    try:
        value = orjson.loads(text)
        canonical = orjson.dumps(value, option=_SORTED)
    except (orjson.JSONDecodeError, TypeError):
        # TypeError: orjson dumps fewer levels than it reads.
        return _parse_exactly(text)
    # An integer beyond 64 bits has come out as `1.8e+19`, a decimal too small for a double as
    # `0.0`; one too large was refused. Only where the canonical text shows either is it worth
    # looking at the text, which costs more than all the rest.
    has_exponent = b"e+" in canonical
    if (has_exponent or b"0.0" in canonical) and _INEXACT.search(text) is not None:
        return _parse_exactly(text)
    # Canonical text is the shortest of all texts of a value, so equal lengths leave no room for a
    # dropped duplicate key; otherwise the unescaped quotes of a dropped pair are missing. Only a
    # float of 17 or 18 digits before the point grows, and then the canonical text has an exponent.
    might_lack = has_exponent or len(text) != len(canonical)
    if might_lack and _quotes(text) != _quotes(canonical):
        return _parse_exactly(text)
    if text.count(b"{") + text.count(b"[") > MAX_DEPTH and depth(value) > MAX_DEPTH:
        raise _too_deep()
    return value, canonical


def parse_quickly(text: bytes) -> Any:
    """Return the value of a JSON text that was read exactly before, as `parse` made sure.

    Numbers may come out as the nearest double, so this is for looking and not for keeping.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return parse(text)[0]


def parse_compact(texts: Sequence[bytes]) -> list[Any] | None:
    """Return the values of texts that are written as orjson itself would write them; else None.

    Texts that come out of reading and writing as they went in lost nothing on the way: no digit, no
    duplicate key. Most generated files are written so, and over some dozens of records at once this
    is the cheapest proof. What it returns is what `parse` would, for every text.
    """
    try:
        values = list(map(orjson.loads, texts))
        nested: list[Any] = values
        for _ in range(_WRAPPED):
            nested = [nested]
        written = orjson.dumps(nested)
    except (orjson.JSONDecodeError, TypeError):
        return None
    whole = b"[" * _WRAPPED + b"[" + b",".join(texts) + b"]" + b"]" * _WRAPPED
    return values if written == whole else None


def canonical_of_compact(values: Sequence[Any]) -> list[bytes]:
    """Return the canonical bytes of values that `parse_compact` returned."""
    return [orjson.dumps(value, option=_SORTED) for value in values]


def might_be_inexact(text: bytes) -> bool:
    """Tell whether orjson alone might misread a number of this text (more than it really does)."""
    return _INEXACT.search(text) is not None


def canonical_bytes(value: Any) -> bytes:
    """Return the canonical JSON of a value: keys sorted by UTF-8 bytes, no spaces, exact numbers.

    Strings are escaped as in RFC 8785. Integers are exact at any size; floats are the shortest
    text that reads back as the same double; Decimals are themselves, normalised. A value within
    `InOrder` is written as `compact_bytes` writes it.
    """
    try:
        return orjson.dumps(value, _written_in_order, _SORTED)
    except TypeError:
        return _dump_exactly(value, sort=True).encode()


def compact_bytes(value: Any) -> bytes:
    """Return JSON without spaces, keys in their own order, numbers as in `canonical_bytes`."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _dump_exactly(value, sort=False).encode()


def _written_in_order(value: Any) -> orjson.Fragment:
    if type(value) is not InOrder:
        raise TypeError
    return orjson.Fragment(compact_bytes(value.value))


def depth(value: Any) -> int:
    """Return the levels of nesting of a value: 0 for a scalar, 1 for `{}` or `[1]`."""
    deepest = 0
    pending = [(value, 1)]
    while pending:
        item, level = pending.pop()
        if isinstance(item, (dict, list)):
            deepest = max(deepest, level)
            children = item.values() if isinstance(item, dict) else item
            pending.extend((child, level + 1) for child in children)
    return deepest


def _quotes(text: bytes) -> int:
    # Counts `\"` the same way on both sides; texts that escape differently only cost the slow path.
    return text.count(b'"') - text.count(b'\\"')


def _too_deep() -> UnreadableJson:
    return UnreadableJson("too-deep", f"nested deeper than {MAX_DEPTH} levels")


def _parse_exactly(text: bytes) -> tuple[Any, bytes]:
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        reason = f"invalid UTF-8 at byte {error.start}: {error.reason}"
        raise UnreadableJson("invalid-utf8", reason) from None
    _refuse_deep_text(decoded)
    try:
        value = _DECODER.decode(decoded)
    except json.JSONDecodeError as error:
        raise UnreadableJson("invalid-json", _explain(error, decoded)) from None
    canonical = canonical_bytes_checked(value)
    return value, canonical


def canonical_bytes_checked(value: Any) -> bytes:
    """Return `canonical_bytes`, refusing strings with lone surrogates (`lone-surrogate`)."""
    try:
        return _dump_exactly(value, sort=True).encode("utf-8")
    except UnicodeEncodeError:
        reason = "a string holds half of a surrogate pair, which no UTF-8 file can keep"
        raise UnreadableJson("lone-surrogate", reason) from None


def _explain(error: json.JSONDecodeError, text: str) -> str:
    if not text.strip():
        return "the line is empty"
    if error.pos >= len(text.rstrip()):
        return f"the text ends in the middle of a value: {error.msg}"
    if error.msg.startswith("Unterminated string"):
        return f"the text ends inside the string that begins at character {error.pos + 1}"
    # Some of the parser's messages end in the preposition that the place needs.
    return f"{error.msg.removesuffix(' at')} at character {error.pos + 1}"


def _refuse_deep_text(text: str) -> None:
    # The standard library's parser recurses, so depth is counted on the text before it runs.
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    level = 0
    for token in _STRUCTURE.finditer(text):
        character = token.group()[0]
        if character in "{[":
            level += 1
            if level > MAX_DEPTH:
                raise _too_deep()
        elif character in "}]":
            level -= 1


# Possessive, and with an optional end: a string that is never closed is passed over once, not tried
# again from each of its quotes.
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                shown = key.encode("utf-8", "replace").decode()
                raise UnreadableJson("duplicate-key", f'the key "{shown}" occurs twice')
            seen.add(key)
    return result


def _exact_float(text: str) -> float | Decimal:
    value = float(text)
    overflows = value in (float("inf"), float("-inf"))
    if overflows or (
        value == 0.0 and any("1" <= digit <= "9" for digit in re.split("[eE]", text)[0])
    ):
        try:
            return Decimal(text)
        except InvalidOperation:
            reason = f"the number {text[:40]} has an exponent of more than 18 digits"
            raise UnreadableJson("not-finite", reason) from None
    return value


def _refuse_constant(name: str) -> Any:
    raise UnreadableJson("not-finite", f"{name} is not a JSON number")


def _exact_int(text: str) -> int | LongInteger:
    # Converting takes quadratic time, and Python refuses longer texts by default.
    return int(text) if len(text) <= _LONG_DIGITS else LongInteger(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_pairs,
    parse_float=_exact_float,
    parse_int=_exact_int,
    parse_constant=_refuse_constant,
)


def _dump_exactly(value: Any, *, sort: bool) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=_utf8) if sort else list(value)
        pairs = (_scalar(key) + ":" + _dump_exactly(value[key], sort=sort) for key in keys)
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_dump_exactly(item, sort=sort) for item in value) + "]"
    if isinstance(value, InOrder):
        return _dump_exactly(value.value, sort=False)
    return _scalar(value)


def _utf8(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        try:
            return orjson.dumps(value).decode()
        except TypeError:
            return json.dumps(value, ensure_ascii=False)  # a lone surrogate: refused on encoding
    if isinstance(value, LongInteger):
        return format(value, "f")
    if isinstance(value, Decimal):
        return _decimal_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and not _MIN_INT <= value <= _MAX_INT:
        return str(value)
    return orjson.dumps(value).decode()


def _decimal_text(value: Decimal) -> str:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # NaN and Infinity were refused by the parser
    shown = "".join(map(str, digits)).lstrip("0")
    stripped = shown.rstrip("0")
    exponent += len(shown) - len(stripped) + len(stripped) - 1
    mantissa = stripped[0] + ("." + stripped[1:] if len(stripped) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{exponent:+d}"
