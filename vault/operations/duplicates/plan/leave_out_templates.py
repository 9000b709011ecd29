"""Templates among examples that were compared: looked for once per cluster, then left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa

from vault.dataset.reading.compared_texts import Part, read_conversations, text_and_answer
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.templates import large_clusters, template_of
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys
from vault.operations.duplicates.signing.compared_examples import ComparedExamples

MOST_READ = 1 << 14
"""Examples that are looked at, at a time; those of the largest clusters."""

_T = TypeVar("_T")


def without_templates(
    without: Hashes, compare: Callable[[Hashes], _T], templates: Callable[[_T, Hashes], Hashes]
) -> _T:
    """Return what comparing finds once all templates are left out, besides some boilerplate.

    `compare` is told what to leave out, `templates` what was found and left out.
    """
    while True:
        found = compare(without)
        more = templates(found, without)
        if not len(more):
            return found
        # None of them was left out before, so this comes to an end.
        without = np.union1d(without, more)


def templates_of(
    dataset: Dataset,
    keys: RowKeys,
    examples: ComparedExamples,
    clusters: Sequence[Rows],
    without: Hashes,
) -> Hashes:
    """Return what the prompts of large clusters share as their templates, ascending.

    Each of `clusters` has a number for each row, and may put together what others put apart: a task
    is several clusters if its answers are few. Reads some examples of each large cluster, unless it
    was looked at before and has none. Raises Corrupt.
    """
    if examples.part is Part.RESPONSE:
        return NOTHING
    bare = set(examples.bare_clusters(without).tolist())
    found_in = [large_clusters(each, examples.hashes) for each in clusters]
    large = {each.number: each for some in found_in for each in some}
    fresh = [each for number, each in large.items() if number not in bare]
    ends = np.cumsum([len(each.rows) for each in fresh])
    fresh = fresh[: int(np.searchsorted(ends, MOST_READ, "right"))]
    if not fresh:
        return NOTHING
    told = _prompts_and_answers(dataset, keys[np.concatenate([each.rows for each in fresh])])
    found, done = [NOTHING], 0
    for each in fresh:
        some = told.slice(done, len(each.rows))
        done += len(some)
        found.append(template_of(some.column("prompt"), some.column("answer"), without))
        bare |= set() if len(found[-1]) else {each.number}
    numbers = [number for number in large if number in bare]
    examples.keep_bare_clusters(without, np.array(numbers, np.uint64))
    return np.unique(np.concatenate(found))


def _prompts_and_answers(dataset: Dataset, keys: RowKeys) -> pa.RecordBatch:
    order = np.argsort(keys, kind="stable")
    told = [
        text_and_answer(conversation, Part.PROMPT)
        for conversations in read_conversations(dataset, keys[order])
        for conversation in conversations
    ]
    back = np.argsort(order, kind="stable")
    columns = [pa.array([each[at] for each in told], pa.large_string()) for at in (0, 1)]
    return pa.record_batch(columns, ["prompt", "answer"]).take(pa.array(back))
