"""A report as JSON: dataclasses are objects, everything else a plain value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any

from vault.presentation.escaping import escape_json


def json_document(report: Any) -> str:
    """Return a report as JSON on one line, safe to show on a terminal.

    Dataclasses are objects with their fields in order (a trailing underscore, as in `from_`, is
    dropped) unless they have a `to_json` method, whose answer is taken instead.
    """
    from vault.objects.json.text import compact_bytes

    value = json_value(report)
    try:
        document = compact_bytes(value).decode()
    except UnicodeEncodeError:
        # Half a surrogate pair: part of a file's name that is not UTF-8.
        import json

        document = json.dumps(value, ensure_ascii=False, default=str)
    return escape_json(document)


def json_value(value: Any) -> Any:
    """Return the plain dicts, lists and scalars that stand for a report in JSON.

    Bytes are hexadecimal, times RFC 3339 in UTC, paths and members of enums their text, sets
    sorted. Raises TypeError for anything else.
    """
    if isinstance(value, Enum):
        return json_value(value.value)
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if hasattr(value, "to_json") and not isinstance(value, type):
        return json_value(value.to_json())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name.rstrip("_"): json_value(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not field.name.startswith("_")
        }
    if isinstance(value, Mapping):
        return {_json_key(key): json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(json_value(item) for item in value)
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, PurePath):
        return str(value)
    from decimal import Decimal

    if isinstance(value, Decimal):
        return value
    raise TypeError(f"a {type(value).__name__} has no JSON form in a report")


def _json_key(key: Any) -> str:
    plain = json_value(key)
    return plain if isinstance(plain, str) else json_document(plain)
