"""Near-duplicates of a dataset by the arrays that the catalogue keeps: clusters, as `dedupe` sees.

What takes duplicates out and what keeps them together on one side of a split share this.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.dataset_texts import DatasetTexts
from vault.dedupe.boilerplate import NOTHING, Counted
from vault.dedupe.near import Apart, Known, NearDuplicates, NearOptions
from vault.dedupe.scratch import Scratch
from vault.dedupe.shingles import mix
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.layout import TEMPORARY, repository_folder, temporary_folder
from vault.objects.runs import RowKeys
from vault.operations.duplicates.plan.leave_out_templates import (
    shared_by_copies,
    without_templates,
)
from vault.operations.duplicates.plan.passes import Passes
from vault.operations.duplicates.plan.recorded_boilerplate import boilerplate_of
from vault.operations.duplicates.signing.compared_examples import (
    SETTLED,
    ComparedExamples,
    ComparisonKey,
    read_compared_examples,
)
from vault.operations.duplicates.signing.signing_work import ExampleWork, LocalWork
from vault.operations.duplicates.workers.cluster import Tasks
from vault.operations.duplicates.workers.cluster_engine import spread_work
from vault.operations.duplicates.workers.cluster_tasks import source_of
from vault.operations.duplicates.workers.local_children import DividedWork
from vault.operations.duplicates.workers.open_engine import catalogue_to_share
from vault.plain_files import PlainFolder
from vault.processes.child import default_workers
from vault.session.context import Context

_IN_MEMORY_BYTES = 1 << 27
"""Texts, signatures and shingles that take more each lie in a file: those of 150,000 do not."""


@dataclass(frozen=True, slots=True)
class Comparing:
    """What counts as a duplicate, and which stays.

    `exact` finds equal ones only. `within` names a field (as `diff --by`): only examples with the
    same value of it are compared. `keep` is a policy of `preferences`.
    """

    exact: bool = False
    threshold: float = 0.8
    on: Part = Part.CONVERSATION
    keep: str | None = None
    within: str | None = None
    count_shared: bool = False


_TOGETHER = "together"
"""What candidates are kept as when short answers that differ keep no examples apart."""


@dataclass(frozen=True, slots=True)
class NearClusters:
    """The first row of the cluster of each row; how many rows had no text to compare.

    `boilerplate` was left out, None where nothing was to be.
    """

    cluster: Rows
    not_compared: int
    boilerplate: Hashes | None


def near_clusters(
    context: Context, dataset: Dataset, keys: RowKeys, comparing: Comparing
) -> NearClusters:
    """Return the clusters of near-duplicates; a row without text to compare is alone.

    Short answers keep nothing apart here: two questions that are alike belong together whatever is
    answered. `exact`, `keep` and `within` do not matter. Costs the engine, and reading the records
    that nothing is kept of in the catalogue. Raises Corrupt, StorageFailed (`worker-died`).
    """
    with open_work(context, dataset, keys, comparing, None) as work:
        compared = read_compared_examples(context, dataset, keys, comparing.on, work)
        apart = Apart(None, with_words_beside(None, compared, comparing.on))
        near, known = find_near(
            context, dataset, keys, compared, apart, comparing, kept_as=_TOGETHER
        )
        compared.keep(near, known, comparing.threshold, _TOGETHER)
        left_out = None if comparing.count_shared else near.boilerplate
        return NearClusters(near.cluster, int((~compared.is_filled).sum()), left_out)


@contextlib.contextmanager
def open_work(
    context: Context,
    dataset: Dataset,
    keys: RowKeys,
    comparing: Comparing,
    others: Tasks | int | None,
) -> Iterator[ExampleWork]:
    """Open what does the work: tasks, so many processes, or one for each core."""
    if others is not None and not isinstance(others, int):
        yield spread_work(context, dataset, keys, comparing.on, others)
        return
    scratch = near_options(context, comparing).scratch
    catalogue = catalogue_to_share(context)
    if catalogue is None:
        texts = DatasetTexts(dataset, keys, comparing.on)
        yield LocalWork(texts, progress=context.progress, scratch=scratch)
        return
    work = DividedWork(
        dataset,
        keys,
        source_of(dataset, catalogue, comparing.on),
        workers=default_workers() if others is None else others,
        progress=context.progress,
        scratch=scratch,
    )
    with contextlib.closing(work):
        yield work


def find_near(
    context: Context,
    dataset: Dataset,
    keys: RowKeys,
    compared: ComparedExamples,
    apart: Apart,
    comparing: Comparing,
    *,
    kept_as: str = SETTLED,
) -> tuple[NearDuplicates, Known]:
    """Return the clusters of a dataset with all boilerplate left out, and what was known before.

    `kept_as` names the candidates that are kept from one time to the next. Raises Corrupt.
    """
    on, threshold = comparing.on, comparing.threshold
    passes = Passes(context.progress, compared, apart, threshold, kept_as)
    if comparing.count_shared:
        return passes.compare(NOTHING)

    def copied(sample: Counted, common: Hashes) -> Hashes:
        if on is not Part.CONVERSATION:
            return NOTHING
        return shared_by_copies(dataset, keys, compared.hashes, sample, common)

    recorded = boilerplate_of(dataset.store, dataset.manifest, on, compared.counted, copied)
    key = ComparisonKey(recorded, apart, threshold, kept_as)
    end = compared.left_out_in_the_end(key)
    first = recorded if end is None else end
    found, kept = without_templates(first, passes.compare, passes.templates)
    if end is None:
        compared.keep_left_out(key, found.boilerplate)
    return found, kept


def with_words_beside(within: Hashes | None, compared: ComparedExamples, on: Part) -> Hashes | None:
    """Return a number for each row; rows with another one are never duplicates.

    It stands for `within`, and for the media and declared tools that a prompt has beside its words.
    """
    beside = [each for each in (compared.media, compared.tools) if each.any()]
    if on is Part.RESPONSE or not beside:
        return within
    result = np.zeros(len(compared.media), np.uint64) if within is None else within
    for each in beside:
        result = mix(result.copy()) + each
    return result


def near_options(context: Context, comparing: Comparing) -> NearOptions:
    """Return how the engine runs for a repository: large arrays lie in its own folder."""
    return NearOptions(
        threshold=comparing.threshold,
        count_shared=comparing.count_shared,
        scratch=Scratch(_IN_MEMORY_BYTES, _scratch_folder(context)),
    )


def _scratch_folder(context: Context) -> Path | None:
    """Return the folder for temporary files of a repository. Raises Corrupt (`foreign-file`)."""
    if context.folder is None:
        return None
    PlainFolder(repository_folder(context.folder)).place(f"{TEMPORARY}/")
    folder = temporary_folder(context.folder)
    return folder if folder.is_dir() else None
