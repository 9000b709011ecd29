"""Lines of the files of a batch: requests on the way there, answers on the way back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_REQUESTS = 50_000
"""Requests of a batch, at most."""

MOST_BYTES = 200_000_000
"""Bytes of the file of a batch, at most."""

URL: Final = "/v1/chat/completions"
"""The path that each request of a batch names."""

_SPACE = " \t\r\n"
_UNDONE = frozenset({"batch_expired", "batch_cancelled"})


@dataclass(frozen=True, slots=True)
class BatchedAnswer:
    """What became of one request: the status and the body of its response, as bytes.

    `status` 0 with no body: the batch ended before it was sent, and nothing is billed for it.
    """

    number: int
    status: int
    body: bytes


def input_line(number: int, body: str) -> bytes:
    """Return the line of a request: its body as it is, with its number as custom id."""
    return (f'{{"custom_id":"{number}","method":"POST","url":"{URL}","body":{body}}}\n').encode()


def read_output(line: bytes) -> BatchedAnswer | None:
    """Return what a line of an output or error file tells, None if it is none of ours.

    The body is the very text that stands in the line.
    """
    try:
        text = line.decode()
        value = json.loads(text)
        custom, response = value["custom_id"], value.get("response")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(custom, str) or not custom.isdecimal() or not custom.isascii():
        return None
    error = value.get("error")
    if not isinstance(response, dict) or "body" not in response:
        is_undone = isinstance(error, dict) and error.get("code") in _UNDONE
        # The error of anything else is kept as the answer.
        return BatchedAnswer(int(custom), 0 if is_undone else 500, b"" if is_undone else line)
    status = response.get("status_code")
    body = _raw(_raw(text, "response"), "body")
    return BatchedAnswer(int(custom), status if type(status) is int else 500, body.encode())


def _raw(text: str, name: str) -> str:
    """Return the text of a member of a JSON object, the last one of that name."""
    return next(reversed([each for key, each in _members(text) if key == name]))


def _members(text: str) -> Iterator[tuple[str, str]]:
    decoder = json.JSONDecoder()
    at = _after_space(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        start = _after_space(text, _after_space(text, at) + 1)
        _, at = decoder.raw_decode(text, start)
        yield key, text[start:at]
        at = _after_space(text, at)
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
