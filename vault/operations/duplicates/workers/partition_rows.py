"""Rows divided into shares of work, chunk by chunk, and what was made of them put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.index.array_files import Arrays
from vault.dedupe.texts import Rows
from vault.objects.runs import RowKeys, key_parts

SHARE_ROWS = 8_192
"""Rows that are worth a task; it gets whole chunks all the same."""


def shares(keys: RowKeys) -> list[Rows]:
    """Return places among row keys, chunk by chunk, cut where a chunk ends into shares of work."""
    order = np.argsort(keys, kind="stable")
    chunk, _ = key_parts(keys[order])
    ends = [*(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(keys)]
    result = []
    first = 0
    for end in ends:
        if end - first >= SHARE_ROWS or (end == len(keys) and end > first):
            result.append(order[first:end])
            first = end
    return result


def in_order(own: Sequence[Rows], found: Sequence[Arrays], count: int) -> Arrays:
    """Return arrays of all rows from those of shares of them."""
    result: dict[str, NDArray[Any]] = {}
    for rows, arrays in zip(own, found, strict=True):
        for name, values in arrays.items():
            if name not in result:
                result[name] = np.empty((count, *values.shape[1:]), values.dtype)
            result[name][rows] = values
    return result
