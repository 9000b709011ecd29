"""Templates among examples that were compared: looked for once per cluster, then left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.boilerplate import NOTHING, Counted
from vault.dedupe.shingles import distinct
from vault.dedupe.templates import are_copies, large_clusters, sharing_texts
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys
from vault.operations.duplicates.signing.compared_examples import ComparedExamples
from vault.operations.duplicates.signing.templates_of_clusters import prompts_and_answers

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
        del found  # its sets of shingles, too, before the next are made
        # None of them was left out before, so this comes to an end.
        without = distinct(np.concatenate([without, more]))


def templates_of(examples: ComparedExamples, clusters: Sequence[Rows], without: Hashes) -> Hashes:
    """Return what the prompts of large clusters share as their templates, ascending.

    Each of `clusters` has a number for each row, and may put together what others put apart: a task
    is several clusters if its answers are few. Reads some examples of each large cluster that was
    not looked at before, all of them in one pass: each pass signs what it changes. Raises Corrupt.
    """
    if examples.part is Part.RESPONSE:
        return NOTHING
    hashes, numbers = examples.hashes, examples.prompts_and_answers
    found_in = [large_clusters(each, hashes, numbers) for each in clusters]
    large = {each.number: each for some in found_in for each in some}
    known = examples.templates(without)
    fresh = [number for number in large if number not in known]
    if fresh:
        found = examples.read_templates([large[number].rows for number in fresh], without)
        every = {**known, **dict(zip(fresh, found, strict=True))}
        known = {number: every[number] for number in large}
        examples.keep_templates(without, known)
    return distinct(np.concatenate([NOTHING, *(known[number] for number in large)]))


def shared_by_copies(
    dataset: Dataset, keys: RowKeys, hashes: Hashes, sample: Counted, common: Hashes
) -> Hashes:
    """Return what of the boilerplate of a small sample copies share, ascending.

    `hashes` are those of the texts of `keys`. Reads the examples that may be copies. Raises
    Corrupt.
    """
    found = [NOTHING]
    order = np.argsort(hashes, kind="stable")
    for each in sharing_texts(sample, common):
        rows = order[np.searchsorted(hashes, sample.hash[each.texts], sorter=order)]
        told = prompts_and_answers(dataset, keys[rows])
        if are_copies(told.column("prompt"), told.column("answer")):
            found.append(each.shingles)
    return distinct(np.concatenate(found))
