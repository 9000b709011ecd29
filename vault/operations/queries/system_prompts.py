"""Equal system prompts of a version, counted: which one an example has, and how many have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from vault.catalogue.expressions.columns import Reference, Type
from vault.dataset.choosing.expression_columns import ExampleColumns, Rows
from vault.dataset.reading.dataset import Dataset
from vault.objects.runs import RowKeys, key_parts
from vault.session.context import Context

MOST_ASKED_CHARS = 1_000
"""Characters of a system prompt that an expression is made of; a longer one is not asked for."""

_SYSTEM = Reference("system", (), Type.TEXT)
_NAME = "system prompts"
_ENTRY_BYTES = 120
"""What an entry of a mapping of numbers costs, about."""


@dataclass(frozen=True, slots=True)
class SystemPrompt:
    """The system prompt of an example: its number, the most frequent being 1, and who has it.

    `examples` of `of` have it. `different` prompts are there. `text` is None where it is too long
    to ask for.
    """

    number: int
    examples: int
    of: int
    different: int
    text: str | None


def system_prompt(
    context: Context, dataset: Dataset, key: RowKeys, version: str
) -> SystemPrompt | None:
    """Return the system prompt of the one example of `key`, None if it has none.

    The first time costs reading all records, some 10 µs each; what follows from a chunk is kept in
    the context, so that another version costs what is new in it. Raises Corrupt.
    """
    chunk, row = key_parts(key)
    read = ExampleColumns(context, dataset, (_SYSTEM,)).of_chunk(int(chunk[0]), row)
    (text,) = read.arrays[0].to_pylist()
    if text is None:
        return None
    counts = _counts(context, dataset, version)
    # Numbers are kept in their order: the place of one is its rank.
    hashed = _hash(text)
    number = next(at for at, each in enumerate(counts, 1) if each == hashed)
    asked = text if len(text) <= MOST_ASKED_CHARS else None
    return SystemPrompt(number, counts[hashed], dataset.manifest.examples, len(counts), asked)


def _counts(context: Context, dataset: Dataset, version: str) -> Mapping[int, int]:
    """Return how many examples have each system prompt, by its hash, the most frequent first."""
    kept: Mapping[int, int] | None = context.columns.get((_NAME, version))
    if kept is not None:
        return kept
    total: Counter[int] = Counter()
    ordered = np.sort(dataset.keys())
    chunk, row = key_parts(ordered)
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()
    for start, end in pairwise(bounds):
        total.update(_of_chunk(context, dataset, int(chunk[start]), row[start:end]))
    counts = dict(total.most_common())
    context.columns.keep((_NAME, version), counts, _ENTRY_BYTES * len(counts))
    return counts


def _of_chunk(context: Context, dataset: Dataset, number: int, rows: Rows) -> Mapping[int, int]:
    key = (_NAME, dataset.numbers.digest(number), xxhash.xxh3_64_intdigest(rows.tobytes()))
    kept: Mapping[int, int] | None = context.columns.get(key)
    if kept is not None:
        return kept
    column = ExampleColumns(context, dataset, (_SYSTEM,)).of_chunk(number, rows).arrays[0]
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    found = pc.value_counts(column.drop_null()).to_pylist()
    counts = {_hash(each["values"]): int(each["counts"]) for each in found}
    context.columns.keep(key, counts, _ENTRY_BYTES * len(counts))
    return counts


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
