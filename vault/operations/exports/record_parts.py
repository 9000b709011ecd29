"""Records of a dataset as renderers take them: with the conversation and the fields beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.examples import conversation_in, roles_at
from vault.dataset.reading.records import record_arrays
from vault.formats.trainers.output import RecordParts
from vault.objects.conversation import Kind
from vault.objects.json.record import read_record
from vault.objects.json.text import compact_bytes
from vault.objects.runs import RowKeys

_GROUP = 262_144
"""Rows whose columns are read at once."""

_AT_ONCE = 256
"""Records handed out at once: few enough to stay in the cache of the processor."""


@dataclass(frozen=True, slots=True)
class RecordRows:
    """Some rows: the position of the first, their JSON texts, kinds, and columns behind them."""

    first: int
    texts: list[bytes]
    kinds: list[str]
    _group: _Group

    def parts(self, at: int, only: Collection[str] | None = None) -> RecordParts:
        """Return the parts of the row at a position in `texts`; `only` these fields, if given."""
        text, kind = self.texts[at], self.kinds[at]
        conversation = conversation_in(
            read_record(text), kind, self._group.roles.get(self.first + at - self._group.first)
        )
        fields = self._group.fields_at(self.first + at)
        if only is not None and fields is not None:
            fields = _only(fields, only)
        return RecordParts(text, conversation, fields, kind == Kind.PROMPT_COMPLETION)

    def mapped(self) -> set[int]:
        """Return the positions in `texts` that were read by a mapping of fields to roles."""
        if not self._group.roles:
            return set()
        start = self.first - self._group.first
        return {at for at in range(len(self.texts)) if start + at in self._group.roles}


class _Group:
    """Columns of up to _GROUP rows, from position `first` on; fields are read where needed."""

    def __init__(self, dataset: Dataset, keys: RowKeys, first: int) -> None:
        self._dataset = dataset
        self._keys = keys[first : first + _GROUP]
        self.first, self.end = first, first + len(self._keys)
        table = dataset.columns(self._keys, ["kind", "source"])
        self.kinds: list[str] = table.column("kind").to_pylist()
        self.roles: Mapping[int, Mapping[str, str]] = roles_at(dataset, self._keys, table)
        self._fields: pa.Array | None = None

    def fields_at(self, position: int) -> bytes | None:
        """Return the JSON text of the other fields of the row at a position."""
        if self._fields is None:
            table = self._dataset.columns(self._keys, ["fields"])
            self._fields = table.column("fields").cast(pa.binary())
        return cast("bytes | None", self._fields[position - self.first].as_py())


def record_rows(dataset: Dataset, keys: RowKeys) -> Iterator[RecordRows]:
    """Yield rows with what rendering them needs, some hundreds at a time. Raises Corrupt."""
    group: _Group | None = None
    done = 0
    for array in record_arrays(dataset, keys):
        if group is None or done + len(array) > group.end:
            group = _Group(dataset, keys, done)
        binary = array.cast(pa.binary())
        for first in range(0, len(array), _AT_ONCE):
            texts = cast(list[bytes], binary[first : first + _AT_ONCE].to_pylist())
            start = done - group.first
            yield RecordRows(done, texts, group.kinds[start : start + len(texts)], group)
            done += len(texts)


def record_parts(dataset: Dataset, keys: RowKeys) -> Iterator[tuple[str, RecordParts]]:
    """Yield the id of each row, as 32 hex digits, and the parts of its record. Raises Corrupt."""
    for rows in record_rows(dataset, keys):
        window = keys[rows.first : rows.first + len(rows.texts)]
        ids = ids_of(dataset.columns(window, ["id"]))
        for at, each in enumerate(ids):
            yield each.tobytes().hex(), rows.parts(at)


def _only(fields: bytes, names: Collection[str]) -> bytes | None:
    kept: dict[str, Any] = {
        name: value for name, value in read_record(fields).items() if name in names
    }
    return compact_bytes(kept) if kept else None
