"""Endpoints, and what one exchange with them brings back. Needs no HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from vault.errors import InvalidInput
from vault.generate.prices import Prices

OPENAI_URL = "https://api.openai.com/v1"
"""The address of an endpoint that names none."""

MOST_ANSWER_BYTES = 32 << 20
"""Bytes of an answer that are read, unless an endpoint says otherwise."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model at an address that answers chat completions, with the key for it and its prices.

    `base_url` None is openai's own; `prices` None are unknown. `timeout_seconds` is for a whole
    exchange. Without a key none is sent.
    """

    base_url: str | None
    model: str
    _: KW_ONLY
    api_key: str | None = field(default=None, repr=False)
    prices: Prices | None = None
    timeout_seconds: float = 600.0
    most_answer_bytes: int = MOST_ANSWER_BYTES

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return (self.base_url or OPENAI_URL).rstrip("/")


class Fault(Enum):
    """Why an exchange has no whole answer."""

    UNSENT = "unsent"
    """No connection, so nothing was sent."""
    BROKEN = "broken"
    """The connection ended, or the answer was no HTTP, after something had been sent."""
    LATE = "late"
    """No whole answer came within the time."""
    TOO_LONG = "too long"
    """The answer has more bytes than are read."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The response of an endpoint: a status, headers and the whole body, or else a fault.

    Names of headers are in lower case. `body` is without transfer encoding, and without gzip.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: Fault | None = None


def check_address(url: str) -> None:
    """Raise InvalidInput (`endpoint-invalid`) unless this is a plain http or https address."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment or parts.username or parts.password:
        # Not the address itself: there may be a password in it.
        raise InvalidInput(
            "the address of the endpoint is not http:// or https:// with a host and a path alone",
            code="endpoint-invalid",
            hint='write `base_url = "http://127.0.0.1:8000/v1"` under [model] in the recipe',
        )


def check_key(key: str | None) -> None:
    """Raise InvalidInput (`key-invalid`) if a key has a character that no key has.

    Such as the line feed at the end of a file: no request would leave, and none would say why.
    """
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise InvalidInput(
            "the key for the endpoint has a line break, a space or a character beyond ASCII",
            code="key-invalid",
            hint="`export OPENAI_API_KEY=\"$(tr -d '[:space:]' < FILE)\"`",
        )
