"""Texts within a JSON record, found and exchanged in place: every other byte stays as it was. Pure.

Parsing and dumping would rewrite the rest of the record: its spaces, its numbers, its escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import orjson

Steps = tuple[str | int, ...]
"""Where a value stands in a record: names of members and places in lists, outermost first."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]', re.DOTALL)


def with_strings(text: bytes, exchanged: Mapping[Steps, str]) -> bytes:
    """Return a JSON text with other texts in some places; a place that holds no text is passed by.

    `text` must be one valid JSON value whose objects have distinct keys. What was written in ASCII
    alone stays so.
    """
    pieces = []
    done = 0
    for start, end, steps in _strings(text):
        if steps in exchanged:
            is_ascii = text[start:end].isascii()
            written = json.dumps(exchanged[steps], ensure_ascii=is_ascii).encode()
            pieces += [text[done:start], written]
            done = end
    return b"".join([*pieces, text[done:]])


def texts_of(text: bytes) -> dict[Steps, str]:
    """Return every text that is a value in a JSON text, by where it stands, in order.

    `text` must be as for `with_strings`.
    """
    return {steps: orjson.loads(text[start:end]) for start, end, steps in _strings(text)}


def _strings(text: bytes) -> list[tuple[int, int, Steps]]:
    """Return (start, end, steps) of each text that is a value, in order."""
    found: list[tuple[int, int, Steps]] = []
    steps: list[str | int | None] = []
    for token in _TOKEN.finditer(text):
        character = token.group()[:1]
        if character == b"{":
            steps.append(None)  # a name comes first
        elif character == b"[":
            steps.append(0)
        elif character in b"}]":
            steps.pop()
        elif character == b",":
            last = steps[-1]
            steps[-1] = last + 1 if isinstance(last, int) else None
        elif character == b'"':
            if steps and steps[-1] is None:
                steps[-1] = orjson.loads(token.group())
            else:
                here = tuple(each for each in steps if each is not None)
                found.append((token.start(), token.end(), here))
    return found
