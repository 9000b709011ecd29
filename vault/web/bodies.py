"""Members of the JSON object in a request's body, which may hold anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vault.errors import InvalidInput


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a text. Raises InvalidInput (`request-invalid`)."""
    found = body.get(name)
    if isinstance(found, str):
        return found
    raise invalid(f"{name} has to be a text")


def optional_text(body: Mapping[str, Any], name: str) -> str | None:
    """Return a text, or None where there is none. Raises InvalidInput (`request-invalid`)."""
    return None if body.get(name) is None else text(body, name)


def flag(body: Mapping[str, Any], name: str) -> bool:
    """Return whether a member is there and true."""
    return body.get(name) is True


def invalid(told: str) -> InvalidInput:
    """Return the error for a request that is not what the page sends (`request-invalid`)."""
    return InvalidInput(told, code="request-invalid")
