"""Requests of a model run: their states, and what each state must have.

Needs no pyarrow. Normative: docs/format/runs.md, section 3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from vault.objects.digest import ID_BYTES
from vault.objects.model_run.about import is_amount

_MOST_NUMBER = (1 << 32) - 1
_TOKENS = ("prompt", "cached", "reasoning", "completion")


class RequestState(StrEnum):
    """The states of a request. A reader accepts other texts in the place of these."""

    PLANNED = "planned"
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    POSSIBLY_BILLED = "possibly-billed"


_NEEDS_REASON = frozenset({RequestState.REJECTED, RequestState.FAILED})
_NEEDS_ANSWER = frozenset({RequestState.RECEIVED, RequestState.ACCEPTED, RequestState.REJECTED})
_MAY_HAVE_ANSWER = _NEEDS_ANSWER | {RequestState.FAILED}
_KNOWN = frozenset(map(str, RequestState))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStatus:
    """A request without its texts: what a list of requests shows.

    `usage` has numbers of tokens (`prompt`, `cached`, `reasoning`, `completion`; None where the
    endpoint did not say) and `estimated`. `cost` is a decimal text, the most that it can be while
    the request is sent or possibly billed. `origin_id` is the id of the example that was answered.
    `drawn` is a JSON object of what the request was made with, such as values and seeds; `examples`
    are the ids, in hexadecimal digits, of what was accepted of the answer.
    """

    request: int
    sample: int
    state: str
    reason: str | None = None
    usage: Mapping[str, Any] | None = None
    cost: str | None = None
    origin_id: bytes | None = None
    drawn: str | None = None
    examples: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow(RequestStatus):
    """A request with the JSON text of its body, and the bytes that came back, if any did."""

    body: str
    answer: bytes | None = None


def is_known_state(state: str) -> bool:
    """Return whether a state is one of `RequestState`, so that its row can be checked by it."""
    return state in _KNOWN


def check_status(status: RequestStatus, *, has_answer: bool) -> None:
    """Raise ValueError or TypeError unless a request is as its state needs it.

    Of a state that is not known only the other columns are checked.
    """
    name = f"request {status.request!r}"
    for number, least in ((status.request, 1), (status.sample, 0)):
        if type(number) is not int or not least <= number <= _MOST_NUMBER:
            raise ValueError(f"{name} has the number {number!r}, not {least} to {_MOST_NUMBER}")
    texts: tuple[object, ...] = (status.state, status.reason or "")
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"{name} has {text!r} for a text")
        text.encode()  # half of a surrogate pair cannot be stored
    if status.cost is not None and not is_amount(status.cost):
        raise ValueError(f"{name} costs {status.cost!r}, and no decimal text")
    example: object = status.origin_id
    if example is not None and not (isinstance(example, bytes) and len(example) == ID_BYTES):
        raise ValueError(f"{name} is of the example {example!r}, which is no id")
    if status.usage is not None:
        _check_usage(name, status.usage)
    if status.drawn is not None and not isinstance(json.loads(status.drawn), dict):
        raise ValueError(f"{name} was drawn as {status.drawn!r}, which is no JSON object")
    for each in status.examples or ():
        if not isinstance(each, str) or len(bytes.fromhex(each)) != ID_BYTES:
            raise ValueError(f"{name} made the example {each!r}, which is no id")
    if not is_known_state(status.state):
        return
    if (status.reason is not None) != (status.state in _NEEDS_REASON):
        raise ValueError(f"{name} is {status.state}, and its reason is {status.reason!r}")
    if has_answer and status.state not in _MAY_HAVE_ANSWER:
        raise ValueError(f"{name} is {status.state}, and has an answer")
    if not has_answer and status.state in _NEEDS_ANSWER:
        raise ValueError(f"{name} is {status.state}, and has no answer")


def check_body(body: str) -> None:
    """Raise ValueError or TypeError unless a body is a JSON text that can be stored."""
    text = body.encode()
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        # It refuses escaped halves of surrogate pairs, which are JSON.
        json.loads(text)


def _check_usage(name: str, usage: Mapping[str, Any]) -> None:
    for each in _TOKENS:
        tokens = usage[each]
        if tokens is not None and (type(tokens) is not int or tokens < 0):
            raise ValueError(f"{name} used {tokens!r} tokens of {each}")
    if type(usage["estimated"]) is not bool:
        raise ValueError(f"{name} does not say whether its usage was estimated")
