"""Fields by their dotted path: `metadata.topic` of a record, as JSON. Pure."""

from __future__ import annotations

from typing import Any

from vault.objects.json_text import canonical_bytes


def field_text(value: Any, path: str) -> bytes | None:
    """Return the canonical JSON at a dotted path of a record, or None where it has nothing."""
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return None if value is None else canonical_bytes(value)
