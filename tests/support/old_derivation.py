"""Chunks as an older derivation would have written them: what follows from records is another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from vault.formats.layouts.plain_chat import Values
from vault.formats.layouts.registry import derive_values
from vault.objects.conversation import Kind

_LATER = (Kind.PROMPT, Kind.PROMPT_COMPLETION)
_MASK = (1 << 64) - 1


@contextmanager
def old_derivation() -> Iterator[None]:
    """Let chunks that are written meanwhile in this process be of derivation 1.

    Every key is another than the present one, every count is larger, fields are left out, and what
    only the present derivation recognises is raw: nothing but the records can be relied upon.
    """
    with (
        patch("vault.dataset.reading.write_records.derive_values", _derive),
        patch("vault.objects.chunk.DERIVATION", 1),
    ):
        yield


def _derive(record: dict[str, Any], kind: Kind | None, mapping: Mapping[str, str] | None) -> Values:
    found, content, prompt, turns, chars, tokens, fields = derive_values(record, kind, mapping)
    if kind is None and found in _LATER and "completion" not in record:
        return (Kind.RAW, None, None, 0, 0, 0, None)
    other = None if fields is None else b'{"old":1}'
    keys = (each if each is None else ~each & _MASK for each in (content, prompt))
    return (found, *keys, turns + 1, chars + 1, tokens + 1, other)  # type: ignore[return-value]
