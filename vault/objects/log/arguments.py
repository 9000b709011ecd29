"""Arguments: the typed words of a command, apart from the log, so that they can be erased. Pure.

Expressions quote data, paths and addresses name people and places. An entry of the log is never
changed, so none of them stands there: it names an object, which can be taken away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from vault.errors import Corrupt
from vault.objects.json.stored import MALFORMED, stored_json


def encode_arguments(words: Sequence[str]) -> bytes:
    """Return the bytes of the words of a command, the command's name first."""
    return stored_json({"argv": list(words), "type": "arguments", "version": 1})


def decode_arguments(data: bytes) -> tuple[str, ...]:
    """Return the words of a command. Raises Corrupt (`arguments-unreadable`)."""
    try:
        value = json.loads(data)
        if value["type"] != "arguments" or value["version"] != 1:
            raise ValueError(f"type {value['type']!r}, version {value['version']!r}")
        words = tuple(value["argv"])
        if not all(isinstance(each, str) for each in words):
            raise ValueError("a word is no text")
    except MALFORMED as error:
        raise Corrupt(
            f"the arguments of a command cannot be read: {error}",
            code="arguments-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None
    return words
