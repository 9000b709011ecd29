"""What `dedupe` found, as people and programs are told it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vault.dataset.changing.stage import Staged
from vault.dataset.listed import ListedExample, listed
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.judged_pairs import EXACT, NEAR
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.plan import DuplicatePlan
from vault.presentation.report_html import Displayed

if TYPE_CHECKING:
    from vault.operations.duplicates.plan.reference import ComparedWith

CONFLICT = "label-conflict"
"""What pairs are called that are alike but for short answers that differ."""

_SHOWN_OF_CLUSTER = 3


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """An example and the one that stays instead of it, or that contradicts it.

    `reason` is `exact-duplicate`, `near-duplicate` or `label-conflict`; `similarity` that of the
    two, None where only their prompts are the same. `neighbour` is the most similar one that was
    compared.
    """

    reason: str
    id: str
    keeper: str
    similarity: float | None
    neighbour: str | None = None
    neighbour_similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An example of a cluster that goes, and how similar it is to the keeper."""

    reason: str
    similarity: float
    example: ListedExample

    def to_json(self) -> dict[str, Any]:
        """Return the example's keys, with the reason and the similarity."""
        return {
            "reason": self.reason,
            "similarity": self.similarity,
            **self.example.to_json(),
        }


@dataclass(frozen=True, slots=True)
class ShownCluster:
    """A cluster of so many examples: its keeper, and those of the others that are least like it."""

    examples: int
    keeper: ListedExample
    items: tuple[Duplicate, ...]


@dataclass(frozen=True, slots=True)
class ShownConflict:
    """Two examples that are alike but for their short answers; `similarity` as in ComparedPair."""

    similarity: float | None
    items: tuple[ListedExample, ListedExample]


@dataclass(frozen=True, slots=True)
class DedupeReport(Displayed):
    """What was found, and what became of it.

    `exact` and `near` add up to what is `removed` (or would be, with `dry_run`); `marked` examples
    were labelled instead. `clusters` and `conflicts` count, `items` and `conflict_items` are the
    first of them, largest clusters first; `pairs` are all, if they were asked for. `too_much` says
    why nothing would be removed without being asked for. `not_compared` examples have no text to
    compare: raw and broken ones. With `against` the keepers are examples of that version or file,
    of which `unread` lines were none; `reference` counts its records by what they were compared
    with, and `reference_not_compared` those that have no text to compare.
    """

    examples: int
    exact: int
    near: int
    clusters: int
    removed: int
    kept: int
    threshold: float
    conflicts: int
    items: tuple[ShownCluster, ...]
    conflict_items: tuple[ShownConflict, ...]
    marked: int = 0
    dry_run: bool = False
    too_much: str | None = None
    staged: Staged | None = None
    pairs: tuple[ComparedPair, ...] = ()
    not_compared: int = 0
    against: str | None = None
    unread: int = 0
    reference: ComparedWith | None = None
    reference_not_compared: int = 0


def report_of(
    dataset: Dataset, plan: DuplicatePlan, comparing: Comparing, limit: int, all_pairs: bool
) -> DedupeReport:
    """Return what a plan says; reads the examples that are shown."""
    keepers, sizes = plan.cluster_sizes()
    exact = int(plan.is_exact.sum())
    removed = len(plan.removed)
    return DedupeReport(
        examples=len(plan.keys),
        exact=exact,
        near=removed - exact,
        clusters=len(keepers),
        removed=removed,
        kept=len(plan.keys) - removed,
        threshold=comparing.threshold,
        conflicts=len(plan.conflicts.first),
        items=tuple(_clusters(dataset, plan, keepers[:limit].tolist(), sizes[:limit].tolist())),
        conflict_items=tuple(_conflicts(dataset, plan, limit)),
        pairs=tuple(_pairs(dataset, plan)) if all_pairs else (),
        not_compared=plan.not_compared,
    )


def _clusters(
    dataset: Dataset, plan: DuplicatePlan, keepers: list[int], sizes: list[int]
) -> Iterator[ShownCluster]:
    of_keeper = plan.keeper[plan.removed]
    for keeper, size in zip(keepers, sizes, strict=True):
        own = np.flatnonzero(of_keeper == keeper)
        own = own[np.argsort(plan.keeper_similarity[own], kind="stable")][:_SHOWN_OF_CLUSTER]
        rows = np.concatenate([[keeper], plan.removed[own]])
        kept, *others = listed(dataset, plan.keys[rows])
        items = tuple(
            Duplicate(
                EXACT if plan.is_exact[at] else NEAR,
                round(float(plan.keeper_similarity[at]), 4),
                example,
            )
            for at, example in zip(own.tolist(), others, strict=True)
        )
        yield ShownCluster(size, kept, items)


def _conflicts(dataset: Dataset, plan: DuplicatePlan, limit: int) -> Iterator[ShownConflict]:
    found = plan.conflicts
    rows = np.column_stack([found.first[:limit], found.second[:limit]]).ravel()
    examples = list(listed(dataset, plan.keys[rows]))
    for at, similarity in enumerate(found.similarity[:limit].tolist()):
        yield ShownConflict(_known(similarity), (examples[2 * at], examples[2 * at + 1]))


def _pairs(dataset: Dataset, plan: DuplicatePlan) -> Iterator[ComparedPair]:
    ids = [each.tobytes().hex() for each in ids_of(dataset.columns(plan.keys, ["id"]))]
    for at, row in enumerate(plan.removed.tolist()):
        yield ComparedPair(
            EXACT if plan.is_exact[at] else NEAR,
            ids[row],
            ids[plan.keeper[row]],
            round(float(plan.keeper_similarity[at]), 4),
            ids[plan.neighbour[at]],
            round(float(plan.neighbour_similarity[at]), 4),
        )
    found = plan.conflicts
    for first, second, similarity in zip(
        found.first.tolist(), found.second.tolist(), found.similarity.tolist(), strict=True
    ):
        yield ComparedPair(CONFLICT, ids[second], ids[first], _known(similarity))


def _known(similarity: float) -> float | None:
    return None if math.isnan(similarity) else round(similarity, 4)
