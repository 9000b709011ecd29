"""Tokens: those that an answer used, and the most that a request can use."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vault.errors import InvalidInput

TOKENS_A_MESSAGE = 16
"""Tokens around a message that are in no text of it: roles, separators, the start of the answer."""

_MOST_TOKENS = 1 << 53
"""Numbers beyond are no count of tokens."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer; None where the endpoint did not say.

    `cached` are among `prompt`, `reasoning` among `completion`. `estimated` says that vault counted
    because the endpoint did not: the numbers are then upper bounds.
    """

    prompt: int | None
    cached: int | None
    reasoning: int | None
    completion: int | None
    estimated: bool = False

    @property
    def total(self) -> int:
        """The tokens of prompt and completion, as far as they are known."""
        return (self.prompt or 0) + (self.completion or 0)


def usage_of(answer: bytes, request: str) -> Usage:
    """Return the usage of an answer, as its endpoint counted it or else estimated.

    `answer` is the body that came back and `request` the one that was sent. What the endpoint does
    not count is estimated: of the prompt by its bound, of the completion by the UTF-8 bytes of the
    texts, or by its bound where no texts can be found. An estimate never passes the bound. Raises
    InvalidInput (`request-unbounded`, `request-body-invalid`).
    """
    try:
        body = json.loads(answer)
    except (ValueError, RecursionError):
        body = None
    usage = _member(body, "usage")
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    cached = _count(_member(usage, "prompt_tokens_details"), "cached_tokens")
    reasoning = _count(_member(usage, "completion_tokens_details"), "reasoning_tokens")
    if prompt is not None and completion is not None:
        return Usage(prompt, cached, reasoning, completion)
    most_prompt, most_completion = most_tokens(request)
    if prompt is None:
        prompt = most_prompt
    if completion is None:
        choices = _member(body, "choices")
        is_known = isinstance(choices, list) and bool(choices)
        size = sum(map(_size_bytes, _texts(choices))) if is_known else most_completion
        completion = min(size, most_completion)
    return Usage(prompt, cached, reasoning, completion, estimated=True)


def most_tokens(body: str) -> tuple[int, int]:
    """Return the most tokens that a request can use: of the prompt, and of all completions.

    No token stands for less than a byte, so the prompt has at most the bytes of everything in the
    body that is text or has parts (messages, tools, schemas), and `TOKENS_A_MESSAGE` for each
    message. Text that the endpoint fetches by an address, such as an image, is not counted.

    Raises InvalidInput: `request-unbounded` if the body has no limit of tokens, and
    `request-body-invalid` if it is no JSON object.
    """
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise InvalidInput(
            "the body of a request is not a JSON object",
            code="request-body-invalid",
            hint="`vault generate RECIPE --dry-run` checks a recipe without sending anything",
        )
    limits = [_count(request, name) for name in ("max_tokens", "max_completion_tokens")]
    # An endpoint heeds the one that it knows.
    limit = max((each for each in limits if each is not None), default=None)
    if limit is None:
        raise InvalidInput(
            "a request has no max_tokens, so nothing bounds what it costs",
            code="request-unbounded",
            hint="write `max_tokens = 400` under [model] in the recipe",
        )
    parts = {
        name: value
        for name, value in request.items()
        if name != "model" and isinstance(value, str | list | dict)
    }
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    messages = request.get("messages")
    count = len(messages) if isinstance(messages, list) else 1
    choices = _count(request, "n")
    return (
        _size_bytes(text) + TOKENS_A_MESSAGE * count,
        limit * (1 if choices is None else max(choices, 1)),
    )


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _count(value: Any, name: str) -> int | None:
    count = _member(value, name)
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < _MOST_TOKENS:
        return None
    return count


def _size_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, names of members too: tool calls have some of them."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            pending.extend(each)
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
