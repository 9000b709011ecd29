"""Running the explorer: a socket on this machine, links for people, until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import uvicorn

from vault.errors import InvalidInput
from vault.web.app import explorer_app
from vault.web.explorer import Explorer
from vault.web.guard import LOOPBACK, is_host_name
from vault.web.sessions import Sessions

LOOPBACK_HOST = "127.0.0.1"
USUAL_PORT = 8642
"""The port where it is free, so that addresses stay the same from day to day."""

_SECONDS_TO_FINISH = 5
_EVERYWHERE = {"0.0.0.0": LOOPBACK_HOST, "::": "[::1]"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens: `port` None for the usual one, or any where that is taken.

    `names` are host names to answer by, beside those of the loopback.
    """

    host: str = LOOPBACK_HOST
    port: int | None = None
    names: Collection[str] = ()


@dataclass(slots=True)
class Server:
    """The explorer of a repository, listening: `run` answers until it is stopped."""

    explorer: Explorer
    place: Place
    socket: socket.socket
    sessions: Sessions = field(default_factory=Sessions)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.socket.getsockname()[1])

    def link(self, person: str) -> str:
        """Return an address that opens the page for a person, once.

        The token is in the fragment, which no browser sends anywhere.
        """
        return f"http://{_name_of(self.place)}:{self.port}/#token={self.sessions.invite(person)}"

    def configuration(self) -> uvicorn.Config:
        """Return how requests are read: nothing that a request says changes what the guard sees."""
        return uvicorn.Config(
            explorer_app(self.explorer, self.sessions, self.place.names),
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            loop="asyncio",
            http="h11",
            timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        )

    def run(self, on_start: Callable[[], None] | None = None) -> None:
        """Answer until an interrupt or a signal to stop. `on_start` is called before the first."""
        server = uvicorn.Server(self.configuration())
        if on_start is not None:
            on_start()
        server.run([self.socket])


def listen(explorer: Explorer, place: Place) -> Server:
    """Return a server that listens.

    Raises InvalidInput (`port-taken`, `host-unknown`, `host-name-invalid`).
    """
    for name in place.names:
        if not is_host_name(name):
            raise InvalidInput(
                f'"{name}" is no host name: no browser would ask for it by that',
                code="host-name-invalid",
                hint="write the name alone, such as data.example, without http:// and port",
            )
    ports: Sequence[int] = (USUAL_PORT, 0) if place.port is None else (place.port,)
    for port in ports:
        opened = _bound(place.host, port)
        if opened is not None:
            return Server(explorer, place, opened)
    raise InvalidInput(
        f"port {place.port} is taken, or may not be used",
        code="port-taken",
        hint="name another one with --port, or leave it out",
    )


def _name_of(place: Place) -> str:
    """Return the host of links: one that the guard answers by."""
    if place.host in _EVERYWHERE:
        return _EVERYWHERE[place.host]
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if host in {*LOOPBACK, *place.names} else next(iter(place.names), host)


def _bound(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(128)
    except socket.gaierror:
        opened.close()
        raise InvalidInput(
            f'"{host}" is no address of this machine',
            code="host-unknown",
            hint=f"leave out --host: the explorer then answers on {LOOPBACK_HOST}",
        ) from None
    except (OSError, OverflowError):
        opened.close()
        return None
    return opened
