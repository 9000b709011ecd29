"""Values within a JSON record exchanged for others: the record is written in its own style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vault.objects.json.edited_text import rewritten
from vault.objects.json.strings import Steps, with_strings
from vault.objects.json.text import compact_bytes, parse

REMOVED = object()
"""Stands for a member that is taken out."""


def with_values(text: bytes, exchanged: Mapping[Steps, Any]) -> bytes:
    """Return a record with other values in some places; a place that does not lead on is passed by.

    Where all are texts that take the place of texts, every other byte stays as it is; else the
    record is written as far as it can be as before. `text` must be one valid JSON object.
    """
    if all(type(value) is str for value in exchanged.values()):
        written = with_strings(text, {steps: str(value) for steps, value in exchanged.items()})
        if written != text:
            return written
    record = parse(text)[0]
    for steps, value in exchanged.items():
        _exchange(record, steps, value)
    return rewritten(text, compact_bytes(record))


def _exchange(record: Any, steps: Steps, value: Any) -> None:
    inside = record
    for step in steps[:-1]:
        inside = _inner(inside, step)
    last = steps[-1]
    if isinstance(inside, dict) and isinstance(last, str):
        if value is REMOVED:
            inside.pop(last, None)
        else:
            inside[last] = value
    elif isinstance(inside, list) and isinstance(last, int) and last < len(inside):
        inside[last] = value


def _inner(inside: Any, step: str | int) -> Any:
    if isinstance(inside, dict) and isinstance(step, str):
        return inside.get(step)
    if isinstance(inside, list) and isinstance(step, int) and step < len(inside):
        return inside[step]
    return None
