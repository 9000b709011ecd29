"""Lines of the files of a batch: requests on the way there, answers on the way back. Pure."""

from __future__ import annotations

import json
import re
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
_NUMBER = re.compile("[1-9][0-9]{0,9}")
# Not in a text: the quotes of a text are escaped.
_CUSTOM_ID = re.compile(rb'"custom_id"\s*:\s*"([^"\\]*)"')
_UNDONE = frozenset({"batch_expired", "batch_cancelled"})


@dataclass(frozen=True, slots=True)
class BatchedAnswer:
    """The response to one request of a batch: its status and its body, as bytes.

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

    The body is the very bytes that stand in the line; of a line that is no JSON it is all of it,
    since what came back is billed.
    """
    text = line.decode("utf-8-sig", "surrogateescape")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        found = _CUSTOM_ID.search(line)
        number = None if found is None else _number(found[1].decode("latin-1"))
        return None if number is None else BatchedAnswer(number, 200, line)
    number = _number(value.get("custom_id")) if isinstance(value, dict) else None
    if number is None:
        return None
    error, response = value.get("error"), value.get("response")
    if not isinstance(response, dict) or "body" not in response:
        is_undone = isinstance(error, dict) and error.get("code") in _UNDONE
        # The error of anything else is kept as the answer.
        return BatchedAnswer(number, 0 if is_undone else 500, b"" if is_undone else line)
    body = _raw(_raw(text, "response"), "body")
    status = _status(response.get("status_code"))
    return BatchedAnswer(number, status, body.encode("utf-8", "surrogateescape"))


def _number(custom: object) -> int | None:
    """Return the request of a custom id, None of one that is not as `input_line` writes it."""
    return int(custom) if isinstance(custom, str) and _NUMBER.fullmatch(custom) else None


def _status(told: object) -> int:
    """Return a status; an answer without one counts as whole, so that its tokens are billed."""
    try:
        status = int(told) if isinstance(told, int | float | str) else 200
    except (ValueError, OverflowError):
        return 200
    return status if 100 <= status <= 599 else 200


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
