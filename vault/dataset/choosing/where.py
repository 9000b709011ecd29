"""`--where`: which examples of a dataset satisfy an expression.

The expression is checked by the guard (vault/catalogue), its columns are read chunk by chunk, and
DuckDB evaluates it over batches of them. What people may write: docs/reference/expressions.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.choosing.expression_columns import ChunkColumns, ExampleColumns
from vault.dataset.choosing.held_text import rows_that_may_hold, text_held
from vault.dataset.reading.dataset import Dataset
from vault.errors import InvalidExpression
from vault.objects.conversation import Kind
from vault.objects.runs import RowKeys, key_parts
from vault.processes.threads import in_threads
from vault.session.context import Context

if TYPE_CHECKING:
    from vault.catalogue.expressions.columns import Reference
    from vault.catalogue.expressions.guard import Filter
    from vault.catalogue.expressions.syntax import Node, Source

Mask = NDArray[np.bool_]
"""For each row key, in order, whether its example satisfies an expression."""

_BATCH_ROWS = 1 << 18


def check_expression(expression: str) -> Filter:
    """Return an expression that was checked. Reads nothing.

    Raises InvalidExpression (`expression-invalid`, `expression-refused`, `column-unknown`,
    `function-unknown`).
    """
    from vault.catalogue.expressions.guard import check_filter

    return check_filter(expression, is_dear=_is_dear)


def check_setting(place: str, expression: str) -> None:
    """Check an expression that `vault.toml` holds in a place, which errors name.

    Raises InvalidExpression (`expression-invalid`).
    """
    try:
        check_expression(expression)
    except InvalidExpression as error:
        raise InvalidExpression(
            f"{place}: {error.message}",
            excerpt=error.excerpt,
            code="expression-invalid",
            hint=error.hint,
        ) from None


def _is_dear(reference: Reference) -> bool:
    from vault.catalogue.expressions.columns import DATA, reads_conversation
    from vault.formats.layouts.registry import conversation_fields

    if reference.root != DATA:
        return reads_conversation(reference)
    return any(reference.path[0] in (conversation_fields(kind) or ()) for kind in Kind)


def matching_keys(context: Context, dataset: Dataset, expression: str) -> RowKeys:
    """Return the row keys of the examples that satisfy an expression, in dataset order.

    Keys are those of `Dataset.keys()`. Reads only what the expression names: at a million examples
    0.3 s for a field of metadata that repeat themselves, 1.3 s where they differ in every example,
    and 0.05 s once it was read through the same context; columns of the conversation cost parsing
    every record. Raises InvalidExpression as `check_expression` does
    and `name-unknown` for a field or label that occurs nowhere in the dataset, `expression-failed`,
    `expression-too-large`; InvalidInput (`expression-too-slow`); Corrupt.
    """
    keys = dataset.keys()
    return keys[matching_mask(context, dataset, keys, expression)]


def matching_mask(context: Context, dataset: Dataset, keys: RowKeys, expression: str) -> Mask:
    """Tell for each of some examples of a dataset whether it satisfies an expression.

    `keys` are row keys of the dataset in any order, each once. Costs and errors as `matching_keys`.
    """
    checked = check_expression(expression)
    found = find_matches(context, dataset, keys, checked)
    require_names(context, [dataset], checked, found.seen)
    return found.mask


@dataclass(slots=True)
class Matches:
    """Which of some examples satisfy an expression, and the references that any of them has."""

    mask: Mask
    seen: set[Reference] = field(default_factory=set)


def find_matches(context: Context, dataset: Dataset, keys: RowKeys, checked: Filter) -> Matches:
    """Return which of some examples satisfy a checked expression; names may occur nowhere."""
    first, *others = checked.parts or (checked,)
    result = _matches(context, dataset, keys, first)
    for part in others:
        # What is dear to read is read only of examples that what is cheap has left.
        left = np.flatnonzero(result.mask)
        found = _matches(context, dataset, keys[left], part)
        result.mask[left] = found.mask
        result.seen |= found.seen
    return result


def _matches(context: Context, dataset: Dataset, keys: RowKeys, checked: Filter) -> Matches:
    from vault.catalogue.expressions.evaluate import evaluate

    result = Matches(np.zeros(len(keys), np.bool_))
    if not len(keys):
        return result
    if not checked.references:
        result.mask[:] = evaluate(checked, pa.table({"row": [0]}))[0]
        return result
    text = text_held(checked)
    if text is not None:
        kept = rows_that_may_hold(dataset, keys, text)
        found = _read_matches(context, dataset, keys[kept], checked)
        result.mask[kept] = found.mask
        return Matches(result.mask, found.seen)
    return _read_matches(context, dataset, keys, checked)


def _read_matches(context: Context, dataset: Dataset, keys: RowKeys, checked: Filter) -> Matches:
    from vault.catalogue.expressions.evaluate import evaluate

    result = Matches(np.zeros(len(keys), np.bool_))
    is_ordered = bool((keys[1:] > keys[:-1]).all())
    order = slice(None) if is_ordered else np.argsort(keys, kind="stable")
    ordered = np.zeros(len(keys), np.bool_)
    done = 0
    for batch in _batches(_read(context, dataset, keys[order], tuple(checked.references)), checked):
        result.seen.update(*(each.seen for each in batch))
        table = _table(batch)
        ordered[done : done + len(table)] = evaluate(checked, table)
        done += len(table)
    result.mask[order] = ordered
    return result


def require_names(
    context: Context, datasets: Sequence[Dataset], checked: Filter, seen: set[Reference]
) -> None:
    """Raise InvalidExpression (`name-unknown`) for a field or label that no dataset has.

    `seen` are references met already; others are looked for in every example of the datasets.
    """
    require_seen(context, datasets, checked.source, checked.references, seen)


def require_seen(
    context: Context,
    datasets: Sequence[Dataset],
    source: Source,
    references: Mapping[Reference, Node],
    seen: set[Reference],
) -> None:
    """Do what `require_names` does for references of any text that was typed."""
    from vault.catalogue.expressions.columns import DATA, LABELS

    lacking = [each for each in references if each.root in (DATA, LABELS)]
    lacking = [each for each in lacking if each not in seen]
    for dataset in datasets if lacking else ():
        for chunk in _read(context, dataset, np.sort(dataset.keys()), tuple(lacking)):
            lacking = [each for each in lacking if each not in chunk.seen]
            if not lacking:
                return
    if lacking and any(each.manifest.examples for each in datasets):
        from vault.dataset.choosing.suggest_names import name_unknown

        raise name_unknown(datasets, source, lacking[0], references[lacking[0]])


def _read(
    context: Context, dataset: Dataset, ordered: RowKeys, references: tuple[Reference, ...]
) -> Iterator[ChunkColumns]:
    """Yield the columns of ordered row keys, chunk by chunk, a few ahead by threads."""
    reader = ExampleColumns(context, dataset, references)
    chunk, row = key_parts(ordered)
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()

    def read(part: tuple[int, int]) -> ChunkColumns:
        start, end = part
        return reader.of_chunk(int(chunk[start]), row[start:end])

    return in_threads(read, pairwise(bounds))


def _batches(chunks: Iterator[ChunkColumns], checked: Filter) -> Iterator[list[ChunkColumns]]:
    """Gather chunks into batches: many small columns at once, long texts few at a time."""
    from vault.catalogue.expressions.evaluate import batch_bytes

    most = batch_bytes(checked)
    batch: list[ChunkColumns] = []
    rows = size = 0
    for each in chunks:
        batch.append(each)
        rows += len(each.arrays[0])
        size += sum(array.nbytes for array in each.arrays)
        if rows >= _BATCH_ROWS or size >= most:
            yield batch
            batch, rows, size = [], 0, 0
    if batch:
        yield batch


def _table(batch: Sequence[ChunkColumns]) -> pa.Table:
    columns = {}
    for number in range(len(batch[0].arrays)):
        arrays = [each.arrays[number] for each in batch]
        if len({each.type for each in arrays}) > 1:
            arrays = [_plain(each) for each in arrays]
        columns[f"c{number}"] = pa.chunked_array(arrays)
    return pa.table(columns)


def _plain(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
