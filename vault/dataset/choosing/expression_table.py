"""Examples as one Arrow table: columns by name, paths, labels and records as JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from vault.catalogue.expressions.columns import COLUMNS, DATA, LABELS, Reference
from vault.dataset.choosing.expression_columns import ChunkColumns, ExampleColumns
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import labels_of_each
from vault.dataset.reading.records import record_arrays
from vault.objects.json.text import compact_bytes
from vault.objects.runs import RowKeys, inverse_of, key_parts
from vault.processes.threads import in_threads
from vault.session.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class ExampleTable:
    """A table of examples, in dataset order, and the paths that any of them has."""

    table: pa.Table
    seen: set[Reference]


def example_table(
    context: Context,
    dataset: Dataset,
    columns: Collection[str],
    paths: Mapping[str, Reference] | None = None,
    *,
    keys: RowKeys | None = None,
) -> ExampleTable:
    """Return columns of the examples of a dataset, or of some by their row keys, in that order.

    `columns` are names of docs/reference/expressions.md, and `data` (the record) and `labels`, both
    as JSON text; others are left out. `paths` name further columns. Costs reading what they need.
    Raises Corrupt.
    """
    keys = dataset.keys() if keys is None else keys
    references = {
        name: Reference(name, (), column.type)
        for name, column in COLUMNS.items()
        if name in columns
    }
    references.update(paths or {})
    arrays, seen = _read(context, dataset, keys, tuple(references.values()))
    table = dict(zip(references, arrays, strict=True))
    if LABELS in columns:
        said = labels_of_each(dataset, keys) if dataset.manifest.labels else []
        texts = [compact_bytes(each).decode() for each in said] or ["{}"] * len(keys)
        table[LABELS] = pa.array(texts, pa.string())
    if DATA in columns:
        table[DATA] = pa.chunked_array(list(record_arrays(dataset, keys)), pa.string())
    return ExampleTable(pa.table(table), seen)


def _read(
    context: Context, dataset: Dataset, keys: RowKeys, references: tuple[Reference, ...]
) -> tuple[list[pa.ChunkedArray], set[Reference]]:
    order = np.argsort(keys, kind="stable")
    parts = list(_by_chunk(context, dataset, keys[order], references))
    seen: set[Reference] = set().union(*(each.seen for each in parts))
    inverse = inverse_of(order)
    is_ordered = bool((order == np.arange(len(order))).all())
    columns = []
    for number, reference in enumerate(references):
        arrays = [_plain(each.arrays[number]) for each in parts]
        column = pa.chunked_array(arrays, None if arrays else _empty_type(reference))
        columns.append(column if is_ordered else column.take(pa.array(inverse)))
    return columns, seen


def _by_chunk(
    context: Context, dataset: Dataset, ordered: RowKeys, references: tuple[Reference, ...]
) -> Iterator[ChunkColumns]:
    reader = ExampleColumns(context, dataset, references)
    chunk, row = key_parts(ordered)
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()
    return in_threads(
        lambda part: reader.of_chunk(int(chunk[part[0]]), row[part[0] : part[1]]), pairwise(bounds)
    )


def _plain(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _empty_type(reference: Reference) -> pa.DataType:
    from vault.dataset.reading.conversations import ARROW_TYPES as OF_CONVERSATION
    from vault.dataset.reading.json_values import ARROW_TYPES

    return {**ARROW_TYPES, **OF_CONVERSATION}[reference.type]
