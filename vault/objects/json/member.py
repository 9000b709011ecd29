"""One member of a JSON object's text: cut out or added, every other byte left as it was.

vault writes `_vault` into exported records on request and takes it off again on import. Parsing and
dumping would rewrite the rest of the record, so this works on the text.
"""

from __future__ import annotations

import re

import orjson

EXPORT_MEMBER = "_vault"
"""The member that an export writes on request and an import takes off again."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]', re.DOTALL)


def without_member(text: bytes, name: str) -> bytes:
    """Return the text of a JSON object without the top-level member of this name, if it has it.

    `text` must be one valid JSON object with distinct keys; white space around the member goes too.
    """
    for start, end, key in _members(text):
        if orjson.loads(key) == name:
            before, after = text[:start], text[end:]
            if after.lstrip().startswith(b","):
                after = after.lstrip()[1:].lstrip()
            elif before.rstrip().endswith(b","):
                before = before.rstrip()[:-1].rstrip()
            return before + after
    return text


def with_member(text: bytes, name: str, value: bytes) -> bytes:
    """Return the text of a JSON object with one more member at its end, `value` a JSON text."""
    body = text.rstrip()[:-1].rstrip()
    separator = b"" if body.endswith(b"{") and not body[:-1].strip() else b","
    return body + separator + orjson.dumps(name) + b":" + value + b"}"


def _members(text: bytes) -> list[tuple[int, int, bytes]]:
    """Return (start, end, key text) of each top-level member, in order."""
    members = []
    depth = 0
    start = 0
    key = b""
    expects_key = False
    for token in _TOKEN.finditer(text):
        character = token.group()[:1]
        if character in b"{[":
            depth += 1
            expects_key = depth == 1
        elif character in b"}]":
            if depth == 1 and key:
                members.append((start, _trimmed(text, token.start()), key))
            depth -= 1
        elif depth == 1 and character == b'"' and expects_key:
            start, key, expects_key = token.start(), token.group(), False
        elif depth == 1 and character == b",":
            members.append((start, _trimmed(text, token.start()), key))
            expects_key = True
    return members


def _trimmed(text: bytes, end: int) -> int:
    while text[end - 1 : end] in (b" ", b"\t", b"\n", b"\r"):
        end -= 1
    return end
