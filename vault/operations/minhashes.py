"""The signatures of examples, for those who go on with datasketch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.signatures import sign, to_datasketch
from vault.objects.runs import RowKeys
from vault.operations.compared_texts import Part, read_compared_texts
from vault.operations.context import Context
from vault.operations.dataset import Dataset


def minhashes(context: Context, dataset: Dataset, keys: RowKeys) -> Sequence[Any]:
    """Return a `datasketch.MinHash` of each row, in the order of `keys`. Raises Corrupt."""
    compared = read_compared_texts(dataset, keys, Part.CONVERSATION, progress=context.progress)
    signed = sign(compared.texts, without=NOTHING)
    return to_datasketch(signed.minima[np.arange(len(signed))])
