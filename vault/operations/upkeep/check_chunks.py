"""Checking chunks: rows counted three ways, ids and derived columns made again from the records.

Chunks are read one at a time, each once. Of each, 16 bytes a row stay in memory: the ids, which the
check of datasets needs again for every dataset that a chunk is in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.reading.dataset import ids_of
from vault.errors import VaultError
from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.plain_chat import Values
from vault.formats.layouts.registry import derive_values
from vault.objects.chunk import (
    ChunkFacts,
    decode_chunk,
    decode_facts,
    decode_records,
    decode_run_columns,
)
from vault.objects.chunk_parts import wrong_part
from vault.objects.conversation import DERIVATION, ConversationKeys, Kind
from vault.objects.digest import ID_BYTES, Digest, example_id
from vault.objects.json.text import UnreadableJson, parse
from vault.operations.upkeep.object_reader import ObjectReader
from vault.operations.upkeep.problems import Problems

_ROWS_AT_ONCE = 1_024

IdHalves = NDArray[np.uint64]
"""Ids as rows of two 64-bit numbers, in the byte order of this machine's view of the bytes."""


class ChunkCheck:
    """Checks chunks as they are asked for, and keeps the ids of their rows in one table."""

    def __init__(self, reader: ObjectReader, problems: Problems) -> None:
        self._reader = reader
        self._problems = problems
        self._table: IdHalves = np.empty((0, 2), np.uint64)
        self._used = 0
        self._places: dict[Digest, tuple[int, int] | None] = {}

    def place(self, chunk: Digest) -> tuple[int, int] | None:
        """Return the first row of a chunk in the table, and its rows; None if it is unreadable."""
        if chunk not in self._places:
            ids = self._check(chunk)
            self._places[chunk] = None if ids is None else (self._keep(ids), len(ids))
        return self._places[chunk]

    def ids_at(self, rows: NDArray[np.int64]) -> NDArray[np.void]:
        """Return the ids at some rows of the table, as 16-byte values."""
        return self._table[rows].view(f"V{ID_BYTES}").reshape(-1)

    def _keep(self, ids: NDArray[np.void]) -> int:
        start, end = self._used, self._used + len(ids)
        if end > len(self._table):
            grown = np.empty((max(end, 2 * len(self._table)), 2), np.uint64)
            grown[:start] = self._table[:start]
            self._table = grown
        self._table[start:end] = np.frombuffer(ids.tobytes(), np.uint64).reshape(-1, 2)
        self._used = end
        return start

    def _check(self, chunk: Digest) -> NDArray[np.void] | None:
        data = self._reader.read(chunk, "a chunk")
        if data is None:
            return None
        with self._problems.caught(chunk):
            facts = decode_facts(data)
            # All columns: one that cannot be decoded would only be missed when it is asked for.
            table = decode_chunk(data)
            ids = ids_of(table)
            decode_run_columns(data)
            if len(ids) != facts.examples:
                message = f"it says that it has {facts.examples} rows, and it has {len(ids)}"
                self._problems.add("chunk-count-wrong", chunk, message)
            self._check_records(chunk, facts, table)
            return ids
        return None

    def _check_records(self, chunk: Digest, facts: ChunkFacts, table: pa.Table) -> None:
        records = facts.records
        data = self._reader.read(records, "the records of a chunk")
        # What stands for erased records has other bytes and other ids, and need not have more.
        if data is None or not self._reader.is_there(records):
            return
        wrong_range = wrong_part(data, facts.parts)
        if wrong_range is not None:
            message = f"its part at byte {wrong_range.offset} is not one of {records}"
            self._problems.add("part-wrong", chunk, message)
        with self._problems.caught(records):
            texts = decode_records(data)
            if len(texts) != table.num_rows:
                message = f"it has {len(texts)} records for the {table.num_rows} rows of {chunk}"
                self._problems.add("records-count-wrong", records, message)
            ids, derived = self._rows_that_differ(facts, texts, table)
            if ids:
                message = f"the ids of {_shown(ids)} are not those of their records"
                self._problems.add("id-wrong", chunk, message)
            if derived:
                message = (
                    f"the derived columns of {_shown(derived)} do not follow from their records"
                )
                self._problems.add("derived-wrong", chunk, message)

    def _rows_that_differ(
        self, facts: ChunkFacts, texts: pa.Array, table: pa.Table
    ) -> tuple[list[int], list[int]]:
        """Return the rows that have not the id of their record, and those derived from another."""
        other_id, other_values = [], []
        ids = ids_of(table).tobytes()
        for start in range(0, len(texts), _ROWS_AT_ONCE):
            some = texts.slice(start, _ROWS_AT_ONCE).cast(pa.binary()).to_pylist()
            rows = table.slice(start, _ROWS_AT_ONCE)
            stored = _derived_values(rows) if facts.derivation == DERIVATION else []
            mappings = _mappings(facts, rows)
            for row, text in enumerate(some, start):
                try:
                    record, canonical = parse(text)
                except UnreadableJson as error:
                    message = f"the record of row {row} cannot be read: {error.reason}"
                    self._problems.add("record-unreadable", facts.records, message)
                    continue
                if example_id(canonical) != ids[row * ID_BYTES : (row + 1) * ID_BYTES]:
                    other_id.append(row)
                at = row - start
                if at < len(stored) and not _follows(record, stored[at], mappings[at]):
                    other_values.append(row)
        return other_id, other_values


def _derived_values(rows: pa.Table) -> list[Values]:
    """Return what a chunk says of some rows, as `derive_values` would."""
    fields = rows.column("fields").cast(pa.binary())
    columns = [rows.column(name) for name in ("kind", *ConversationKeys._fields)]
    return list(zip(*(each.to_pylist() for each in (*columns, fields)), strict=True))


def _mappings(facts: ChunkFacts, rows: pa.Table) -> list[Mapping[str, str] | None]:
    if not facts.mappings:
        return [None] * rows.num_rows
    return [facts.mappings.get(source) for source in rows.column("source").to_pylist()]


def _follows(record: Any, stored: Values, mapping: Mapping[str, str] | None) -> bool:
    # The user may have named any format that the record has the fields of, so the kind stands.
    try:
        return type(record) is dict and derive_values(record, Kind(stored[0]), mapping) == stored
    except (FormatMismatch, VaultError, ValueError):
        return False


def _shown(rows: list[int]) -> str:
    return f"{len(rows)} rows (the first is row {rows[0]})"
