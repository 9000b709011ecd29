"""The model run, the model and the request that made an example."""

from __future__ import annotations

import numpy as np

from vault.dataset.reading.dataset import Dataset
from vault.objects.chunk import decode_run_columns
from vault.objects.chunk_rows import Made
from vault.objects.runs import RowKeys, key_parts


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
