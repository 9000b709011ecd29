"""Notes: facts about a commit that arrive later, such as the model that was trained on it. Pure.

Normative: docs/format/operations.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from vault.errors import Corrupt
from vault.objects.json.stored import MALFORMED, stored_json

_TYPE, _VERSION = "note", 1


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was noted: its value, by whom, and when (ISO 8601)."""

    value: str
    author: str
    time: str


def encode_note(facts: Mapping[str, Fact]) -> bytes:
    """Return the bytes of a note: the same for the same facts."""
    told = {
        key: {"author": each.author, "time": each.time, "value": each.value}
        for key, each in facts.items()
    }
    return stored_json({"facts": told, "type": _TYPE, "version": _VERSION})


def decode_note(data: bytes) -> dict[str, Fact] | None:
    """Return the facts of a note by key; None for an object of another kind, or a later version.

    Raises Corrupt (`note-unreadable`) for a note whose facts are none.
    """
    try:
        value = json.loads(data)
    except MALFORMED:
        return None
    if (
        not isinstance(value, dict)
        or value.get("type") != _TYPE
        or value.get("version") != _VERSION
    ):
        return None
    try:
        return {
            key: Fact(*(_text(each[name]) for name in ("value", "author", "time")))
            for key, each in value["facts"].items()
        }
    except MALFORMED as error:
        raise Corrupt(
            f"a note cannot be read: {error}",
            code="note-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value
