"""`dedupe`: take duplicates out of the stage, one of each cluster stays. Or mark them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vault.dataset.changing.edit import taken_out
from vault.dataset.changing.stage import change_and_count
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.judged_pairs import EXACT, NEAR
from vault.dataset.reading.labels import keys_with_label
from vault.objects.manifest import Manifest
from vault.operations.duplicates.guards import check_threshold, too_much_error, why_too_much
from vault.operations.duplicates.plan.keep_policy import CLUSTER
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.plan import DuplicatePlan, plan_duplicates
from vault.operations.duplicates.plan.recorded_boilerplate import with_boilerplate
from vault.operations.duplicates.report import DedupeReport, report_of
from vault.operations.duplicates.workers.cluster import Tasks
from vault.operations.duplicates.workers.open_engine import LOCAL, open_engine
from vault.session.context import Context, Draft
from vault.session.trial import trial_of

_SIMILARITY_DIGITS = 4
_SHORT_ID = 12


@dataclass(frozen=True, slots=True)
class DedupeOptions:
    """What to look for, and what to do with it.

    `mark` labels each cluster instead of taking anything out; `yes` goes on where much would go;
    `limit` is how many clusters the report shows, and `all_pairs` adds every pair to it. `engine`
    is who does the work, as `open_engine` has it. `against` names what to compare with instead, a
    revision or a file, which is read as `format` and `mapping` say, as by an import; with
    `containment` what shares a run of so many words goes, too.
    """

    comparing: Comparing = field(default_factory=Comparing)
    mark: bool = False
    yes: bool = False
    dry_run: bool = False
    limit: int = 10
    all_pairs: bool = False
    engine: str = LOCAL
    against: str | None = None
    containment: int | None = None
    format: str | None = None
    mapping: Mapping[str, str] | None = None


def dedupe(context: Context, options: DedupeOptions) -> DedupeReport:
    """Take duplicates out of the stage, each with its keeper and nearest neighbour as the reason.

    Importing them again leaves them out; restoring one remembers that it is no duplicate. Raises
    Conflict (`dedupe-too-much`) if more than 30 % would go or a cluster holds more than 5 % of 100
    examples or more, unless that was said to be right; InvalidInput (`threshold-invalid`) and what
    `plan_duplicates` and `open_engine` raise; Conflict (`detached-head`).
    """
    check_threshold(options.comparing.threshold)
    with open_engine(context, options.engine) as tasks:
        with trial_of(context, is_trial=options.dry_run) as trial:

            def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, DedupeReport]:
                return deduped(trial, dataset, options, tasks)

            staged, report = change_and_count(trial, change)
        return replace(report, staged=staged)


def deduped(
    context: Context, dataset: Dataset, options: DedupeOptions, tasks: Tasks | None = None
) -> tuple[Manifest, DedupeReport]:
    """Return the manifest of a dataset without its duplicates, or with them marked, and the report.

    Stores the parts of the manifest. A dry run tells if it would be refused. Raises what `dedupe`
    raises but for the branch.
    """
    plan = plan_duplicates(context, dataset, options.comparing, tasks)
    report = report_of(dataset, plan, options.comparing, options.limit, options.all_pairs)
    report = replace(report, dry_run=options.dry_run)
    if options.mark:
        manifest, marked = _marked(context, dataset, plan)
        return manifest, replace(report, removed=0, kept=report.examples, marked=marked)
    too_much = _too_much(plan)
    if options.dry_run:
        report = replace(report, too_much=too_much)
    elif too_much is not None and not options.yes:
        raise too_much_error(too_much)
    manifest = _without_duplicates(context, dataset, plan)
    if len(plan.removed) and plan.boilerplate is not None:
        on = options.comparing.on
        manifest = with_boilerplate(context.store, manifest, on, plan.boilerplate)
    return manifest, report


def _without_duplicates(context: Context, dataset: Dataset, plan: DuplicatePlan) -> Manifest:
    if not len(plan.removed):
        return dataset.manifest
    rows = plan.keys[plan.removed]
    reasons = {EXACT: plan.is_exact, NEAR: ~plan.is_exact}
    return taken_out(context, dataset, plan.keys, rows, reasons, list(_details(dataset, plan)))


def _too_much(plan: DuplicatePlan) -> str | None:
    _, sizes = plan.cluster_sizes()
    return why_too_much(len(plan.keys), len(plan.removed), int(sizes.max(initial=0)))


def _details(dataset: Dataset, plan: DuplicatePlan) -> Iterator[dict[str, Any]]:
    keepers = ids_of(dataset.columns(plan.keys[plan.keeper[plan.removed]], ["id"]))
    neighbours = ids_of(dataset.columns(plan.keys[plan.neighbour], ["id"]))
    for keeper, to_keeper, neighbour, to_neighbour in zip(
        keepers,
        plan.keeper_similarity.tolist(),
        neighbours,
        plan.neighbour_similarity.tolist(),
        strict=True,
    ):
        yield {
            "keeper": keeper.tobytes().hex(),
            "keeper_similarity": round(to_keeper, _SIMILARITY_DIGITS),
            "neighbour": neighbour.tobytes().hex(),
            "neighbour_similarity": round(to_neighbour, _SIMILARITY_DIGITS),
        }


def _marked(context: Context, dataset: Dataset, plan: DuplicatePlan) -> tuple[Manifest, int]:
    """Return the manifest with a label on every member of a cluster, and how many there are."""
    keepers, _ = plan.cluster_sizes()
    members = np.unique(np.concatenate([plan.removed, keepers]))
    kept, cluster = np.unique(plan.keeper[members], return_inverse=True)
    ids = ids_of(dataset.columns(plan.keys[kept], ["id"]))
    names = [each.tobytes().hex()[:_SHORT_ID] for each in ids]
    intent = context.intent
    changes = [
        LabelChange.taken_off(CLUSTER, keys_with_label(dataset, CLUSTER)),
        LabelChange(CLUSTER, plan.keys[members], names, cluster, intent.author, intent.time),
    ]
    return with_label_changes(dataset, changes), len(members)
