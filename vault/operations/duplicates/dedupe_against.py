"""`dedupe --against`: take out of the stage what is in another version, or in an evaluation set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.dataset.changing.edit import taken_out
from vault.dataset.changing.stage import change_and_count
from vault.dataset.listed import listed
from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.judged_pairs import CONTAINED, EXACT, NEAR, judged_pairs
from vault.dedupe.similarity import Similarities
from vault.dedupe.texts import Rows
from vault.errors import InvalidInput
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys
from vault.operations.duplicates.dedupe import DedupeOptions
from vault.operations.duplicates.guards import check_threshold, too_much_error, why_too_much
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.reference import (
    AS_IT_IS,
    NOTHING_COMPARED,
    ComparedWith,
    ReadAs,
    Reference,
    nothing_compared,
    open_reference,
)
from vault.operations.duplicates.plan.reference_matches import match_reference
from vault.operations.duplicates.report import ComparedPair, DedupeReport, Duplicate, ShownCluster
from vault.operations.duplicates.workers.open_engine import LOCAL
from vault.session.context import Context, Draft
from vault.session.trial import trial_of

LEAST_RUN_WORDS = 5
_SHOWN_OF_CLUSTER = 3
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class AgainstPlan:
    """Which rows of a dataset match which rows of a reference, and how.

    `removed` are places among `keys`, ascending; `other` is the reference row of each, a place
    among `reference_keys`. Of `not_compared` rows nothing was there to compare.
    """

    keys: RowKeys
    reference_keys: RowKeys
    removed: Rows
    other: Rows
    reasons: NDArray[np.str_]
    similarity: Similarities
    not_compared: int = 0
    compared_with: ComparedWith = NOTHING_COMPARED


def dedupe_against(context: Context, against: str, options: DedupeOptions) -> DedupeReport:
    """Take out of the stage what matches an example of a revision or a file.

    Equal conversations always match; near ones unless `exact`; with `containment` what shares a
    run of so many words. With prompts compared, different answers do not matter. A prompt alone is
    compared with prompts, plain text with each message. What is in the stage twice stays twice.
    Raises InvalidInput (`against-options`, `containment-invalid`, `threshold-invalid`;
    `reference-not-compared` and `examples-not-compared` if one side has nothing to compare), what
    `open_reference` raises, Conflict (`dedupe-too-much`, `detached-head`), Corrupt.
    """
    comparing, containment = options.comparing, options.containment
    check_threshold(comparing.threshold)
    _check(options, containment)
    read_as = ReadAs(options.format, options.mapping)
    reference = open_reference(context, against, read_as=read_as, part=comparing.on)

    with trial_of(context, is_trial=options.dry_run) as trial:

        def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, DedupeReport]:
            plan = _plan(trial, dataset, reference, comparing, containment)
            _check_compared(plan, reference, comparing.on, is_mapped=read_as.said is not None)
            too_much = _refuse_too_much(plan, options)
            report = _report(dataset, plan, reference, options)
            told = too_much if options.dry_run else None
            return _without(trial, dataset, plan, reference), replace(report, too_much=told)

        staged, report = change_and_count(trial, change)
    return replace(report, staged=staged, dry_run=options.dry_run)


def _refuse_too_much(plan: AgainstPlan, options: DedupeOptions) -> str | None:
    """Return why a plan takes out too much, if it does; raises Conflict unless `yes` or a trial."""
    too_much = why_too_much(len(plan.keys), len(plan.removed), 0)
    if too_much is not None and not (options.yes or options.dry_run):
        raise too_much_error(too_much)
    return too_much


def without_matches(
    context: Context, dataset: Dataset, against: str, options: DedupeOptions, *, among: RowKeys
) -> tuple[Manifest, int]:
    """Return the manifest without the rows of `among` that match an example of a file, and a count.

    Matches and costs are those of `dedupe_against`, and so is what is raised.
    """
    comparing = options.comparing
    reference = open_reference(context, against, read_as=AS_IT_IS, part=comparing.on)
    plan = _plan(context, dataset, reference, comparing, options.containment)
    _check_compared(plan, reference, comparing.on, is_mapped=False)
    meant = np.isin(plan.keys[plan.removed], among)
    plan = replace(
        plan,
        removed=plan.removed[meant],
        other=plan.other[meant],
        reasons=plan.reasons[meant],
        similarity=plan.similarity[meant],
    )
    _refuse_too_much(plan, options)
    return _without(context, dataset, plan, reference), len(plan.removed)


def _plan(
    context: Context,
    dataset: Dataset,
    reference: Reference,
    comparing: Comparing,
    containment: int | None,
) -> AgainstPlan:
    keys, others = dataset.keys(), reference.dataset.keys()
    if not len(keys) or not len(others):
        none = np.zeros(0, np.int64)
        return AgainstPlan(keys, others, none, none, np.zeros(0, "U1"), np.zeros(0, np.float64))
    matched = match_reference(context, dataset, reference, comparing, containment)
    found = matched.found
    row = found.row
    judged = judged_pairs(dataset.store, dataset.manifest)
    removed = np.flatnonzero(row >= 0)
    if judged:
        ids = ids_of(dataset.columns(keys[removed], ["id"]))
        theirs = ids_of(reference.dataset.columns(others[row[removed]], ["id"]))
        pairs = zip(ids, theirs, strict=True)
        removed = removed[[(a.tobytes(), b.tobytes()) not in judged for a, b in pairs]]
    return AgainstPlan(
        keys,
        others,
        removed,
        row[removed],
        found.reasons[removed],
        found.similarity[removed],
        int((~matched.is_compared & (row < 0)).sum()),
        matched.compared_with,
    )


def _check_compared(
    plan: AgainstPlan, reference: Reference, part: Part, *, is_mapped: bool
) -> None:
    """Raise InvalidInput if one side has nothing to compare: that is no answer."""
    if len(plan.removed) or not len(plan.keys):
        return
    is_empty_file = reference.is_file and not len(plan.reference_keys)
    if is_empty_file or (len(plan.reference_keys) and not plan.compared_with.records):
        raise nothing_compared(reference, part, is_mapped=is_mapped)
    if plan.not_compared == len(plan.keys) and len(plan.reference_keys):
        raise InvalidInput(
            f"none of the {len(plan.keys):,} examples has text to compare with {reference.name}",
            code="examples-not-compared",
            hint="`vault import --replace FILE --map user=FIELD` says what raw records hold",
        )


def _without(
    context: Context, dataset: Dataset, plan: AgainstPlan, reference: Reference
) -> Manifest:
    if not len(plan.removed):
        return dataset.manifest
    rows = plan.keys[plan.removed]
    reasons = {reason: plan.reasons == reason for reason in (EXACT, NEAR, CONTAINED)}
    return taken_out(context, dataset, plan.keys, rows, reasons, list(_details(plan, reference)))


def _details(plan: AgainstPlan, reference: Reference) -> Iterator[Mapping[str, Any]]:
    others = reference.dataset.columns(plan.reference_keys[plan.other], ["id"])
    for each, similarity in zip(ids_of(others), plan.similarity.tolist(), strict=True):
        yield {
            "against": reference.name,
            "keeper": each.tobytes().hex(),
            "keeper_similarity": round(similarity, _DIGITS),
        }


def _report(
    dataset: Dataset, plan: AgainstPlan, reference: Reference, options: DedupeOptions
) -> DedupeReport:
    exact = int((plan.reasons == EXACT).sum())
    removed = len(plan.removed)
    found, sizes = np.unique(plan.other, return_counts=True)
    largest = found[np.lexsort((found, -sizes))]
    return DedupeReport(
        examples=len(plan.keys),
        exact=exact,
        near=removed - exact,
        clusters=len(found),
        removed=removed,
        kept=len(plan.keys) - removed,
        threshold=options.comparing.threshold,
        conflicts=0,
        items=tuple(_clusters(dataset, plan, reference, largest[: options.limit].tolist())),
        conflict_items=(),
        pairs=tuple(_pairs(dataset, plan, reference)) if options.all_pairs else (),
        not_compared=plan.not_compared,
        against=reference.name,
        unread=reference.unread,
        reference=plan.compared_with,
        reference_not_compared=len(plan.reference_keys) - plan.compared_with.records,
    )


def _clusters(
    dataset: Dataset, plan: AgainstPlan, reference: Reference, others: list[int]
) -> Iterator[ShownCluster]:
    for other in others:
        own = np.flatnonzero(plan.other == other)
        size = len(own) + 1
        own = own[np.argsort(plan.similarity[own], kind="stable")][:_SHOWN_OF_CLUSTER]
        (keeper,) = listed(reference.dataset, plan.reference_keys[[other]])
        examples = listed(dataset, plan.keys[plan.removed[own]])
        items = tuple(
            Duplicate(str(plan.reasons[at]), round(float(plan.similarity[at]), _DIGITS), each)
            for at, each in zip(own.tolist(), examples, strict=True)
        )
        yield ShownCluster(size, keeper, items)


def _pairs(dataset: Dataset, plan: AgainstPlan, reference: Reference) -> Iterator[ComparedPair]:
    mine = ids_of(dataset.columns(plan.keys[plan.removed], ["id"]))
    theirs = ids_of(reference.dataset.columns(plan.reference_keys[plan.other], ["id"]))
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        yield ComparedPair(
            str(plan.reasons[at]),
            one.tobytes().hex(),
            other.tobytes().hex(),
            round(float(plan.similarity[at]), _DIGITS),
        )


def _check(options: DedupeOptions, containment: int | None) -> None:
    comparing = options.comparing
    others = {
        "--mark": options.mark,
        "--within": comparing.within is not None,
        f"--engine {options.engine}": options.engine != LOCAL,
    }
    if containment is not None:
        others["--exact and --containment together"] = comparing.exact
    refused = [name for name, is_given in others.items() if is_given]
    if refused:
        raise InvalidInput(
            f"--against does not go with {refused[0]}",
            code="against-options",
            hint=f"leave out {refused[0].removesuffix(' together')}",
        )
    if containment is not None and containment < LEAST_RUN_WORDS:
        raise InvalidInput(
            f"a run of {containment} words says little",
            code="containment-invalid",
            hint=f"give at least {LEAST_RUN_WORDS}; 13 is usual",
        )
