"""Fields by their dotted path: `metadata.topic` of a record, as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vault.objects.json.text import canonical_bytes


def field_text(value: Any, path: str) -> bytes | None:
    """Return the canonical JSON at a dotted path of a record, or None where it has nothing."""
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return None if value is None else canonical_bytes(value)


def shown_field(text: bytes) -> str:
    """Return a value of `field_text` as people read it in a table: a plain text without quotes."""
    shown = text.decode()
    return shown[1:-1] if shown.startswith('"') and "\\" not in shown else shown


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of everything in a JSON value that is no list and no object."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaves(each, f"{path}[{number}]")
    else:
        yield path, value
