"""Stored records: JSON objects, which were read exactly once and may be damaged since."""

from __future__ import annotations

from typing import Any

from vault.errors import Corrupt
from vault.objects.json.text import UnreadableJson, parse, parse_quickly


def read_record(text: bytes) -> dict[str, Any]:
    """Return a stored record, read as exactly as `parse` does. Raises Corrupt."""
    try:
        return _object(parse(text)[0])
    except UnreadableJson as error:
        raise _unreadable(error.reason) from None


def read_record_quickly(text: bytes) -> dict[str, Any]:
    """Return a stored record for looking and not for keeping: see `parse_quickly`."""
    try:
        return _object(parse_quickly(text))
    except UnreadableJson as error:
        raise _unreadable(error.reason) from None


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise _unreadable("it is no JSON object")
    return value


def _unreadable(reason: str) -> Corrupt:
    return Corrupt(
        f"a record cannot be read: {reason}",
        code="record-unreadable",
        hint="`vault fsck` tells which objects are damaged",
    )
