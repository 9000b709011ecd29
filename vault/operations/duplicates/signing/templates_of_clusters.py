"""Templates of large clusters, read from the prompts and answers of their examples."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from vault.dataset.reading.compared_texts import read_prompts_and_answers
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.templates import Asked, asked_in, asked_together, template_of
from vault.dedupe.texts import Rows, cut_blocks, sizes_of
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys, inverse_of
from vault.processes.child import without_collector

READ_AT_ONCE = 1 << 16
"""Examples whose prompts and answers are in memory together: each portion comes from all chunks."""


def portions_of(clusters: Sequence[Rows], least: int = 1) -> list[Sequence[Rows]]:
    """Return clusters in portions of READ_AT_ONCE examples or so, about equally many each.

    `least` portions, unless there are fewer clusters.
    """
    ends = np.cumsum([len(each) for each in clusters])
    if not len(ends):
        return []
    count = max(least, -(-int(ends[-1]) // READ_AT_ONCE))
    cuts = np.searchsorted(ends, np.arange(1, count) * int(ends[-1]) // count)
    bounds = [0, *cuts.tolist(), len(clusters)]
    parts = [clusters[first:end] for first, end in pairwise(bounds)]
    return [each for each in parts if each]


def templates_in(
    dataset: Dataset, keys: RowKeys, clusters: Sequence[Rows], without: Hashes
) -> list[Hashes]:
    """Return the template of each cluster of rows, empty where it has none. Raises Corrupt."""
    found = []
    for some in portions_of(clusters):
        asked = read_asked(dataset, keys[np.concatenate(some)])
        found += templates_among(asked, [len(each) for each in some], without)
    return found


def templates_among(asked: Asked, sizes: Sequence[int], without: Hashes) -> list[Hashes]:
    """Return the templates of clusters whose examples stand one after the other."""
    ends = np.cumsum([0, *sizes]).tolist()
    return [template_of(asked.between(*each), without) for each in pairwise(ends)]


def read_asked(dataset: Dataset, keys: RowKeys) -> Asked:
    """Return what the prompts and answers of rows are compared by. Raises Corrupt."""
    told = prompts_and_answers(dataset, keys)
    prompts, answers = told.column("prompt"), told.column("answer")
    return asked_together(
        [
            asked_in(prompts.slice(first, end - first), answers.slice(first, end - first))
            for first, end in cut_blocks(sizes_of(prompts))
        ]
    )


def prompts_and_answers(dataset: Dataset, keys: RowKeys) -> pa.RecordBatch:
    """Return the columns `prompt` and `answer` of rows, in their order. Raises Corrupt."""
    order = np.argsort(keys, kind="stable")
    parts = [_batch([])]
    with without_collector():
        parts += map(_batch, read_prompts_and_answers(dataset, keys[order]))
    return pa.concat_batches(parts).take(pa.array(inverse_of(order)))


def _batch(told: Sequence[tuple[str | None, str | None]]) -> pa.RecordBatch:
    columns = [pa.array([each[at] for each in told], pa.large_string()) for at in (0, 1)]
    return pa.record_batch(columns, ["prompt", "answer"])
