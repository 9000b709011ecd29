"""Selecting examples of a dataset: by split, sampled, shuffled. The same selection anywhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.errors import InvalidInput
from vault.objects.runs import RowKeys


@dataclass(frozen=True, slots=True)
class Selection:
    """Which examples are wanted, and in which order.

    `sample` takes that many, the same for the same `seed`, in dataset order, so that smaller
    samples are part of larger ones; `shuffle` then changes the order.
    """

    split: str | None = None
    sample: int | None = None
    shuffle: bool = False
    seed: int = 0


def select(dataset: Dataset, keys: RowKeys, selection: Selection) -> RowKeys:
    """Return the row keys of the examples selected, in their order.

    The sample is the N smallest SHA-256(seed ‖ id), the shuffled order that of
    SHA-256("shuffle" ‖ seed ‖ id): seed in decimal digits, id as 16 bytes. Costs 1 µs an example
    when sampling or shuffling. Raises InvalidInput (`sample-invalid`).
    """
    if selection.sample is not None and selection.sample < 0:
        raise InvalidInput(
            f"a sample of {selection.sample} examples cannot be taken",
            code="sample-invalid",
            hint="give a number of examples, such as --sample 100",
        )
    if selection.sample is not None and selection.sample < len(keys):
        ranks = _ranks(dataset, keys, str(selection.seed).encode())
        keys = keys[np.sort(np.argsort(ranks, kind="stable")[: selection.sample])]
    if selection.shuffle:
        ranks = _ranks(dataset, keys, b"shuffle" + str(selection.seed).encode())
        keys = keys[np.argsort(ranks, kind="stable")]
    return keys


def _ranks(dataset: Dataset, keys: RowKeys, prefix: bytes) -> NDArray[np.bytes_]:
    ids = ids_of(dataset.columns(keys, ["id"]))
    # As hex text: numpy compares byte strings only up to their last byte that is not zero.
    digests = [hashlib.sha256(prefix + each.tobytes()).hexdigest() for each in ids]
    return np.array(digests, dtype="S64")
