"""The client of an endpoint: one exchange over HTTP, with the bytes that came back.

openai's client is used because it is kept in step with its API; it sends what it is given and
retries nothing. What it reads from the environment is kept from the wire: the headers of a request
are those of `_SENT` alone, and the key is the argument. This module is loaded on use: importing it
raises InvalidInput (`generate-missing`) where openai is not installed.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator
from functools import cache
from types import TracebackType
from typing import Self
from urllib.request import getproxies

from vault.errors import InvalidInput
from vault.generate.endpoint import Endpoint, Exchange, Fault, check_address, check_key

try:
    import anyio
    import httpx2
    import openai as openai  # for `batch_client`, which has nothing to say where it is missing

    from vault.generate.connections import OwnPools
except ImportError:
    raise InvalidInput(
        "asking a model needs openai 3, which is not installed",
        code="generate-missing",
        hint="pip install 'dataset-vault[generate]'",
    ) from None

Response = httpx2.Response
"""A response with the bytes of its body."""

_CONNECT_SECONDS = 10.0
_IDLE_SECONDS = 2.0
"""How long an idle connection is kept: less than servers keep theirs, because a request on one
that is just being closed cannot be told from one that was billed."""

_MOST_CONNECTIONS = 1024
_SENT = frozenset(
    (b"host", b"content-length", b"content-type", b"accept", b"user-agent", b"connection")
)
_NO_KEY = "no-key"
"""Stands in for a key where there is none: the client wants one. It is not sent."""

_LEAST_KEY = 12
"""Characters of a secret, at least: shorter keys, such as `EMPTY`, are words of answers."""

_PATH = "/chat/completions"
_JSON = {"Content-Type": "application/json"}
_UNSENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
_BROKEN = (httpx2.HTTPError, httpx2.StreamError, anyio.EndOfStream, OSError, zlib.error)


class OpenClient:
    """An open client of one endpoint, closed at the end of a `with` block."""

    _client: openai.AsyncOpenAI

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self._client.close()


class Connection(OpenClient):
    """An open client of one endpoint, for many exchanges at the same time."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Open the client. Raises InvalidInput (`endpoint-invalid`, `key-invalid`)."""
        self._endpoint = endpoint
        self._client = open_client(endpoint)

    async def exchange(self, body: bytes) -> Exchange:
        """Send the JSON body of one request for a chat completion, and read the answer."""
        try:
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                response = await self._client.post(
                    _PATH, cast_to=httpx2.Response, content=body, options={"headers": _JSON}
                )
        except openai.APIStatusError as error:
            response = error.response
        except openai.APIConnectionError as error:
            return Exchange(fault=_fault(error.__cause__))
        except (*_BROKEN, TooLongError) as error:
            return Exchange(fault=_fault(error))
        body = without_key(response.content, self._endpoint.api_key)
        return Exchange(response.status_code, dict(response.headers), body)


def without_key(body: bytes, key: str | None) -> bytes:
    """Return an answer without the key: some servers repeat it in their errors."""
    if key is None or len(key) < _LEAST_KEY:
        return body
    for written in (key, key.replace("/", "\\/")):
        body = body.replace(written.encode(), b"[KEY]")
    return body


def open_client(endpoint: Endpoint) -> openai.AsyncOpenAI:
    """Return a client that retries nothing, follows no redirect and sends only what it is given.

    Proxies are taken from the environment. Raises InvalidInput: `endpoint-invalid` for an address
    that is none or has a password in it, and `key-invalid`.
    """
    check_address(endpoint.url)
    check_key(endpoint.api_key)
    timeout = httpx2.Timeout(
        endpoint.timeout_seconds, connect=min(_CONNECT_SECONDS, endpoint.timeout_seconds / 2)
    )
    guard = _Guard(endpoint)
    http_client = httpx2.AsyncClient(
        verify=_certificates(),
        timeout=timeout,
        limits=_limits(_MOST_CONNECTIONS),
        # A transport of one's own would not know the proxies.
        transport=None if getproxies() else OwnPools(_one_connection),
        # A redirect could take key and prompt to another host.
        follow_redirects=False,
        event_hooks={"request": [guard.before], "response": [guard.after]},
    )
    # Whatever is left out here is read from the environment.
    return openai.AsyncOpenAI(
        api_key=_NO_KEY,
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        base_url=endpoint.url,
        timeout=timeout,
        max_retries=0,
        http_client=http_client,
    )


def _limits(connections: int) -> httpx2.Limits:
    return httpx2.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=_IDLE_SECONDS,
    )


def _one_connection() -> httpx2.AsyncHTTPTransport:
    return httpx2.AsyncHTTPTransport(verify=_certificates(), limits=_limits(1))


@cache
def _certificates() -> ssl.SSLContext:
    """Return the authorities to trust: reading them takes a tenth of a second."""
    return httpx2.create_ssl_context()


class TooLongError(Exception):
    """The answer has more bytes than are read."""


class _Guard:
    """Hooks around each request: only known headers leave, and only so many bytes are read."""

    def __init__(self, endpoint: Endpoint) -> None:
        # An encoded answer may unfold to a thousand times its size.
        self._own = [(b"accept-encoding", b"identity")]
        if endpoint.api_key:
            self._own.append((b"authorization", f"Bearer {endpoint.api_key}".encode()))
        self._most_bytes = endpoint.most_answer_bytes

    async def before(self, request: httpx2.Request) -> None:
        """Take away headers that come from the environment or describe this machine."""
        kept = [each for each in request.headers.raw if each[0].lower() in _SENT]
        request.headers = httpx2.Headers([*kept, *self._own])

    async def after(self, response: httpx2.Response) -> None:
        """Put a limit on the bytes of the answer. Raises TooLongError."""
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self._most_bytes:
            raise TooLongError
        # Taken away so that nothing below unpacks without a limit.
        encoding = response.headers.pop("content-encoding", "").lower()
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _LimitedStream(
            response.stream, self._most_bytes, is_packed=encoding in ("gzip", "deflate")
        )


class _LimitedStream(httpx2.AsyncByteStream):
    """The body of an answer, unpacked; raises TooLongError behind so many bytes."""

    def __init__(self, stream: httpx2.AsyncByteStream, most_bytes: int, *, is_packed: bool) -> None:
        self._stream = stream
        self._left = most_bytes
        # 47: gzip or zlib, whichever its header says.
        self._unpacker = zlib.decompressobj(47) if is_packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        unpacker = self._unpacker
        async for part in self._stream:
            if unpacker is not None:
                part = unpacker.decompress(part, self._left + 1)
            self._left -= len(part)
            if self._left < 0:
                raise TooLongError
            yield part
        if unpacker is not None and not unpacker.eof:
            raise zlib.error("the answer ends before its gzip does")

    async def aclose(self) -> None:
        await self._stream.aclose()


def _fault(error: BaseException | None) -> Fault:
    if isinstance(error, _UNSENT):
        return Fault.UNSENT
    if isinstance(error, TooLongError):
        return Fault.TOO_LONG
    is_late = isinstance(error, TimeoutError | httpx2.TimeoutException)
    return Fault.LATE if is_late else Fault.BROKEN
