"""Arrow batches to blocks of record texts, in groups of rows that fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from vault.errors import InvalidInput
from vault.formats.files.arrow.arrow_values import RowPlan, add_rows, measure, shown
from vault.formats.files.inputs import Binary
from vault.formats.files.records import BlockBuilder, RecordTexts, too_long
from vault.formats.files.table_cells import CONVERSATION_COLUMNS
from vault.formats.layouts.chat import TOOL_FIELDS

JSON_COLUMNS = b"vault.json_columns"
"""Schema metadata: a JSON list of the columns whose strings are JSON texts."""

ABSENT_COLUMNS = b"vault.absent_columns"
"""Schema metadata: a JSON list of the columns in which null means that the key is absent."""


def batch_blocks(
    batches: Iterable[Any], plan: RowPlan, *, block_bytes: int, max_record_bytes: int
) -> Iterator[RecordTexts]:
    """Yield the rows of batches as records, numbered from 0; `parquet_blocks` says what is refused.

    Raises what reading the batches raises.
    """
    builder = BlockBuilder(block_bytes)
    line = 0
    for batch in batches:
        for first, some_rows in _parts(batch, line, builder, block_bytes, max_record_bytes):
            add_rows(builder, some_rows, first, plan, max_record_bytes)
            if builder.is_full:
                yield builder.take(first + some_rows.num_rows)
        line += batch.num_rows
    if not builder.is_empty:
        yield builder.take(line)


def plan_of(schema: Any, path: str, binary: Binary) -> RowPlan:
    """Return how rows of a schema become records. Raises InvalidInput (`parquet-columns`)."""
    if len(set(schema.names)) != len(schema.names):
        raise InvalidInput(f"{path} has two columns of the same name", code="parquet-columns")
    metadata = schema.metadata or {}
    texts = _text_columns(schema)
    # A text of tools is how trainers want it in Parquet, and is understood as it is.
    lists = frozenset() if JSON_COLUMNS in metadata else CONVERSATION_COLUMNS & texts - TOOL_FIELDS
    return RowPlan(
        _names(metadata.get(JSON_COLUMNS), path) & texts,
        _names(metadata.get(ABSENT_COLUMNS), path),
        lists,
        binary,
    )


def _names(text: bytes | None, path: str) -> frozenset[str]:
    if text is None:
        return frozenset()
    try:
        return frozenset(map(str, orjson.loads(text)))
    except (orjson.JSONDecodeError, TypeError):
        raise InvalidInput(
            f"the vault metadata of {path} is not a list of columns", code="parquet-damaged"
        ) from None


def _text_columns(schema: Any) -> frozenset[str]:
    names = set()
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            names.add(field.name)
    return frozenset(names)


def _parts(
    batch: Any, line: int, builder: BlockBuilder, block_bytes: int, limit: int
) -> Iterator[tuple[int, Any]]:
    # Refuses the rows that cannot be records, and yields the others in groups whose Python
    # objects fit into memory, each with its first line.
    sizes = np.full(batch.num_rows, 2)
    refused = np.zeros(batch.num_rows, np.bool_)
    for column in batch.columns:
        column_sizes, flags = measure(column)
        sizes += column_sizes + 8
        if flags is not None:
            refused |= flags
    too_large = sizes > limit
    refused |= too_large
    start = 0
    while start < batch.num_rows:
        if refused[start]:
            if too_large[start]:
                builder.refuse(line + start, "too-long", too_long(limit), b"")
            else:
                reason = "a number is NaN or infinite, which JSON cannot hold"
                builder.refuse(line + start, "not-finite", reason, shown(batch.slice(start, 1)))
            start += 1
            continue
        end = _part_end(sizes, refused, start, block_bytes)
        yield line + start, batch.slice(start, end - start)
        start = end


def _part_end(sizes: Any, refused: Any, start: int, block_bytes: int) -> int:
    running = np.cumsum(sizes[start:])
    fitting = int(np.searchsorted(running, block_bytes, side="right"))
    stop = start + max(fitting, 1)
    hindrances = np.flatnonzero(refused[start:stop])
    return start + int(hindrances[0]) if hindrances.size else stop
