"""A JSON record as a person edits it: spread over lines, and back into the style that it had. Pure.

Only white space and escapes change on the way: numbers are copied as they are written, and keys
keep their order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import orjson

from vault.objects.json.strings import texts_of, with_strings
from vault.objects.json.text import compact_bytes, parse

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_CLOSES = {b"{": b"}", b"[": b"]"}
_INDENT = b"  "


def spread(text: bytes) -> bytes:
    """Return a JSON text over several lines, indented, its strings as readable as JSON allows.

    `text` must be one valid JSON value. Characters that a terminal does not show stay escaped.
    """
    tokens = _TOKEN.findall(text)
    pieces: list[bytes] = []
    depth = 0
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else b""
        if token in (b"}", b"]") and tokens[at - 1] != _opening(token):
            depth -= 1
            pieces.append(b"\n" + _INDENT * depth)
        pieces.append(_readable(token) if token.startswith(b'"') else token)
        if token == b":":
            pieces.append(b" ")
        elif token in _CLOSES and following != _CLOSES[token]:
            depth += 1
            pieces.append(b"\n" + _INDENT * depth)
        elif token == b",":
            pieces.append(b"\n" + _INDENT * depth)
    return b"".join(pieces)


def rewritten(old: bytes, new: bytes) -> bytes:
    """Return a record on one line that says what `new` does, written as far as it can be as `old`.

    Where only texts differ, every other byte is that of `old`; else the spaces after commas and
    colons, and escapes where `old` has them, are as there. Both must be valid JSON objects with
    distinct keys.
    """
    before, after = texts_of(old), texts_of(new)
    if before.keys() == after.keys():
        changed = {steps: text for steps, text in after.items() if before[steps] != text}
        kept = with_strings(old, changed)
        if _says_the_same(kept, new):
            return kept
    return _on_one_line(new, old)


def _says_the_same(one: bytes, other: bytes) -> bool:
    (ours, our_bytes), (theirs, their_bytes) = parse(one), parse(other)
    # The canonical bytes sort keys, whose order counts in schemas and arguments.
    return our_bytes == their_bytes and compact_bytes(ours) == compact_bytes(theirs)


def _on_one_line(text: bytes, like: bytes) -> bytes:
    comma, colon = _separators(like)
    is_ascii = like.isascii() and b"\\u" in like
    written = {b",": comma, b":": colon}
    return b"".join(
        _dumped(token, is_ascii) if token.startswith(b'"') else written.get(token, token)
        for token in _tokens(text)
    )


def _tokens(text: bytes) -> Iterator[bytes]:
    return (token.group() for token in _TOKEN.finditer(text))


def _separators(text: bytes) -> tuple[bytes, bytes]:
    """Return how commas and colons are written in a text: with a space after the first, or none."""
    spaced = {b",": b",", b":": b":"}
    missing = set(spaced)
    for token in _TOKEN.finditer(text):
        if token.group() in missing:
            missing.discard(token.group())
            has_space = text[token.end() : token.end() + 1] == b" "
            spaced[token.group()] += b" " if has_space else b""
            if not missing:
                break
    return spaced[b","], spaced[b":"]


def _dumped(token: bytes, is_ascii: bool) -> bytes:
    return json.dumps(orjson.loads(token), ensure_ascii=is_ascii).encode()


def _readable(token: bytes) -> bytes:
    dumped = json.dumps(orjson.loads(token), ensure_ascii=False)
    if not dumped.isprintable():
        dumped = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in dumped)
    return dumped.encode()


def _opening(token: bytes) -> bytes:
    return b"{" if token == b"}" else b"["
