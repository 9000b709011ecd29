"""Equal system prompts of a version, counted: which one an example has, and how many have it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from vault.catalogue.expressions.columns import Reference, Type
from vault.dataset.choosing.expression_columns import ExampleColumns, Rows
from vault.dataset.reading.dataset import Dataset
from vault.objects.runs import RowKeys, key_parts
from vault.session.context import Context

MOST_ASKED_CHARS = 1_000
"""Characters of a system prompt that an expression is made of; a longer one is not asked for."""

_SYSTEM = Reference("system", (), Type.TEXT)
_NAME = "system prompts"


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


def system_text(context: Context, dataset: Dataset, key: RowKeys) -> str | None:
    """Return the system prompt of the one example of `key`, None if it has none. Raises Corrupt."""
    chunk, row = key_parts(key)
    read = ExampleColumns(context, dataset, (_SYSTEM,)).of_chunk(int(chunk[0]), row)
    text: str | None = read.arrays[0].to_pylist()[0]
    return text


def system_prompt(
    context: Context, dataset: Dataset, text: str, version: str
) -> SystemPrompt | None:
    """Return the number of examples of a version with a system prompt, None if there are none.

    The first time costs reading all records, some 10 µs each; what follows from a chunk is kept in
    the context, so that another version costs what is new in it. Raises Corrupt.
    """
    found = _counted(context, dataset, version)
    places = np.flatnonzero(found.hashes == _hash(text))
    if not len(places):
        return None
    place = int(places[0])
    return SystemPrompt(
        place + 1,
        int(found.counts[place]),
        dataset.manifest.examples,
        len(found.hashes),
        text if len(text) <= MOST_ASKED_CHARS else None,
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """Hashes of different system prompts, and how many examples have each."""

    hashes: NDArray[np.uint64]
    counts: NDArray[np.int64]

    @property
    def size_bytes(self) -> int:
        return self.hashes.nbytes + self.counts.nbytes


def _counted(context: Context, dataset: Dataset, version: str) -> _Counted:
    """Return the system prompts of a version, the most frequent first."""
    kept: _Counted | None = context.columns.get((_NAME, version))
    if kept is not None:
        return kept
    ordered = np.sort(dataset.keys())
    chunk, row = key_parts(ordered)
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1)).tolist()
    parts = [
        _of_chunk(context, dataset, int(chunk[start]), row[start:end])
        for start, end in pairwise(bounds)
    ]
    hashes, places = np.unique(np.concatenate([each.hashes for each in parts]), return_inverse=True)
    counts = np.zeros(len(hashes), np.int64)
    np.add.at(counts, places, np.concatenate([each.counts for each in parts]))
    order = np.argsort(-counts, kind="stable")
    found = _Counted(hashes[order], counts[order])
    context.columns.keep((_NAME, version), found, found.size_bytes)
    return found


def _of_chunk(context: Context, dataset: Dataset, number: int, rows: Rows) -> _Counted:
    key = (_NAME, dataset.numbers.digest(number), xxhash.xxh3_64_intdigest(rows.tobytes()))
    kept: _Counted | None = context.columns.get(key)
    if kept is not None:
        return kept
    column = ExampleColumns(context, dataset, (_SYSTEM,)).of_chunk(number, rows).arrays[0]
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    values = pc.value_counts(column.drop_null())
    found = _Counted(
        np.array([_hash(each) for each in values.field("values").to_pylist()], np.uint64),
        values.field("counts").to_numpy().astype(np.int64),
    )
    context.columns.keep(key, found, found.size_bytes)
    return found


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
