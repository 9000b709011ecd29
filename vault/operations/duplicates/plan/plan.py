"""Which examples of a dataset are duplicates, and which of them would stay: planned, not done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from vault.dataset.comparing.count_by_field import ABSENT, values_of_field
from vault.dataset.reading.compared_texts import DatasetTexts, Part
from vault.dataset.reading.dataset import Dataset, hashes_of
from vault.dataset.reading.judged_pairs import judged_pairs, judged_rows
from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.keepers import choose_keepers, refined, set_apart
from vault.dedupe.near import (
    Apart,
    Known,
    NearDuplicates,
    NearOptions,
    SimilarPairs,
    cluster_by,
)
from vault.dedupe.scratch import Scratch
from vault.dedupe.shingles import mix
from vault.dedupe.similarity import Similarities
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.errors import InvalidInput
from vault.layout import TEMPORARY, repository_folder, temporary_folder
from vault.objects.runs import RowKeys
from vault.operations.duplicates.plan.exact_duplicates import equal_conversations, equal_texts
from vault.operations.duplicates.plan.keep_policy import preferences
from vault.operations.duplicates.plan.leave_out_templates import templates_of, without_templates
from vault.operations.duplicates.plan.recorded_boilerplate import boilerplate_of
from vault.operations.duplicates.signing.compared_examples import (
    ComparedExamples,
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

_IN_MEMORY_BYTES = 1 << 30
"""Texts, signatures and shingles that take more each lie in a file: those of a million do not."""

_NO_PAIRS = SimilarPairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64))


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


@dataclass(frozen=True, slots=True)
class DuplicatePlan:
    """The rows of a dataset, and which of them would go.

    `keys` are all of them in order; everything else counts places among them. `keeper` is the row
    that stays for each row, itself where it stays. The others of `removed` (ascending) come with
    what is known of each: whether it equals another one, how similar it is to its keeper, and its
    nearest neighbour. `conflicts` are alike but for short answers that differ. `boilerplate` was
    left out, None where nothing was to be. `not_compared` rows have no text to compare.
    """

    keys: RowKeys
    keeper: Rows
    removed: Rows
    is_exact: NDArray[np.bool_]
    keeper_similarity: Similarities
    neighbour: Rows
    neighbour_similarity: Similarities
    conflicts: SimilarPairs
    boilerplate: Hashes | None = None
    not_compared: int = 0

    def cluster_sizes(self) -> tuple[Rows, Rows]:
        """Return the keepers of clusters of two or more, largest cluster first, and the sizes."""
        counts = np.bincount(self.keeper[self.removed], minlength=len(self.keys))
        keepers = np.flatnonzero(counts)
        order = np.lexsort((keepers, -counts[keepers]))
        return keepers[order], counts[keepers[order]] + 1


def plan_duplicates(
    context: Context,
    dataset: Dataset,
    comparing: Comparing,
    tasks: Tasks | None = None,
    *,
    workers: int | None = None,
) -> DuplicatePlan:
    """Return which examples of a dataset are duplicates of which.

    With `tasks` what costs is done there, else here, by a process for each core (`workers`) where
    much is to be read; the plan is the same. Costs the engine, and reading the records that nothing
    is kept of in the catalogue, unless only whole conversations that are equal are looked for.
    Raises InvalidInput (`keep-invalid`, `field-unknown`), NotFound (`keep-not-found`), Corrupt,
    StorageFailed (`worker-died`), and what `spread_work` raises.
    """
    keys = dataset.keys()
    preference = preferences(dataset, keys, comparing.keep)
    within = None if comparing.within is None else _numbers_of(dataset, keys, comparing.within)
    with _work(context, dataset, keys, comparing, tasks or workers) as work:
        compared = None
        if not comparing.exact or comparing.on is not Part.CONVERSATION:
            compared = read_compared_examples(context, dataset, keys, comparing.on, work)
        exact = _exact(dataset, keys, compared, comparing.on)
        if compared is not None:
            within = _beside_words(within, compared, comparing.on)
        if within is not None:
            exact = refined(exact, within)
        near = known = None
        cluster = exact
        if compared is not None and not comparing.exact:
            near, known = _near(context, dataset, keys, compared, within, comparing)
            cluster = near.cluster[exact]
        stays, others = judged_rows(dataset, keys, judged_pairs(dataset.store, dataset.manifest))
        alone = np.unique(stays[cluster[stays] == cluster[others]])
        cluster, exact = set_apart(cluster, alone), set_apart(exact, alone)
        keeper = choose_keepers(cluster, preference)
        conflicts = _NO_PAIRS if near is None else _conflicts(dataset, keys, compared, near)
        plan = _explained(keys, keeper, _twins(exact, keeper, preference), near, conflicts)
        if compared is not None and near is not None and known is not None:
            compared.keep(near, known, comparing.threshold)
        left_out = None if near is None or comparing.count_shared else near.boilerplate
        return replace(
            plan, boilerplate=left_out, not_compared=_not_compared(dataset, keys, compared)
        )


@contextlib.contextmanager
def _work(
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


def _near(
    context: Context,
    dataset: Dataset,
    keys: RowKeys,
    compared: ComparedExamples,
    within: Hashes | None,
    comparing: Comparing,
) -> tuple[NearDuplicates, Known]:
    on, threshold = comparing.on, comparing.threshold
    apart = Apart(None if on is Part.RESPONSE else compared.answers, within)

    def compare(left_out: Hashes) -> tuple[NearDuplicates, Known]:
        engine = compared.engine(left_out, threshold)
        known = compared.known(left_out, threshold)
        context.progress.start("comparing")
        found = cluster_by(engine, apart, without=left_out, threshold=threshold, known=known)
        context.progress.finish()
        return found, known

    def templates(found: tuple[NearDuplicates, Known], left_out: Hashes) -> Hashes:
        clusters = found[0].cluster, found[0].related()
        return templates_of(dataset, keys, compared, clusters, left_out)

    if comparing.count_shared:
        return compare(NOTHING)
    recorded = boilerplate_of(dataset.store, dataset.manifest, on, compared.counted)
    return without_templates(recorded, compare, templates)


def _beside_words(within: Hashes | None, compared: ComparedExamples, on: Part) -> Hashes | None:
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


def _not_compared(dataset: Dataset, keys: RowKeys, compared: ComparedExamples | None) -> int:
    if compared is not None:
        return int((~compared.is_filled).sum())
    return int((~hashes_of(dataset.columns(keys, ["content_id"]), "content_id")[1]).sum())


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


def _exact(dataset: Dataset, keys: RowKeys, compared: ComparedExamples | None, on: Part) -> Rows:
    if compared is None or on is Part.CONVERSATION:
        return equal_conversations(dataset, keys, None if compared is None else compared.digests)
    equal = equal_texts(compared.hashes, compared.is_filled, compared.digests)
    # Two answers to one question are a conflict, not duplicates, if they are short.
    return refined(equal, compared.answers) if on is Part.PROMPT else equal


def _twins(exact: Rows, keeper: Rows, preference: Rows) -> Rows:
    """Return for each row the one of its equals that is best to keep: the keeper if it is one."""
    least = int(preference.min(initial=0)) - 1
    return choose_keepers(exact, np.where(keeper == np.arange(len(keeper)), least, preference))


def _explained(
    keys: RowKeys,
    keeper: Rows,
    twin: Rows,
    near: NearDuplicates | None,
    conflicts: SimilarPairs,
) -> DuplicatePlan:
    removed = np.flatnonzero(keeper != np.arange(len(keeper)))
    is_exact = twin[removed] != removed
    to_keeper = np.ones(len(removed), np.float64)
    neighbour = twin[removed].copy()
    to_neighbour = to_keeper.copy()
    if near is not None:
        others = np.flatnonzero(~is_exact)
        rows = removed[others]
        nearest = near.nearest(rows, keeper[rows])
        to_keeper[others] = nearest.to_keeper
        neighbour[others], to_neighbour[others] = nearest.row, nearest.similarity
        # An equal of one that goes as well is as similar to the keeper as that one is.
        apart = np.flatnonzero(is_exact & (neighbour != keeper[removed]))
        to_keeper[apart] = near.similarity(removed[apart], keeper[removed[apart]])
    return DuplicatePlan(
        keys, keeper, removed, is_exact, to_keeper, neighbour, to_neighbour, conflicts
    )


def _conflicts(
    dataset: Dataset, keys: RowKeys, compared: ComparedExamples | None, near: NearDuplicates
) -> SimilarPairs:
    """Return near-duplicates, and examples with the very same prompt, whose short answers differ.

    The similarity is NaN where only the prompts are the same.
    """
    if compared is None:
        return near.conflicts
    prompts, valid = hashes_of(dataset.columns(keys, ["prompt_id"]), "prompt_id")
    rows = np.flatnonzero(valid & (compared.answers != 0))
    order = rows[np.lexsort((rows, prompts[rows]))]
    first = np.ones(len(order), np.bool_)
    first[1:] = prompts[order][1:] != prompts[order][:-1]
    heads = order[np.flatnonzero(first)][np.cumsum(first) - 1] if len(order) else order
    differ = compared.answers[order] != compared.answers[heads]
    same = set(zip(heads[differ].tolist(), order[differ].tolist(), strict=True))
    found = near.conflicts
    known = zip(found.first.tolist(), found.second.tolist(), found.similarity.tolist(), strict=True)
    pairs = {(one, other): alike for one, other, alike in known}
    for pair in same:
        pairs.setdefault(pair, float("nan"))
    listed = sorted(pairs)
    return SimilarPairs(
        np.array([one for one, _ in listed], np.int64),
        np.array([other for _, other in listed], np.int64),
        np.array([pairs[pair] for pair in listed], np.float64),
    )


def _numbers_of(dataset: Dataset, keys: RowKeys, name: str) -> Hashes:
    values = values_of_field(dataset, keys, name)
    if values and all(each == ABSENT for each in values):
        raise InvalidInput(
            f'no example has a field "{name}"',
            code="field-unknown",
            hint="use kind, source, round, labels.NAME, or a path such as metadata.topic",
        )
    numbers = {value: xxhash.xxh3_64_intdigest(value.encode()) for value in set(values)}
    return np.array([numbers[each] for each in values], np.uint64)
