"""The signatures of examples, for those who go on with datasketch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vault.dataset.reading.compared_texts import Part, read_compared_texts
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.kept_columns import ChunkColumns
from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.scratch import IN_MEMORY
from vault.dedupe.signatures import to_datasketch
from vault.dedupe.texts import Rows, Texts
from vault.objects.runs import RowKeys
from vault.operations.duplicates.signing.cached_signatures import kept_signatures, name_without
from vault.operations.duplicates.signing.compared_examples import MOST_KEPT, array_files
from vault.session.context import Context


def minhashes(context: Context, dataset: Dataset, keys: RowKeys) -> Sequence[Any]:
    """Return a `datasketch.MinHash` of each row, in the order of `keys`.

    The signatures are those of `dedupe --count-shared`: rows that either of them signed before are
    not read. Raises Corrupt.
    """

    def texts(rows: Rows) -> Texts:
        part = Part.CONVERSATION
        return read_compared_texts(dataset, keys[rows], part, progress=context.progress).texts

    columns = ChunkColumns(array_files(context), dataset, keys)
    group = name_without(Part.CONVERSATION, NOTHING)
    signed = kept_signatures(columns, group, texts, without=NOTHING, scratch=IN_MEMORY)
    columns.files.keep_newest(group, MOST_KEPT)
    return to_datasketch(signed.minima[np.arange(len(keys))])
