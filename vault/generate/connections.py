"""Connections of an endpoint, each in a pool of its own.

httpx's pool looks at every idle connection at each request, which with 64 in flight takes as much
CPU as a third of the whole exchange. A free connection is known here without looking.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx2


class OwnPools(httpx2.AsyncBaseTransport):
    """A transport that sends each request over the connection that became free last.

    `make` makes a transport of one connection; there are as many as requests in flight at once.
    """

    def __init__(self, make: Callable[[], httpx2.AsyncBaseTransport]) -> None:
        self._make = make
        self._all: list[httpx2.AsyncBaseTransport] = []
        self._free: list[httpx2.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its connection is free again when the answer is closed."""
        if self._free:
            transport = self._free.pop()
        else:
            transport = self._make()
            self._all.append(transport)
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            self._free.append(transport)
            raise
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Releasing(response.stream, lambda: self._free.append(transport))
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        for each in self._all:
            await each.aclose()


class _Releasing(httpx2.AsyncByteStream):
    """The body of an answer, which gives its connection back once when it is closed."""

    def __init__(self, stream: httpx2.AsyncByteStream, release: Callable[[], None]) -> None:
        self._stream = stream
        self._release: Callable[[], None] | None = release

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            release, self._release = self._release, None
            if release is not None:
                release()
