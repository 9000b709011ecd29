"""Who is at the other end: links that work once, and the sessions that they open."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A browser tab that came by a link: its secret, and the person that the link was for."""

    secret: str
    person: str


class Sessions:
    """Tokens that were given out and not used yet, and open sessions.

    Threads may share it. Secrets are kept as digests and compared in constant time.
    """

    def __init__(self) -> None:
        self._invited: dict[bytes, str] = {}
        self._open: dict[bytes, str] = {}
        self._lock = threading.Lock()

    def invite(self, person: str) -> str:
        """Return a token that opens one session for a person."""
        token = secrets.token_urlsafe(_BYTES)
        with self._lock:
            self._invited[_digest(token)] = person
        return token

    def open(self, token: str) -> Session | None:
        """Open a session by a token, which is used up; None if it is no token, or was used."""
        with self._lock:
            known = _find(self._invited, token)
            if known is None:
                return None
            person = self._invited.pop(known)
            secret = secrets.token_urlsafe(_BYTES)
            self._open[_digest(secret)] = person
        return Session(secret, person)

    def person_of(self, secret: str) -> str | None:
        """Return the person of an open session, None if there is none with this secret."""
        with self._lock:
            known = _find(self._open, secret)
            return None if known is None else self._open[known]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _find(known: dict[bytes, str], secret: str) -> bytes | None:
    """Return the digest of a secret if it is known; looks at all of them whichever it is."""
    wanted = _digest(secret)
    found = None
    for each in known:
        if hmac.compare_digest(each, wanted):
            found = each
    return found
