"""The distinct combinations of values in a table, where its columns have few distinct values.

A condition on a field of metadata then costs a handful of evaluations, not one for each example.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_MOST_COMBINATIONS = 1 << 16


@dataclass(frozen=True, slots=True)
class Combined:
    """Distinct rows of a table, and for each of its rows the place of the one that it equals."""

    values: pa.Table
    place: NDArray[np.int64]


def combine(table: pa.Table) -> Combined | None:
    """Return the distinct rows; None unless all columns are dictionaries with few combinations."""
    if not all(pa.types.is_dictionary(each.type) for each in table.schema):
        return None
    columns = [each.unify_dictionaries() for each in table.columns]
    dictionaries = [each.chunk(0).dictionary if each.num_chunks else [] for each in columns]
    sizes = [len(each) + 1 for each in dictionaries]
    if not len(table) or np.prod([float(each) for each in sizes]) > _MOST_COMBINATIONS:
        return None
    code = np.zeros(len(table), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        indices = [each.indices.fill_null(size - 1).to_numpy() for each in column.chunks]
        code = code * size + np.concatenate(indices)
    is_there = np.zeros(int(np.prod(sizes)), np.bool_)
    is_there[code] = True
    present = np.flatnonzero(is_there)
    values = {}
    rest = present
    for name, dictionary, size in reversed(
        list(zip(table.column_names, dictionaries, sizes, strict=True))
    ):
        place = rest % size
        rest = rest // size
        values[name] = dictionary.take(pa.array(place, mask=place == size - 1))
    number = np.cumsum(is_there) - 1
    return Combined(pa.table(values), number[code])
