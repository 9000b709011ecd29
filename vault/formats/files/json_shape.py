"""How JSON lies in a file whose name may not say it: lines, a list, or objects across lines.

People name lists `.jsonl` and lines `.json`, so the first megabyte decides. Decides only; reading
is done elsewhere.
"""

from __future__ import annotations

import re
from enum import Enum

import orjson

from vault.formats.files.inputs import Layout

HEAD_BYTES = 1 << 20
"""How much of a file's beginning `shape_of` wants to see."""

_SPACE = b" \t\r\n"
# Closing quotes are optional so that an open string is passed over once, not once per quote in it.
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)


class JsonShape(Enum):
    """How records lie in a JSON file."""

    LINES = "lines"
    LIST = "list"
    OBJECT = "object"


def shape_of(head: bytes, layout: Layout) -> JsonShape:
    """Return the shape of a file from its beginning and what its name says of it.

    A file named a list that begins with `[` is a list. One named lines is a list only where the
    first line is not a value of its own and objects separated by commas follow the bracket, so
    that lines of lists, and broken lines, stay lines. A file is one object (or several, which the
    reader refuses) where its first object spans several lines.
    """
    text = head.lstrip(_SPACE)
    if text.startswith(b"["):
        if layout is Layout.JSON or _is_list_of_objects(text):
            return JsonShape.LIST
        return JsonShape.LINES
    line, newline, rest = text.partition(b"\n")
    if not text.startswith(b"{") or not newline or _is_value(line):
        return JsonShape.LINES
    end = value_end(text)
    if end is not None:
        spans_lines = end > len(line) and _is_value(text[:end])
        return JsonShape.OBJECT if spans_lines else JsonShape.LINES
    if layout is not Layout.JSON or _is_value(rest.partition(b"\n")[0]):
        return JsonShape.LINES
    return JsonShape.OBJECT


def _is_list_of_objects(text: bytes) -> bool:
    line, _, rest = text.partition(b"\n")
    inner = text[1:].lstrip(_SPACE)
    if _is_value(line) and rest.strip(_SPACE):
        return False
    if not inner.startswith(b"{"):
        return inner.startswith(b"]")
    end = value_end(inner)
    if end is None:
        return True
    return inner[end:].lstrip(_SPACE)[:1] in (b",", b"]", b"")


def _is_value(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def value_end(text: bytes) -> int | None:
    """Return where the object or list at the start of a text ends, or None if it does not.

    Counts brackets outside strings; the value need not be valid.
    """
    depth = 0
    for token in _STRUCTURE.finditer(text):
        character = token.group()[:1]
        if character in b"{[":
            depth += 1
        elif character in b"}]":
            depth -= 1
            if depth <= 0:
                return token.end()
    return None
