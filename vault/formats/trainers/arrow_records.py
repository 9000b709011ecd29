"""Rendered records as an Arrow table, by the columns that their format names.

Messages of role and text alone are structs of those two. Where any message says more, all are JSON:
a struct that fits every message would add members to those that do not have them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from vault.formats.trainers.output import (
    ENABLE_THINKING,
    TEMPLATE_ARGUMENTS,
    Column,
    OutputFormat,
)
from vault.objects.json.text import compact_bytes


def _texts(*names: str) -> pa.DataType:
    return pa.struct([pa.field(each, pa.string()) for each in names])


_PLAIN = pa.list_(_texts("role", "content"))
_TYPES = {Column.TEXT: pa.string(), Column.YES_NO: pa.bool_()}
_PLAIN_MEMBERS = {"role", "content"}


class ArrowRecords:
    """Gathers records batch by batch, as Arrow columns; members beside the format's own are JSON.

    `has_json_type` makes JSON columns of Arrow's `json` type, which readers decode; otherwise they
    are texts.
    """

    def __init__(self, layout: OutputFormat, *, has_json_type: bool) -> None:
        self._layout = layout
        self._json = pa.json_() if has_json_type else pa.string()
        self._batches: list[dict[str, pa.Array]] = []
        self._rows: list[int] = []
        self._columns = dict(layout.columns)

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take in some records."""
        if not records:
            return
        if self._layout.carries.fields:
            for record in records:
                for name in [each for each in record if each not in self._columns]:
                    self._columns[name] = Column.JSON
        self._rows.append(len(records))
        self._batches.append(
            {
                name: self._array(column, [each.get(name) for each in records])
                for name, column in self._columns.items()
            }
        )

    def table(self) -> pa.Table:
        """Return all records; optional columns that no record has are left out."""
        columns: dict[str, pa.ChunkedArray] = {}
        for name, column in self._columns.items():
            arrays = [
                each[name] if name in each else self._array(column, [None] * count)
                for each, count in zip(self._batches, self._rows, strict=True)
            ]
            if name in self._layout.optional and all(a.null_count == len(a) for a in arrays):
                continue
            if name == TEMPLATE_ARGUMENTS:
                arrays = [_filled(each) for each in arrays]
            columns[name] = self._joined(column, arrays)
        return pa.table(columns)

    def _joined(self, column: Column, arrays: list[pa.Array]) -> pa.ChunkedArray:
        if column is Column.MESSAGES:
            if all(each.type == _PLAIN for each in arrays):
                return pa.chunked_array(arrays, _PLAIN)
            as_json = pa.list_(self._json)
            arrays = [
                self._json_lists(each.to_pylist()) if each.type == _PLAIN else each
                for each in arrays
            ]
            return pa.chunked_array(arrays, as_json)
        return pa.chunked_array(arrays, _TYPES.get(column, self._json))

    def _array(self, column: Column, values: list[Any]) -> pa.Array:
        if column is Column.MESSAGES:
            if all(_is_plain(each) for messages in values for each in messages):
                return pa.array(values, _PLAIN)
            return self._json_lists(values)
        if column in (Column.JSON, Column.JSON_LIST):
            return self._json_values(values)
        return pa.array(values, _TYPES[column])

    def _json_lists(self, values: list[list[Any]]) -> pa.Array:
        ends = [0]
        for each in values:
            ends.append(ends[-1] + len(each))
        items = self._json_values([item for each in values for item in each])
        return pa.ListArray.from_arrays(
            pa.array(ends, pa.int32()), items, type=pa.list_(self._json)
        )

    def _json_values(self, values: list[Any]) -> pa.Array:
        texts = [None if each is None else compact_bytes(each).decode() for each in values]
        storage = pa.array(texts, pa.string())
        if self._json == pa.string():
            return storage
        return pa.ExtensionArray.from_storage(self._json, storage)


def parquet_schema(layout: OutputFormat, *, has_thinking: bool) -> pa.Schema:
    """Return the schema of a Parquet file of plain columns, for trainers that read no JSON type.

    `has_thinking` includes the column for that argument of chat templates: a null in it stops verl,
    so either all records have it or none.
    """
    types = {**_TYPES, Column.MESSAGES: _PLAIN}
    return pa.schema(
        [
            pa.field(name, _texts(*layout.texts[name]) if name in layout.texts else types[column])
            for name, column in layout.columns.items()
            if name != ENABLE_THINKING or has_thinking
        ]
    )


def _filled(array: pa.Array) -> pa.Array:
    """Return JSON values with an empty object for those that are missing: TRL stops at a null."""
    if isinstance(array, pa.ExtensionArray):
        return pa.ExtensionArray.from_storage(array.type, array.storage.fill_null("{}"))
    return array.fill_null("{}")


def _is_plain(message: Mapping[str, Any]) -> bool:
    return message.keys() == _PLAIN_MEMBERS and isinstance(message["content"], str)
