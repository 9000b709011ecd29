"""Connections: kept for the next request, and given back whatever happens."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.asking import Texts, asked, endpoint_of, request_body
from tests.support.billing_server import Behaviour, BillingServer
from vault.generate.client import Connection


def test_connections_are_used_again() -> None:
    with BillingServer() as server:
        asked(Texts([f"text {n}" for n in range(300)]), endpoint_of(server))
        assert len(server.ledger.entries) == 300
        assert server.ledger.connections <= 64


@pytest.mark.parametrize("fault", ["drop", "huge", "stall", "truncate", "500"])
def test_after_a_fault_the_next_request_has_a_connection(fault: str) -> None:
    async def two(server: BillingServer) -> list[int]:
        async with Connection(endpoint_of(server, timeout_seconds=1.0)) as connection:
            return [
                (await connection.exchange(request_body(text).encode())).status
                for text in ("a", "b", "c")
            ]

    with BillingServer(Behaviour(script={"a": [fault]})) as server:
        assert asyncio.run(two(server))[1:] == [200, 200]


@contextmanager
def proxy(asked_for: list[bytes]) -> Iterator[str]:
    """A proxy that notes the first line that it is sent, and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                asked_for.append(connection.recv(4_096).split(b"\r\n")[0])

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    with BillingServer() as server, proxy(seen) as address:
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("no_proxy", "")

        async def one() -> None:
            async with Connection(endpoint_of(server)) as connection:
                await connection.exchange(request_body("a").encode())

        asyncio.run(one())
        assert server.ledger.entries == []
        assert seen == [f"POST {server.base_url}/chat/completions HTTP/1.1".encode()]
