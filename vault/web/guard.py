"""The outermost layer: refuses whatever does not come from the explorer's own page.

A server on this machine can be reached by every page that the browser shows, so nothing is answered
because of where a request came to, only because of what it proves. The rules, with the faults of
other tools that they are drawn from, are in docs/decisions/0028-what-the-explorer-answers.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vault.web.sessions import Sessions

API = "/api/"
OPEN_ROUTE = "/api/session"
"""The one route of the API that needs no session: it makes them."""

MOST_BODY_BYTES = 2_000_000
PERSON = "vault.person"
"""Where a request that passed has the name of the person."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""Headers of every answer."""

_HOST = re.compile(r"(?P<name>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::(?P<port>[0-9]{1,5}))?")
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{16,128})")
_FAULT = "a bug in vault: the same on the command line, with -v, says more"
_SAFE_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A request that is not answered: the status, and what a person is told."""

    status: int
    told: str


class Guard:
    """An application around another one, which gets only requests that may be answered.

    `names` are the host names that are answered, beside those of the loopback. `reopen` is a page
    without data, for links of other sites: it opens the same address as the explorer's own.
    """

    def __init__(
        self, app: ASGIApp, sessions: Sessions, reopen: Response, names: Collection[str] = ()
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._reopen = reopen
        self._names = frozenset({*LOOPBACK, *(each.lower() for each in names)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        answer = _Answer(send)
        try:
            app = self._checked(scope)
            await app(scope, _Body(receive, answer).receive, answer.send)
        except Refusal as refused:
            if not answer.is_started:
                response = PlainTextResponse(f"{refused.told}\n", refused.status)
                await response(scope, receive, answer.send)
        except Exception:
            # The server below would answer by itself, without the headers.
            if answer.is_started:
                raise
            response = PlainTextResponse(f"{_FAULT}\n", 500)
            await response(scope, receive, answer.send)

    def _checked(self, scope: Scope) -> ASGIApp:
        """Return what answers a request. Raises Refusal."""
        headers = Headers(scope=scope)
        host = self._host(headers)
        _check_origin(headers, host)
        site = _one(headers, "sec-fetch-site")
        method, path = scope["method"], scope["path"]
        if site not in (None, "same-origin"):
            is_visit = (
                method == "GET"
                and _one(headers, "sec-fetch-mode") == "navigate"
                and _one(headers, "sec-fetch-dest") == "document"
                and not path.startswith(API)
            )
            if not is_visit:
                raise Refusal(403, "this request does not come from the explorer's own page")
            if site != "none":
                return self._reopen
        _check_length(headers, method)
        if path.startswith(API) and path != OPEN_ROUTE:
            scope[PERSON] = self._person(headers)
        return self._app

    def _host(self, headers: Headers) -> str:
        """Return the host, as the browser calls it. Raises Refusal unless it is one of ours."""
        value = _one(headers, "host")
        found = None if value is None else _HOST.fullmatch(value)
        if value is None or found is None or found["name"].lower() not in self._names:
            # With another name, a page of that name could be made to lead here.
            raise Refusal(421, "the explorer does not answer by this host name")
        return value.lower()

    def _person(self, headers: Headers) -> str:
        found = _BEARER.fullmatch(_one(headers, "authorization") or "")
        person = None if found is None else self._sessions.person_of(found[1])
        if person is None:
            raise Refusal(401, "This tab was not opened by a link of the explorer that runs now.")
        return person


def is_host_name(name: str) -> bool:
    """Return whether a browser can name a host so: no port, and version 6 addresses in []."""
    found = _HOST.fullmatch(name)
    return found is not None and found["port"] is None


def _one(headers: Headers, name: str) -> str | None:
    """Return a header, None without it. Raises Refusal if it is there twice."""
    values = headers.getlist(name)
    if len(values) > 1:
        raise Refusal(400, f"the header {name} is there twice")
    return values[0] if values else None


def _check_origin(headers: Headers, host: str) -> None:
    """Raise Refusal if a request names another origin than the host that it came to.

    Both schemes will do: a proxy in front may speak TLS, and one port has one server.
    """
    origin = _one(headers, "origin")
    if origin is None:
        return
    scheme, separator, named = origin.partition("://")
    if scheme not in ("http", "https") or not separator or named.lower() != host:
        raise Refusal(403, "this request does not come from the explorer's own page")


def _check_length(headers: Headers, method: str) -> None:
    length = _one(headers, "content-length")
    if length is not None and not (length.isascii() and length.isdigit()):
        raise Refusal(400, "the length of the request is no number")
    if length is not None and int(length) > MOST_BODY_BYTES:
        raise Refusal(413, f"a request may have at most {MOST_BODY_BYTES:,} bytes")
    if length is not None and headers.get("transfer-encoding") is not None:
        # A proxy in front could take the end of the request for another place than we do.
        raise Refusal(400, "the length of the request is told twice")
    has_body = headers.get("transfer-encoding") is not None or int(length or 0) > 0
    if method in _SAFE_METHODS and has_body:
        raise Refusal(400, "a request that only reads has no body")


class _Body:
    """The body of a request, up to a size."""

    def __init__(self, receive: Receive, answer: _Answer) -> None:
        self._receive = receive
        self._answer = answer
        self._size_bytes = 0

    async def receive(self) -> Message:
        """Return the next message. Raises Refusal past the size."""
        message = await self._receive()
        self._size_bytes += len(message.get("body", b""))
        if self._size_bytes > MOST_BODY_BYTES:
            raise Refusal(413, f"a request may have at most {MOST_BODY_BYTES:,} bytes")
        return message


class _Answer:
    """What is sent back, with the headers of every answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_started = False

    async def send(self, message: Message) -> None:
        """Send a message; the first one gets the headers."""
        if message["type"] == "http.response.start":
            self.is_started = True
            added = _encoded(HEADERS.items())
            names = {name for name, _ in added}
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
            message = {**message, "headers": [*kept, *added]}
        await self._send(message)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
