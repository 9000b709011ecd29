"""The object of a model run: a Parquet table with a row for each request. Pure.

Rows are written and read a row group at a time, so that the texts of a run are never in memory
at once. Normative: docs/format/runs.md, sections 3 and 4.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vault.errors import Corrupt, InvalidInput
from vault.objects.digest import ID_BYTES
from vault.objects.json.stored import stored_json
from vault.objects.model_run.about import RunAbout, about_from_json, about_to_json
from vault.objects.model_run.request import (
    RequestState,
    RequestStatus,
    RunRow,
    check_body,
    check_status,
    is_known_state,
)
from vault.objects.parquet_bytes import UNREADABLE, from_parquet, groups_to_parquet

ROWS_PER_GROUP = 1_024
"""Rows of a row group, at most: what is decoded for the sake of one request."""

GROUP_BYTES = 8 << 20
"""Bytes of texts after which a row group ends; a longer row is a group of its own."""

RUN_SCHEMA = pa.schema(
    [
        pa.field("request", pa.uint32(), nullable=False),
        pa.field("sample", pa.uint32(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("body", pa.string(), nullable=False),
        pa.field("answer", pa.binary()),
        pa.field("usage", pa.string()),
        pa.field("cost", pa.string()),
        pa.field("origin_id", pa.binary(ID_BYTES)),
    ]
)
"""Columns of every run object."""

MADE_SCHEMA = pa.schema([pa.field("drawn", pa.string()), pa.field("examples", pa.string())])
"""Columns that a run object may lack: what requests were made with, and what was made of them."""

_WHOLE_SCHEMA = pa.unify_schemas([RUN_SCHEMA, MADE_SCHEMA])

_METADATA_KEY = b"vault.run"
_REQUIRED = tuple(each.name for each in RUN_SCHEMA if not each.nullable)
_TEXTS = ("body", "answer")
_LISTED = [name for name in _WHOLE_SCHEMA.names if name not in _TEXTS]
_DICTIONARIES = ["state", "reason", "cost"]


def encode_run(about: RunAbout, rows: Iterable[RunRow], *, is_submitted: bool = False) -> bytes:
    """Return the bytes of a run's object; `rows` are sorted by request, and taken one by one.

    Requests may be `sent` only where the run `is_submitted`. Raises InvalidInput
    (`run-unwritable`) where anything is not as the format demands.
    """
    try:
        metadata = {_METADATA_KEY: stored_json(about_to_json(about))}
        return groups_to_parquet(
            _groups(rows, is_submitted),
            _WHOLE_SCHEMA,
            metadata=metadata,
            compression="zstd",
            compression_level=3,
            use_dictionary=_DICTIONARIES,
        )
    except UNREADABLE as error:
        raise InvalidInput(
            f"a model run cannot be stored: {error}",
            code="run-unwritable",
            hint="report it: `vault --version` says with what",
        ) from None


def decode_about(data: bytes) -> RunAbout:
    """Return the description in a run object. Raises Corrupt (`run-unreadable`)."""
    try:
        metadata = pq.read_metadata(pa.BufferReader(data)).metadata or {}
        return about_from_json(json.loads(metadata[_METADATA_KEY]))
    except UNREADABLE as error:
        _refuse(error)


def decode_run(data: bytes) -> tuple[RunAbout, list[RunRow]]:
    """Return the description and all rows of a run object. Raises Corrupt (`run-unreadable`)."""
    return decode_about(data), list(decode_rows(data))


def decode_rows(data: bytes) -> Iterator[RunRow]:
    """Yield the rows of a run object, each checked; decodes a row group at a time.

    Raises Corrupt (`run-unreadable`) also where requests are not in ascending order.
    """
    last = 0
    try:
        for first, end in _group_ends(data):
            for value in _values(data, _WHOLE_SCHEMA.names, first, end):
                row = RunRow(**value)
                check_status(row, has_answer=row.answer is not None)
                check_body(row.body)
                if row.request <= last:
                    raise ValueError(f"request {row.request} follows request {last}")
                last = row.request
                yield row
    except UNREADABLE as error:
        _refuse(error)


def decode_statuses(data: bytes) -> list[RequestStatus]:
    """Return the requests of a run object without bodies and answers, which are not decoded.

    Raises Corrupt (`run-unreadable`).
    """
    try:
        found = [
            RequestStatus(**value)
            for first, end in _group_ends(data)
            for value in _values(data, _LISTED, first, end)
        ]
    except UNREADABLE as error:
        _refuse(error)
    return found


def decode_request(data: bytes, request: int) -> RunRow | None:
    """Return one request of a run object, None if there is none; decodes its row group alone.

    Raises Corrupt (`run-unreadable`).
    """
    try:
        numbers = from_parquet(data, RUN_SCHEMA, ["request"]).column("request").to_numpy()
        at = int(np.searchsorted(numbers, request))
        if at == len(numbers) or int(numbers[at]) != request:
            return None
        (value,) = _values(data, _WHOLE_SCHEMA.names, at, at + 1)
        row = RunRow(**value)
        check_status(row, has_answer=row.answer is not None)
    except UNREADABLE as error:
        _refuse(error)
    return row


def _groups(rows: Iterable[RunRow], is_submitted: bool) -> Iterator[pa.Table]:
    """Yield tables of rows that become one row group each."""
    group: list[RunRow] = []
    size_bytes = last = 0
    for row in rows:
        _check_written(row, last, is_submitted)
        last = row.request
        more_bytes = _text_bytes(row)
        if group and (len(group) == ROWS_PER_GROUP or size_bytes + more_bytes > GROUP_BYTES):
            yield _table(group)
            group, size_bytes = [], 0
        group.append(row)
        size_bytes += more_bytes
    if group:
        yield _table(group)


def _check_written(row: RunRow, last: int, is_submitted: bool) -> None:
    if not is_known_state(row.state):
        raise ValueError(f"request {row.request} has the state {row.state!r}, which is not known")
    check_status(row, has_answer=row.answer is not None)
    check_body(row.body)
    if row.request <= last:
        raise ValueError(f"request {row.request} follows request {last}")
    if row.state == RequestState.SENT and not is_submitted:
        raise ValueError(f"request {row.request} is sent, and no batch is submitted")


def _text_bytes(row: RunRow) -> int:
    reason_bytes = len((row.reason or "").encode())
    made_bytes = len((row.drawn or "").encode()) + 34 * len(row.examples or ())
    return len(row.body.encode()) + len(row.answer or b"") + reason_bytes + made_bytes


def _table(rows: Sequence[RunRow]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in rows] for name in _WHOLE_SCHEMA.names
    }
    columns["examples"] = [
        None if each is None else stored_json(list(each)).decode() for each in columns["examples"]
    ]
    columns["usage"] = [
        None if each is None else stored_json(dict(each)).decode() for each in columns["usage"]
    ]
    return pa.Table.from_pydict(columns, schema=_WHOLE_SCHEMA)


def _group_ends(data: bytes) -> list[tuple[int, int]]:
    """Return (first row, row behind the last) of each row group; checks that columns are there."""
    from_parquet(data, RUN_SCHEMA, rows=np.empty(0, np.int64))
    metadata = pq.read_metadata(pa.BufferReader(data))
    counts = [metadata.row_group(each).num_rows for each in range(metadata.num_row_groups)]
    ends = np.cumsum(counts, dtype=np.int64).tolist()
    return list(zip([0, *ends][:-1], ends, strict=True))


def _values(data: bytes, columns: Sequence[str], first: int, end: int) -> list[dict[str, Any]]:
    """Return rows as the members of `RunRow`; those of one row group."""
    rows = np.arange(first, end, dtype=np.int64)
    there = set(pq.read_schema(pa.BufferReader(data)).names)
    lacks = [name for name in MADE_SCHEMA.names if name not in there]
    stored = [name for name in columns if name not in lacks]
    schema = pa.schema([each for each in _WHOLE_SCHEMA if each.name not in lacks])
    table = from_parquet(data, schema, stored, rows=rows)
    for name in _REQUIRED:
        if name in columns and table.column(name).null_count:
            raise ValueError(f"its column {name} has nulls")
    values: list[dict[str, Any]] = table.to_pylist()
    for value in values:
        value["usage"] = _usage(value["usage"])
        value["examples"] = _examples(value.get("examples"))
    return values


def _examples(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    value = json.loads(text)
    if not isinstance(value, list):
        raise ValueError(f"the examples {text!r} are no JSON list")
    return tuple(value)


def _usage(text: str | None) -> Mapping[str, Any] | None:
    if text is None:
        return None
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"the usage {text!r} is no JSON object")
    return value


def _refuse(error: BaseException) -> NoReturn:
    raise Corrupt(
        f"a model run cannot be read: {error}",
        code="run-unreadable",
        hint="`vault fsck` tells which objects are damaged",
    ) from None
