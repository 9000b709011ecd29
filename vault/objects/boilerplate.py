"""Boilerplate that was left out when duplicates were last taken out of a dataset. Pure.

What is left decides what is boilerplate, and taking duplicates out changes what is left: without
this record the same command, run again, would find a few more. Attached to a manifest under NAME.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vault.errors import Corrupt
from vault.objects.json.stored import MALFORMED, stored_json

NAME = "boilerplate"
"""The name of the attachment."""

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class RecordedBoilerplate:
    """The upper 48 bits of shingles, ascending, and how many examples were left by them."""

    examples: int
    shingles: Sequence[int]


def encode_boilerplate(parts: Mapping[str, RecordedBoilerplate]) -> bytes:
    """Return the bytes of the attachment: by the part of a conversation that was compared."""
    listed = {
        part: {
            "examples": each.examples,
            "shingles": [f"{shingle:0{_DIGITS}x}" for shingle in each.shingles],
        }
        for part, each in parts.items()
    }
    return stored_json({"parts": listed, "type": NAME, "version": 1})


def decode_boilerplate(data: bytes) -> dict[str, RecordedBoilerplate]:
    """Return what an attachment says. Raises Corrupt (`boilerplate-unreadable`)."""
    try:
        root = json.loads(data)
        if root["type"] != NAME or root["version"] != 1:
            raise ValueError(f"type {root['type']!r}, version {root['version']!r}")
        return {
            str(part): RecordedBoilerplate(
                int(each["examples"]),
                tuple(sorted(int(shingle[:_DIGITS], 16) for shingle in each["shingles"])),
            )
            for part, each in root["parts"].items()
        }
    except MALFORMED as error:
        raise Corrupt(
            f"the boilerplate of a dataset cannot be read: {error}",
            code="boilerplate-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None
