"""Examples read one by one or as Arrow columns, in any order, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.labels import row_labels
from vault.dataset.reading.records import record_arrays
from vault.dataset.reading.sources import source_of_each
from vault.objects.chunk import decode_facts, decode_run_columns
from vault.objects.chunk_rows import Made
from vault.objects.conversation import Conversation, Kind
from vault.objects.json.record import read_record
from vault.objects.json.text import compact_bytes
from vault.objects.labels.label_combinations import RowLabels
from vault.objects.labels.label_set import LabelValue
from vault.objects.runs import RowKeys, key_parts
from vault.presentation.report_html import Displayed

COLUMNS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("data", pa.string(), nullable=False),
        pa.field("labels", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("round", pa.string()),
        pa.field("turns", pa.int64(), nullable=False),
        pa.field("chars", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
    ]
)
"""The columns of examples: `id` is 32 hex digits, `data` and `labels` are JSON texts."""

_READ = ["id", "kind", "source", "line", "round", "turns", "chars", "tokens"]
_NUMBERS = ("line", "turns", "chars", "tokens")
_GROUP = 262_144
"""Rows whose columns are read at once (about 20 MB): an order that jumps about reads each chunk's
columns once for every group."""


@dataclass(frozen=True, slots=True)
class Example(Displayed):
    """One training record, and what vault knows of it.

    `id` is 32 hex digits; `data` the record as Python values (numbers beyond the range of a double
    are Decimals); `labels` name to value; `line` counts from 1 in `source`; `turns`, `chars` and
    `tokens` (an estimate) are 0 where there is no conversation.
    """

    id: str
    kind: str
    data: dict[str, Any]
    labels: Mapping[str, LabelValue]
    source: str
    line: int
    round: str | None
    turns: int
    chars: int
    tokens: int
    _roles: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def conversation(self) -> Conversation | None:
        """What a trainer sees of the record; None if it is raw, or broken."""
        return conversation_in(self.data, self.kind, self._roles)

    @property
    def messages(self) -> tuple[Mapping[str, Any], ...]:
        """Prompt and response as canonical messages (`role`, `content` …); () if there are none.

        Of a preference pair these are the prompt and the chosen answer.
        """
        found = self.conversation
        return () if found is None else found.prompt + found.response

    @property
    def text(self) -> str | None:
        """The text of a plain-text record; None of any other."""
        found = self.conversation
        return None if found is None else found.text


@dataclass(frozen=True, slots=True)
class ExampleRows:
    """Some examples as columns: their keys, chunk columns, JSON texts and labels.

    `roles` is the mapping from roles to fields, by position, of those that were read by one.
    """

    keys: RowKeys
    columns: pa.Table
    texts: pa.StringArray
    labels: RowLabels
    roles: Mapping[int, Mapping[str, str]]

    def example_ids(self) -> list[str]:
        """Return the ids as 32 hex digits."""
        return [each.tobytes().hex() for each in ids_of(self.columns)]


def conversation_in(
    data: dict[str, Any], kind: str, roles: Mapping[str, str] | None
) -> Conversation | None:
    """Return the conversation of a record that was imported as this kind; None if there is none."""
    from vault.formats.layouts.registry import conversation_of

    return conversation_of(data, Kind(kind), roles)


def read_examples(dataset: Dataset, keys: RowKeys) -> Iterator[Example]:
    """Yield the examples of rows, in the order of `keys`. Raises Corrupt."""
    for rows in example_rows(dataset, keys):
        columns = [rows.columns.column(name).to_pylist() for name in _READ[1:]]
        texts = rows.texts.cast(pa.binary())
        labels = rows.labels.each()
        for at, (example_id, *values) in enumerate(zip(rows.example_ids(), *columns, strict=True)):
            kind, source, line, round_, turns, chars, tokens = values
            yield Example(
                example_id,
                kind,
                read_record(texts[at].as_py()),
                dict(labels[at]),  # a copy: rows share theirs
                source,
                line,
                round_,
                turns,
                chars,
                tokens,
                rows.roles.get(at),
            )


def arrow_batches(dataset: Dataset, keys: RowKeys) -> Iterator[pa.RecordBatch]:
    """Yield the examples of rows as batches of COLUMNS, in the order of `keys`. Raises Corrupt."""
    for rows in example_rows(dataset, keys):
        table = rows.columns
        texts = [compact_bytes(each).decode() for each in rows.labels.combinations]
        columns = {
            "id": pa.array(rows.example_ids(), pa.string()),
            "data": rows.texts,
            "labels": pa.array(texts, pa.string()).take(pa.array(rows.labels.place)),
            **{name: _whole(table, name) for name in ("kind", "source", "round")},
            **{name: _whole(table, name).cast(pa.int64()) for name in _NUMBERS},
        }
        yield pa.RecordBatch.from_arrays([columns[name] for name in COLUMNS.names], schema=COLUMNS)


def example_rows(
    dataset: Dataset, keys: RowKeys, *, also: Sequence[str] = ()
) -> Iterator[ExampleRows]:
    """Yield rows with all that is known of them, some thousands at a time. Raises Corrupt.

    `also` names further columns of chunks that are wanted.
    """
    group: _Group | None = None
    done = 0
    for texts in record_arrays(dataset, keys):
        if group is None or done + len(texts) > group.end:
            group = _Group(dataset, keys, done, [*_READ, *also])
        yield group.rows(keys, done, texts)
        done += len(texts)


class _Group:
    """Columns, labels and readers of up to _GROUP rows, from position `first` on."""

    def __init__(self, dataset: Dataset, keys: RowKeys, first: int, names: Sequence[str]) -> None:
        own = keys[first : first + _GROUP]
        self.first, self.end = first, first + len(own)
        table = dataset.columns(own, names)
        self._roles = roles_at(dataset, own, table)
        self._labels = row_labels(dataset, own)
        if dataset.manifest.adopted is not None:
            owners = pa.array(source_of_each(dataset, own), pa.string())
            table = table.set_column(_READ.index("source"), "source", owners)
        self._table = table

    def rows(self, keys: RowKeys, start: int, texts: pa.StringArray) -> ExampleRows:
        """Return the rows from position `start` on, whose JSON texts these are."""
        at = start - self.first
        return ExampleRows(
            keys[start : start + len(texts)],
            self._table.slice(at, len(texts)),
            texts,
            self._labels[at : at + len(texts)],
            _shifted(self._roles, at, len(texts)),
        )


def _shifted(values: dict[int, Any], first: int, count: int) -> dict[int, Any]:
    if not values:
        return {}
    return {at: values[first + at] for at in range(count) if first + at in values}


def roles_at(dataset: Dataset, keys: RowKeys, table: pa.Table) -> dict[int, Mapping[str, str]]:
    """Return how roles were mapped to fields, for the rows that were read so: their chunk says."""
    chunk, _ = key_parts(keys)
    found: dict[int, Mapping[str, str]] = {}
    for number in np.unique(chunk).tolist():
        mappings = decode_facts(dataset.store.get(dataset.numbers.digest(number))).mappings
        if not mappings:
            continue
        positions = np.flatnonzero(chunk == number)
        sources = table.column("source").take(pa.array(positions)).to_pylist()
        for position, source in zip(positions.tolist(), sources, strict=True):
            if source in mappings:
                found[position] = mappings[source]
    return found


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name).combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def made_of_each(dataset: Dataset, keys: RowKeys) -> list[Made | None]:
    """Return the origin of each of a few rows; None where no model run made it.

    Costs reading a chunk for each row. Raises Corrupt.
    """
    found = []
    for number, row in zip(*(each.tolist() for each in key_parts(keys)), strict=True):
        data = dataset.store.get(dataset.numbers.digest(number))
        (made,) = decode_run_columns(data, np.array([row])).to_pylist()
        is_made = made["run"] is not None
        found.append(Made(made["run"], made["model"], made["request"]) if is_made else None)
    return found
