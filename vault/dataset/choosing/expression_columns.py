"""The columns of examples that an expression reads, made chunk by chunk.

Only what is asked for is read: columns of the chunk object, the small `fields` column for paths
into the record, and the records themselves only where a path may lie in the conversation or a
column follows from it. What follows from the chunk object alone is kept in the context's cache.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.catalogue.expressions.columns import (
    CONVERSATION_COLUMNS,
    DATA,
    LABELS,
    ORIGIN,
    SPLIT,
    Reference,
    Type,
)
from vault.dataset.reading.conversations import conversation_array, read_conversation
from vault.dataset.reading.dataset import Dataset, chunk_table, ids_of
from vault.dataset.reading.json_values import ABSENT, ARROW_TYPES, CONVERSIONS, value_at, values_at
from vault.dataset.reading.labels import LabelColumn, LabelSets, label_columns
from vault.formats.layouts.registry import conversation_fields
from vault.objects.chunk import (
    ChunkFacts,
    decode_chunk,
    decode_facts,
    decode_records,
    decode_run_columns,
)
from vault.objects.conversation import Conversation, Kind
from vault.objects.digest import ID_BYTES
from vault.objects.json.record import read_record, read_record_quickly
from vault.objects.json.text import parse, parse_compact
from vault.objects.parquet_bytes import whole_column
from vault.session.context import Context

Rows = NDArray[np.int64]
"""Rows of a chunk, ascending."""

_HEX = np.frombuffer(b"".join(b"%02x" % each for each in range(256)), "V2")
_PARSED_AT_ONCE = 256
_PLAIN = {Type.TEXT: str, Type.NUMBER: float, Type.BOOLEAN: bool, Type.TEXTS: None}
"""Values that are of a type already."""

_TEXT_COLUMNS = ("kind", "source", "round", "fields")


@dataclass(slots=True)
class ChunkColumns:
    """Columns of some rows of a chunk, one for each reference; `seen` were met in some row."""

    arrays: list[pa.Array]
    seen: set[Reference] = field(default_factory=set)


class ExampleColumns:
    """Reads the columns that references name from chunks of a dataset. Several threads may."""

    def __init__(self, context: Context, dataset: Dataset, references: Sequence[Reference]) -> None:
        self._cache = context.columns
        self._dataset = dataset
        self._references = tuple(references)

    def of_chunk(self, number: int, rows: Rows) -> ChunkColumns:
        """Return the columns of some rows of a chunk. Raises Corrupt."""
        chunk = _OpenChunk(self._dataset, number, rows, self._cache)
        chunk.prepare(self._references)
        result = ChunkColumns([])
        for reference in self._references:
            array, is_seen = chunk.column(reference)
            result.arrays.append(array)
            if is_seen:
                result.seen.add(reference)
        return result


class _OpenChunk:
    """One chunk while columns of some of its rows are made."""

    def __init__(self, dataset: Dataset, number: int, rows: Rows, cache: Any) -> None:
        self._dataset = dataset
        self._digest = dataset.numbers.digest(number)
        self._rows = rows
        self._cache = cache
        self._data: bytes | None = None
        self._table: dict[str, pa.Array] = {}
        self._texts: pa.Array | None = None
        self._conversations: list[Conversation | None] | None = None

    def prepare(self, references: Iterable[Reference]) -> None:
        """Decode the columns of the chunk object that are wanted and not kept, all at once."""
        names: set[str] = set()
        for each in references:
            if (
                each.root in (LABELS, SPLIT, ORIGIN)
                or self._cache.get((self._digest, each)) is not None
            ):
                continue
            if each.root == DATA:
                names.update(("fields", "kind"))
            else:
                names.add("kind" if each.root in CONVERSATION_COLUMNS else each.root)
        self._decode(names)

    def column(self, reference: Reference) -> tuple[pa.Array, bool]:
        """Return a column of the rows, and whether any row has what it names."""
        if reference.root in (LABELS, SPLIT):
            return self._label(reference)
        if reference.root in CONVERSATION_COLUMNS:
            return conversation_array(reference, self._read_conversations()), True
        key = (self._digest, reference)
        kept: _Kept | None = self._cache.get(key)
        if kept is None:
            kept = self._made(reference)
            self._cache.keep(key, kept, kept.size_bytes)
        array = kept.array
        if len(self._rows) != len(array):
            array = array.take(pa.array(self._rows))
        is_seen = kept.present is None or bool(kept.present[self._rows].any())
        if kept.elsewhere is None:
            return array, is_seen
        found, is_there = self._from_records(reference, array, kept.elsewhere[self._rows])
        return found, is_seen or is_there

    def _made(self, reference: Reference) -> _Kept:
        if reference.root == ORIGIN:
            return self._origin(reference)
        return self._field(reference) if reference.root == DATA else self._own(reference)

    def _origin(self, reference: Reference) -> _Kept:
        """Return the run that made each record, its model, or the ids of its seeds."""
        part = reference.path[0] if reference.path else "run"
        if part != "seeds":
            column = whole_column(decode_run_columns(self._bytes()), str(part))
            return _Kept(column.dictionary_encode())
        texts = whole_column(decode_chunk(self._bytes(), [ORIGIN]), ORIGIN).to_pylist()
        seeds = [None if each is None else json.loads(each).get("seeds") for each in texts]
        return _Kept(pa.array(seeds, pa.list_(pa.string())))

    def _own(self, reference: Reference) -> _Kept:
        array = self._decoded(reference.root)
        if reference.root == "id":
            array = _hexadecimal(ids_of(pa.table({"id": array})))
        elif not pa.types.is_dictionary(array.type):
            array = array.cast(pa.int64())
        return _Kept(array)

    def _field(self, reference: Reference) -> _Kept:
        """Return what the `fields` column says at a path, and which records must be asked."""
        fields, kinds = self._decoded("fields"), self._decoded("kind")
        name, convert = reference.path[0], CONVERSIONS[reference.type]
        plain = _PLAIN[reference.type]
        values: list[Any] = []
        is_present: list[bool] = []
        is_told: list[bool] = []
        # Many in one step: where every example has metadata of its own, a call for each of a
        # million takes longer than all the rest.
        for records in _parsed(fields.dictionary.cast(pa.binary()).to_pylist()):
            is_told += [name in each for each in records]
            found = values_at(records, reference.path)
            is_present += [each is not ABSENT for each in found]
            values += [each if type(each) is plain else convert(each) for each in found]
        place = fields.indices.fill_null(len(values)).to_numpy()
        told = np.array([*is_told, False])[place]
        elsewhere = None
        if not told.all():
            lacking = ~told & self._may_hold(str(name), kinds)
            elsewhere = lacking if lacking.any() else None
        column = _numbered([*values, None], place, reference)
        return _Kept(column, np.array([*is_present, False])[place], elsewhere)

    def _may_hold(self, name: str, kinds: pa.DictionaryArray) -> NDArray[np.bool_]:
        """Tell for which rows a field may be part of the conversation, and so not in `fields`."""
        if any(name in each.values() for each in self._facts().mappings.values()):
            return np.ones(len(kinds), np.bool_)
        by_kind = []
        for kind in kinds.dictionary.to_pylist():
            known = conversation_fields(Kind(kind)) if kind in set(Kind) else None
            by_kind.append(known is None or name in known)
        place: Rows = kinds.indices.to_numpy()
        return np.array(by_kind, np.bool_)[place]

    def _from_records(
        self, reference: Reference, array: pa.Array, asked: NDArray[np.bool_]
    ) -> tuple[pa.Array, bool]:
        """Return the column with the asked rows filled in from the records."""
        places = np.flatnonzero(asked)
        if not len(places):
            return array, False
        records = self._read_records(self._rows[places])
        found = [value_at(each, reference.path) for each in records]
        convert = CONVERSIONS[reference.type]
        values = [None if each is ABSENT else convert(each) for each in found]
        index = np.arange(len(array))
        index[places] = len(array) + np.arange(len(places))
        plain = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
        both = pa.concat_arrays([plain, pa.array(values, ARROW_TYPES[reference.type])])
        return both.take(pa.array(index)), any(each is not ABSENT for each in found)

    def _label(self, reference: Reference) -> tuple[pa.Array, bool]:
        name = SPLIT if reference.root == SPLIT else str(reference.path[0])
        labels = self._dataset.manifest.labels.get(self._digest)
        column = None if labels is None else self._labels(labels).get(name)
        if column is None:
            return _numbered([None], np.zeros(len(self._rows), np.int64), reference), False
        values = [CONVERSIONS[reference.type](each) for each in column.values]
        place = column.places_of(self._rows)
        return _numbered([*values, None], place, reference), bool((place < len(values)).any())

    def _labels(self, sets: LabelSets) -> Mapping[str, LabelColumn]:
        kept: Mapping[str, LabelColumn] | None = self._cache.get(sets)
        if kept is None:
            kept = label_columns(self._dataset.store, sets)
            self._cache.keep(sets, kept, sum(each.size_bytes for each in kept.values()))
        return kept

    def _read_conversations(self) -> list[Conversation | None]:
        if self._conversations is None:
            # Texts of messages hold no numbers.
            records = map(read_record_quickly, self._read_texts(self._rows))
            kinds = self._decoded("kind").take(pa.array(self._rows)).to_pylist()
            by_source = self._facts().mappings
            mappings: Iterable[Any] = (None for _ in kinds)
            if by_source:
                sources = self._decoded("source").take(pa.array(self._rows)).to_pylist()
                mappings = map(by_source.get, sources)
            self._conversations = [
                read_conversation(record, kind, mapping)
                for record, kind, mapping in zip(records, kinds, mappings, strict=False)
            ]
        return self._conversations

    def _read_records(self, rows: Rows) -> list[dict[str, Any]]:
        return [read_record(text) for text in self._read_texts(rows)]

    def _read_texts(self, rows: Rows) -> Sequence[bytes]:
        if self._texts is None:
            self._texts = decode_records(self._dataset.store.get(self._facts().records))
        texts = self._texts if len(rows) == len(self._texts) else self._texts.take(pa.array(rows))
        read: list[bytes] = texts.cast(pa.binary()).to_pylist()
        return read

    def _decoded(self, name: str) -> pa.Array:
        self._decode({name})
        return self._table[name]

    def _decode(self, names: set[str]) -> None:
        lacking = sorted(names - set(self._table))
        if lacking:
            store = self._dataset.store
            table = chunk_table(
                store, self._digest, lacking, data=self._bytes(), as_dictionaries=True
            )
            for name in lacking:
                column = whole_column(table, name)
                is_text = name in _TEXT_COLUMNS and not pa.types.is_dictionary(column.type)
                self._table[name] = column.dictionary_encode() if is_text else column

    def _facts(self) -> ChunkFacts:
        return decode_facts(self._bytes())

    def _bytes(self) -> bytes:
        if self._data is None:
            self._data = self._dataset.store.get(self._digest)
        return self._data


@dataclass(frozen=True, slots=True)
class _Kept:
    """A column of all rows of a chunk; `present` where its path leads to something.

    `elsewhere` are the rows of which only the record can tell. Both None stands for all, and none.
    """

    array: pa.Array
    present: NDArray[np.bool_] | None = None
    elsewhere: NDArray[np.bool_] | None = None

    @property
    def size_bytes(self) -> int:
        return int(self.array.nbytes) + 2 * len(self.array)


def _parsed(texts: list[bytes]) -> Iterator[list[Any]]:
    """Yield the values of compact texts, some at a time: more would busy the garbage collector."""
    for start in range(0, len(texts), _PARSED_AT_ONCE):
        some = texts[start : start + _PARSED_AT_ONCE]
        values = parse_compact(some)
        yield [parse(text)[0] for text in some] if values is None else values


def _numbered(values: Sequence[Any], place: NDArray[Any], reference: Reference) -> pa.Array:
    """Return a column that has `values[place]` in each row, every distinct value stored once."""
    type_ = ARROW_TYPES[reference.type]
    if pa.types.is_nested(type_) or pa.types.is_boolean(type_):
        return pa.array(values, type_).take(pa.array(place))
    encoded = pa.array(values, type_).dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(pa.array(place)), encoded.dictionary)


def _hexadecimal(ids: NDArray[np.void]) -> pa.Array:
    count = len(ids)
    text = _HEX[np.frombuffer(ids.tobytes(), np.uint8)].tobytes()
    ends = np.arange(count + 1, dtype=np.int32) * (2 * ID_BYTES)
    return pa.Array.from_buffers(
        pa.string(), count, [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(text)]
    )
