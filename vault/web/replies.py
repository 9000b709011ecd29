"""Answers of the API: reports as JSON, and errors with what a person can do."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from vault.errors import Conflict, InvalidInput, NotFound, VaultError
from vault.presentation.report_json import json_document

READERS = 3
"""Threads that read for the page: an expression may take a share of memory of its own."""

COUNTERS = 8
"""Threads that count, or wait for the process that does."""

Work = Callable[[Request], Any]
BodyWork = Callable[[Request, Mapping[str, Any]], Any]
Route = Callable[[Request], Awaitable[Response]]


def reply(value: Any, status: int = 200) -> Response:
    """Return a report, or a mapping of JSON values, as an answer that no browser keeps."""
    data = json_document(value).encode()
    return Response(data, status, {"cache-control": "no-store"}, "application/json")


def error_reply(error: VaultError) -> Response:
    """Return what went wrong: the message, the code and the hint, as the command line has them."""
    told = {"message": error.message, "code": error.code, "hint": error.hint}
    return reply({"error": told}, _status(error))


def reading(work: Work) -> Route:
    """Return a route that answers with what `work` returns, computed by one of a few threads.

    That is a report or JSON values, or an answer of its own kind.
    """
    return _in_thread(work, _readers)


def counting(work: Work) -> Route:
    """Return a route as `reading` does, for counts that take seconds: lists do not wait for them.

    Its threads wait for another process most of the time.
    """
    return _in_thread(work, _counters)


def _in_thread(work: Work, limiter: Callable[[], anyio.CapacityLimiter]) -> Route:
    def done(request: Request) -> Response:
        # Written by the thread as well: a long record would hold up everybody's requests.
        try:
            found = work(request)
            return found if isinstance(found, Response) else reply(found)
        except VaultError as error:
            return error_reply(error)

    async def answer(request: Request) -> Response:
        return await anyio.to_thread.run_sync(done, request, limiter=limiter())

    return answer


def writing(work: BodyWork) -> Route:
    """Return a route that answers with what `work` makes of the JSON object in a request's body.

    Requests that write wait for one another, and not for those that read.
    """
    return _with_body(work, _writers)


def trying(work: BodyWork) -> Route:
    """Return a route as `writing` does, for what takes longer and puts nothing on the stage."""
    return _with_body(work, _counters)


def _with_body(work: BodyWork, limiter: Callable[[], anyio.CapacityLimiter]) -> Route:
    def done(request: Request, body: bytes) -> Response:
        try:
            return reply(work(request, _object(body)))
        except VaultError as error:
            return error_reply(error)

    async def answer(request: Request) -> Response:
        body = await request.body()
        return await anyio.to_thread.run_sync(done, request, body, limiter=limiter())

    return answer


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if isinstance(asked, dict):
        return asked
    raise InvalidInput("the request holds no JSON object", code="request-invalid")


@cache
def _writers() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(1)


@cache
def _counters() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(COUNTERS)


@cache
def _readers() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(READERS)


def _status(error: VaultError) -> int:
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, Conflict):
        return 409
    return 400 if isinstance(error, InvalidInput) else 500
