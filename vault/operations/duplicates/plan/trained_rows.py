"""Of duplicates with the same words and other weights, the one that is trained on stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.dataset.reading.conversations import read_conversation
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.examples import roles_at
from vault.dataset.reading.records import numbered_arrays
from vault.dedupe.texts import Rows
from vault.objects.conversation import Conversation
from vault.objects.json.record import read_record_quickly
from vault.objects.runs import RowKeys
from vault.operations.duplicates.signing.compared_examples import ComparedExamples


def prefer_trained(
    dataset: Dataset,
    keys: RowKeys,
    compared: ComparedExamples | None,
    exact: Rows,
    preference: Rows,
) -> Rows:
    """Return preferences in which, all else equal, rows of which nothing is learnt come last.

    `exact` has the same number for equal conversations. Looked at are rows that say the same in
    other conversations: reads their records, and parses those that have weights. Where no texts
    were compared, nothing is. Raises Corrupt.
    """
    if compared is None:
        return preference
    hashes = compared.hashes
    order = np.lexsort((exact, hashes))
    same = (hashes[order][1:] == hashes[order][:-1]) & compared.is_filled[order][1:]
    differs = same & (exact[order][1:] != exact[order][:-1])
    rows = np.flatnonzero(np.isin(hashes, hashes[order][1:][differs]))
    if not len(rows):
        return preference
    result = preference * 2
    result[rows[_is_untrained(dataset, keys[rows])]] += 1
    return result


def _is_untrained(dataset: Dataset, keys: RowKeys) -> NDArray[np.bool_]:
    result = np.zeros(len(keys), np.bool_)
    for start, array in numbered_arrays(dataset, keys):
        found = pc.indices_nonzero(pc.match_substring(array, '"weight"')).to_numpy()
        if len(found):
            places = start + found.astype(np.int64)
            texts = array.take(pa.array(found)).cast(pa.binary()).to_pylist()
            result[places] = _untrained(dataset, keys[places], texts)
    return result


def _untrained(dataset: Dataset, keys: RowKeys, texts: list[bytes]) -> list[bool]:
    table = dataset.columns(keys, ["kind", "source"])
    roles = roles_at(dataset, keys, table)
    kinds = table.column("kind").to_pylist()
    return [
        _says_nothing(read_conversation(read_record_quickly(text), kind, roles.get(at)))
        for at, (text, kind) in enumerate(zip(texts, kinds, strict=True))
    ]


def _says_nothing(conversation: Conversation | None) -> bool:
    """Tell whether every answer has weight 0."""
    if conversation is None:
        return False
    messages = (*conversation.prompt, *conversation.response)
    weights: list[Any] = [each.get("weight", 1) for each in messages if each["role"] == "assistant"]
    return bool(weights) and not any(weights)
