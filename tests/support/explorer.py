"""An explorer that runs in this process, and requests to it byte by byte."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from vault.repository import Repository
from vault.web.explorer import Explorer
from vault.web.listings import Scope
from vault.web.serve import Place, Server, listen

NOW = "2026-01-02T03:04:05Z"


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers by lower-case names, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Running:
    """An explorer that listens, and the session of a person."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.host = f"127.0.0.1:{server.port}"

    def session(self, person: str = "ada") -> str:
        """Open a session as the page does."""
        token = self.server.link(person).partition("#token=")[2]
        body = json.dumps({"token": token}).encode()
        return str(self.ask("POST", "/api/session", body=body).json["session"])

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes = b"",
        session: str | None = None,
    ) -> Answer:
        """Send one request with these headers alone, but for host, length and session."""
        lines = [f"{method} {path} HTTP/1.1"]
        given = {"Host": self.host, **(headers or {})}
        if session is not None:
            given["Authorization"] = f"Bearer {session}"
        if body:
            given["Content-Length"] = str(len(body))
        lines += [f"{name}: {value}" for name, value in given.items()]
        return self.send("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)

    def send(self, data: bytes) -> Answer:
        """Send bytes, and return what comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as connection:
            connection.sendall(data)
            received = b""
            while piece := connection.recv(65_536):
                received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in rest)
        headers = {name.lower(): value for name, _, value in pairs}
        return Answer(int(first.split()[1]), headers, body)


def asked(explorer: Running, path: str, person: str = "ada", **body: object) -> Answer:
    """Ask for a path as a person, or send what is done: in a session of its own."""
    session = explorer.session(person)
    if not body:
        return explorer.ask("GET", path, session=session)
    return explorer.ask("POST", path, session=session, body=json.dumps(body).encode())


@contextmanager
def running(
    repository: Repository,
    place: Place | None = None,
    scope: Scope | None = None,
    **settings: Any,
) -> Iterator[Running]:
    """Run the explorer of a repository in a thread, on any free port."""
    folder = repository.folder
    assert folder is not None

    def opened(person: str) -> Repository:
        return Repository.open(folder, author=person, clock=lambda: NOW)

    explorer = Explorer(opened, folder.name, scope, **settings)
    server = listen(explorer, place or Place(port=free_port()))
    runner = uvicorn.Server(server.configuration())
    thread = threading.Thread(target=runner.run, args=([server.socket],), daemon=True)
    thread.start()
    try:
        yield Running(server)
    finally:
        runner.should_exit = True
        thread.join(30)
        explorer.close()
        server.socket.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])
