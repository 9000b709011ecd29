"""Pairs of examples that somebody judged not to be duplicates, however alike they are.

Attached to a manifest under NAME, so that versions of vault which do not know it keep it. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from vault.errors import Corrupt
from vault.objects.digest import ID_BYTES
from vault.objects.json.stored import MALFORMED, stored_json

NAME = "not-duplicates"
"""The name of the attachment."""

JudgedPair = tuple[bytes, bytes]
"""The example that stays although it is alike, and the one that it was removed in favour of."""


def encode_judged(pairs: Iterable[JudgedPair]) -> bytes:
    """Return the bytes of the attachment: sorted, none twice."""
    listed = [[first.hex(), second.hex()] for first, second in sorted(set(pairs))]
    return stored_json({"pairs": listed, "type": NAME, "version": 1})


def decode_judged(data: bytes) -> frozenset[JudgedPair]:
    """Return the pairs. Raises Corrupt (`not-duplicates-unreadable`)."""
    try:
        root = json.loads(data)
        if root["type"] != NAME or root["version"] != 1:
            raise ValueError(f"type {root['type']!r}, version {root['version']!r}")
        return frozenset((_id(first), _id(second)) for first, second in root["pairs"])
    except MALFORMED as error:
        raise Corrupt(
            f"the list of pairs that are not duplicates cannot be read: {error}",
            code="not-duplicates-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None


def _id(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != ID_BYTES:
        raise ValueError(f"{text!r} is not an id")
    return value
