"""Rows on their way into a chunk: growing columns of numbers, not lists of Python objects.

A worker holds tens of thousands of rows at a time; packed columns keep them small and turn into
Arrow arrays without being copied. Pure; knows nothing of Parquet.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault.objects.digest import ID_BYTES

_NUMBERS = ("content_id", "prompt_id", "turns", "chars", "tokens", "line")
_FLAGS = ("has_content", "has_prompt")
_LISTS = ("data", "kind", "fields", "source", "round", "made")


class Made(NamedTuple):
    """The making of a record by a model: the run, the model, the number of the request in the run.

    `origin` is JSON of what the object of the run does not say, or None.
    """

    run: str
    model: str
    request: int
    origin: str | None = None


def _u64() -> array[int]:
    return array("Q")


def _u32() -> array[int]:
    return array("I")


@dataclass(slots=True)
class ChunkRows:
    """Columns of one length: those of a chunk, and `data`, the records themselves.

    `made` stands for the columns `origin`, `run`, `model` and `request`; None where no model run
    made the record. `content_id` and `prompt_id` are 0 where `has_content` and `has_prompt` are;
    `ids` holds 16 bytes a row.
    """

    data: list[bytes] = field(default_factory=list)
    ids: bytearray = field(default_factory=bytearray)
    content_id: array[int] = field(default_factory=_u64)
    has_content: bytearray = field(default_factory=bytearray)
    prompt_id: array[int] = field(default_factory=_u64)
    has_prompt: bytearray = field(default_factory=bytearray)
    kind: list[str] = field(default_factory=list)
    fields: list[bytes | None] = field(default_factory=list)
    turns: array[int] = field(default_factory=_u32)
    chars: array[int] = field(default_factory=_u32)
    tokens: array[int] = field(default_factory=_u32)
    line: array[int] = field(default_factory=_u64)
    source: list[str] = field(default_factory=list)
    round: list[str | None] = field(default_factory=list)
    made: list[Made | None] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.kind)

    def add_derived(self, values: Iterable[Sequence[Any]]) -> None:
        """Append the derived columns of some records: kind, keys, counts and fields."""
        kind, content_id, prompt_id, turns, chars, tokens, fields = zip(*values, strict=True)
        self.kind.extend(kind)
        self.content_id.extend([each or 0 for each in content_id])
        self.has_content.extend([each is not None for each in content_id])
        self.prompt_id.extend([each or 0 for each in prompt_id])
        self.has_prompt.extend([each is not None for each in prompt_id])
        self.turns.extend(turns)
        self.chars.extend(chars)
        self.tokens.extend(tokens)
        # Copied: what orjson returns keeps the whole buffer it was written in, 4 KB for 40 bytes.
        self.fields.extend([None if each is None else bytes(memoryview(each)) for each in fields])

    def extend(self, other: ChunkRows, chosen: Sequence[int]) -> None:
        """Append the chosen rows of other columns, in the order given."""
        place = np.asarray(chosen, np.int64)
        for name in _LISTS:
            values = getattr(other, name)
            getattr(self, name).extend([values[at] for at in chosen])
        for name in _NUMBERS:
            getattr(self, name).frombytes(_taken(getattr(other, name), place))
        for name in _FLAGS:
            getattr(self, name).extend(_taken(getattr(other, name), place))
        self.ids.extend(np.frombuffer(other.ids, f"V{ID_BYTES}")[place].tobytes())


def _taken(column: array[int] | bytearray, place: NDArray[np.int64]) -> bytes:
    if not len(column):
        return b""
    kind = column.typecode if isinstance(column, array) else "B"
    return np.frombuffer(column, kind)[place].tobytes()
