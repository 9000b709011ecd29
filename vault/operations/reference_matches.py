"""Which examples of a dataset match one of a reference: equal, near, or with words in common.

What is made of the chunks of the repository is kept in its catalogue, as `dedupe` does, and under
the same names: another time nothing is signed. A file is read and signed each time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.array_files import ArrayFiles
from vault.dedupe.bands import plan_for
from vault.dedupe.boilerplate import NOTHING, common_in
from vault.dedupe.near import NearOptions
from vault.dedupe.reference import Matches, SignedTexts, match_runs, match_signed
from vault.dedupe.similarity import Similarities
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys
from vault.operations.compared_texts import DatasetTexts, Part, read_compared_texts
from vault.operations.context import Context
from vault.operations.dataset import Dataset
from vault.operations.duplicate_plan import Comparing, near_options
from vault.operations.exact_duplicates import DigestsOf, equal_in, equal_texts_in
from vault.operations.example_work import LocalWork, columns_of, is_filled
from vault.operations.found_templates import templates_of, without_templates
from vault.operations.judged_pairs import CONTAINED, EXACT, NEAR
from vault.operations.kept_signatures import turned
from vault.operations.reference_data import Reference
from vault.operations.signed_examples import (
    ComparedExamples,
    array_files,
    counted_together,
    read_compared_examples,
)
from vault.progress import Progress

LEAST_REFERENCES = 3
"""What is alike by the text of one or two reference examples only was made from these."""

_SAMPLE = "counted-against"

Found = tuple[Rows, Similarities, NDArray[np.str_]]
"""For each row its match or -1, how similar they are, and the reason for a removal."""


def match_reference(
    context: Context,
    dataset: Dataset,
    reference: Reference,
    comparing: Comparing,
    containment: int | None,
) -> Found:
    """Return for each row of a dataset the place of a row of the reference that it matches.

    Reads no text where only whole conversations that are equal are looked for. Raises Corrupt,
    StorageFailed.
    """
    mine = _Side(dataset, dataset.keys(), array_files(context))
    others = ArrayFiles(None) if reference.is_file else array_files(context)
    theirs = _Side(reference.dataset, reference.dataset.keys(), others, _SAMPLE)
    options = near_options(context, comparing)
    if containment is not None:
        return _contained(context, mine, theirs, comparing, options, containment)
    if comparing.exact and comparing.on is Part.CONVERSATION:
        return _equal(equal_in(mine.dataset, mine.keys, theirs.dataset, theirs.keys))
    own, other = (each.read(context, comparing.on, options) for each in (mine, theirs))
    digests = own.examples.digests, other.examples.digests
    if comparing.on is Part.CONVERSATION:
        equal = equal_in(mine.dataset, mine.keys, theirs.dataset, theirs.keys, digests)
    else:
        filled = own.examples.is_filled
        equal = equal_texts_in(own.examples.hashes, filled, other.examples.hashes, digests)
    if comparing.exact:
        return _equal(equal)
    return _together(equal, _near(own, other, comparing, options), NEAR)


@dataclass(frozen=True, slots=True)
class _Side:
    """Rows of a dataset, and where what is made of them is kept."""

    dataset: Dataset
    keys: RowKeys
    files: ArrayFiles
    sample: str = "counted"

    def read(self, context: Context, part: Part, options: NearOptions) -> _Read:
        """Return what the rows are compared by; reads those that nothing is kept of."""
        texts = DatasetTexts(self.dataset, self.keys, part)
        work = LocalWork(texts, progress=context.progress, scratch=options.scratch)
        examples = read_compared_examples(
            context, self.dataset, self.keys, part, work, files=self.files, sample=self.sample
        )
        return _Read(self, texts, examples, context.progress)


@dataclass(frozen=True, slots=True)
class _Read:
    """Rows of a dataset that were read, or of which it is known what was read."""

    side: _Side
    texts: DatasetTexts
    examples: ComparedExamples
    progress: Progress

    def signed(self, part: Part, without: Hashes, options: NearOptions) -> SignedTexts:
        """Return the rows with their signatures; makes those that are not kept."""

        def texts(rows: Rows) -> Texts:
            return self.texts.held_or_read(rows, progress=self.progress, scratch=options.scratch)

        plan = plan_for(options.threshold)
        signed, keys = self.examples.signed(texts, without, plan, options.scratch)
        answers = self.examples.answers if part is Part.CONVERSATION else None
        bands = turned(keys, len(signed), slice(0, plan.bands))
        return SignedTexts(self.texts, signed, bands, answers)


def _near(mine: _Read, theirs: _Read, comparing: Comparing, options: NearOptions) -> Matches:

    def compare(without: Hashes) -> Matches:
        own, other = (each.signed(comparing.on, without, options) for each in (mine, theirs))
        return match_signed(
            own, other, without=without, threshold=options.threshold, scratch=options.scratch
        )

    def templates(found: Matches, without: Hashes) -> Hashes:
        # An evaluation set has the same instructions: all training examples of a task would go.
        alone = -1 - np.arange(len(found.row))
        cluster = np.where(found.references >= LEAST_REFERENCES, found.cluster, alone)
        side = mine.side
        return templates_of(side.dataset, side.keys, mine.examples, [cluster], without)

    if comparing.count_shared:
        return compare(NOTHING)
    boilerplate = common_in(counted_together(mine.examples, theirs.examples))
    return without_templates(boilerplate, compare, templates)


def _contained(
    context: Context,
    mine: _Side,
    theirs: _Side,
    comparing: Comparing,
    options: NearOptions,
    words: int,
) -> Found:
    """Return what shares a run of so many words: all texts are read, and nothing is signed."""
    own, other = (
        read_compared_texts(
            each.dataset,
            each.keys,
            comparing.on,
            progress=context.progress,
            scratch=options.scratch,
        )
        for each in (mine, theirs)
    )
    digests = _looked_up(own.digests), _looked_up(other.digests)
    if comparing.on is Part.CONVERSATION:
        equal = equal_in(mine.dataset, mine.keys, theirs.dataset, theirs.keys, digests)
    else:
        told = columns_of(own)
        filled = is_filled(told["state"])
        equal = equal_texts_in(told["hash"], filled, other.texts.hashes(), digests)
    shared = comparing.count_shared
    found = match_runs(own.texts, other.texts, words=words, count_shared=shared)
    return _together(equal, found, CONTAINED)


def _looked_up(digests: NDArray[np.uint8]) -> DigestsOf:
    return lambda rows: digests[rows]


def _equal(equal: Rows) -> Found:
    return equal, (equal >= 0).astype(np.float64), np.full(len(equal), EXACT)


def _together(equal: Rows, found: Matches, reason: str) -> Found:
    """Return what matches in one way or the other; what is equal is that first."""
    is_equal = equal >= 0
    return (
        np.where(is_equal, equal, found.row),
        np.where(is_equal, 1.0, found.similarity),
        np.where(is_equal, EXACT, reason),
    )
