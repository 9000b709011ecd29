"""Which examples of a dataset are duplicates, and which of them would stay: planned, not done."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xxhash
from numpy.typing import NDArray

from vault.dataset.comparing.count_by_field import ABSENT, values_of_field
from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset, hashes_of
from vault.dataset.reading.judged_pairs import judged_pairs, judged_rows
from vault.dedupe.keepers import choose_keepers, refined, set_apart
from vault.dedupe.near import (
    Apart,
    NearDuplicates,
    SimilarPairs,
)
from vault.dedupe.shingles import mix
from vault.dedupe.similarity import Similarities
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.errors import InvalidInput
from vault.objects.runs import RowKeys
from vault.operations.duplicates.plan.exact_duplicates import equal_conversations, equal_texts
from vault.operations.duplicates.plan.keep_policy import preferences
from vault.operations.duplicates.plan.near_clusters import (
    Comparing,
    find_near,
    open_work,
    with_words_beside,
)
from vault.operations.duplicates.plan.trained_rows import prefer_trained
from vault.operations.duplicates.signing.compared_examples import (
    ComparedExamples,
    read_compared_examples,
)
from vault.operations.duplicates.workers.cluster import Tasks
from vault.session.context import Context

_NO_PAIRS = SimilarPairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64))


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
    same_prompt: bool = False,
) -> DuplicatePlan:
    """Return which examples of a dataset are duplicates of which; `same_prompt`: among its own.

    With `tasks` what costs is done there, else here, by a process for each core (`workers`) where
    much is to be read; the plan is the same. Costs the engine, and reading the records that nothing
    is kept of in the catalogue, unless only whole conversations that are equal are looked for.
    Raises InvalidInput (`keep-invalid`, `field-unknown`), NotFound (`keep-not-found`), Corrupt,
    StorageFailed (`worker-died`), and what `spread_work` raises.
    """
    keys = dataset.keys()
    preference = preferences(dataset, keys, comparing.keep)
    within = None if comparing.within is None else _numbers_of(dataset, keys, comparing.within)
    if same_prompt:
        within = _with_prompts(dataset, keys, within)
    with open_work(context, dataset, keys, comparing, tasks or workers) as work:
        compared = None
        if not comparing.exact or comparing.on is not Part.CONVERSATION:
            compared = read_compared_examples(context, dataset, keys, comparing.on, work)
        exact = _exact(dataset, keys, compared, comparing.on)
        if compared is not None:
            within = with_words_beside(within, compared, comparing.on)
        if within is not None:
            exact = refined(exact, within)
        near = known = None
        cluster = exact
        if compared is not None and not comparing.exact:
            answers = None if comparing.on is Part.RESPONSE else compared.answers
            apart = Apart(answers, within)
            near, known = find_near(context, dataset, keys, compared, apart, comparing)
            cluster = near.cluster[exact]
        stays, others = judged_rows(dataset, keys, judged_pairs(dataset.store, dataset.manifest))
        alone = np.unique(stays[cluster[stays] == cluster[others]])
        cluster, exact = set_apart(cluster, alone), set_apart(exact, alone)
        preference = prefer_trained(dataset, keys, compared, exact, preference)
        keeper = choose_keepers(cluster, preference)
        conflicts = _NO_PAIRS if near is None else _conflicts(dataset, keys, compared, near)
        plan = _explained(keys, keeper, _twins(exact, keeper, preference), near, conflicts)
        if compared is not None and near is not None and known is not None:
            compared.keep(near, known, comparing.threshold)
        left_out = None if near is None or comparing.count_shared else near.boilerplate
        without = _not_compared(dataset, keys, compared)
        return replace(plan, boilerplate=left_out, not_compared=without)


def _not_compared(dataset: Dataset, keys: RowKeys, compared: ComparedExamples | None) -> int:
    if compared is not None:
        return int((~compared.is_filled).sum())
    return int((~hashes_of(dataset.columns(keys, ["content_id"]), "content_id")[1]).sum())


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


def _with_prompts(dataset: Dataset, keys: RowKeys, within: Hashes | None) -> Hashes:
    """Return a number for each row that only rows with the same prompt share."""
    prompts, _ = hashes_of(dataset.columns(keys, ["prompt_id"]), "prompt_id")
    return prompts.copy() if within is None else mix(within.copy()) + prompts


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
