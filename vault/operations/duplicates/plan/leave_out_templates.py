"""Templates among examples that were compared: looked for once per cluster, then left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import numpy as np
import pyarrow as pa

from vault.dataset.reading.compared_texts import Part, read_conversations, text_and_answer
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.shingles import distinct
from vault.dedupe.templates import LargeCluster, large_clusters, template_of
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys
from vault.operations.duplicates.signing.compared_examples import ComparedExamples

_READ_AT_ONCE = 1 << 14
"""Examples whose prompts and answers are in memory together."""

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
        without = distinct(np.concatenate([without, more]))


def templates_of(
    dataset: Dataset,
    keys: RowKeys,
    examples: ComparedExamples,
    clusters: Sequence[Rows],
    without: Hashes,
) -> Hashes:
    """Return what the prompts of large clusters share as their templates, ascending.

    Each of `clusters` has a number for each row, and may put together what others put apart: a task
    is several clusters if its answers are few. Reads some examples of each large cluster that was
    not looked at before, all of them in one pass: each pass signs what it changes. Raises Corrupt.
    """
    if examples.part is Part.RESPONSE:
        return NOTHING
    found_in = [large_clusters(each, examples.hashes) for each in clusters]
    large = {each.number: each for some in found_in for each in some}
    known = examples.templates(without)
    fresh = [each for number, each in large.items() if number not in known]
    if fresh:
        made = {number: known[number] for number in large if number in known}
        made.update(_looked_at(dataset, keys, fresh, without))
        examples.keep_templates(without, made)
        known = made
    return distinct(np.concatenate([NOTHING, *(known[number] for number in large)]))


def _looked_at(
    dataset: Dataset, keys: RowKeys, clusters: Sequence[LargeCluster], without: Hashes
) -> Iterator[tuple[int, Hashes]]:
    """Yield the number of each cluster and its template, which is empty where it has none."""
    ends = np.cumsum([len(each.rows) for each in clusters])
    portion = (ends - 1) // _READ_AT_ONCE
    for _, group in groupby(zip(portion.tolist(), clusters, strict=True), key=itemgetter(0)):
        some = [each for _, each in group]
        told = _prompts_and_answers(dataset, keys[np.concatenate([each.rows for each in some])])
        done = 0
        for each in some:
            own = told.slice(done, len(each.rows))
            done += len(own)
            yield each.number, template_of(own.column("prompt"), own.column("answer"), without)


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
