"""`split`: put examples on the sides of a split, so that what belongs together stays together.

What has a side is never moved: an example without one takes the side of its group, and only groups
without a side are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.dataset.changing.stage import change_and_count
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.choosing.split_sides import recorded_rule
from vault.dataset.choosing.where import matching_mask
from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.shingles import is_first
from vault.dedupe.texts import Rows
from vault.objects.labels.label_set import GROUP, SPLIT
from vault.objects.manifest import Manifest
from vault.objects.split_rule import SplitRule
from vault.operations.duplicates.guards import check_threshold
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.recorded_boilerplate import has_boilerplate, with_boilerplate
from vault.operations.splitting.draw import (
    Drawn,
    Strata,
    drawn_by_hash,
    drawn_by_strata,
    hashes_of,
)
from vault.operations.splitting.field_numbers import numbers_of_field
from vault.operations.splitting.groups import Bound, bind
from vault.operations.splitting.members import Members, read_members
from vault.operations.splitting.report import SplitReport, report_of
from vault.operations.splitting.settings import (
    rule_for,
    rule_missing,
    with_rule,
)
from vault.session.context import Context, Draft
from vault.session.trial import trial_of


@dataclass(frozen=True, slots=True)
class SplitOptions:
    """What was typed of the rule, and how near-duplicates are compared."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    comparing: Comparing = field(default_factory=Comparing)
    dry_run: bool = False


def split(context: Context, options: SplitOptions) -> SplitReport:
    """Give the examples of the stage that have no side one, and record the rule.

    Costs finding near-duplicates, which is what a second `dedupe` costs. Raises InvalidInput
    (`split-rule-missing`, `field-unknown`, `threshold-invalid`), what `rule_for` raises,
    InvalidExpression (`name-unknown`), Conflict (`detached-head`).
    """
    check_threshold(options.comparing.threshold)
    with trial_of(context, is_trial=options.dry_run) as trial:

        def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, SplitReport]:
            recorded = recorded_rule(trial.store, dataset.manifest)
            rule = rule_for(trial.folder, recorded, options.typed)
            if rule is None:
                raise rule_missing()
            return split_dataset(trial, dataset, rule, options.comparing)

        staged, report = change_and_count(trial, change)
    return replace(report, staged=staged, dry_run=options.dry_run)


def split_dataset(
    context: Context, dataset: Dataset, rule: SplitRule, comparing: Comparing
) -> tuple[Manifest, SplitReport]:
    """Return the manifest of a dataset whose examples have sides by a rule, and the report.

    Stores what the manifest needs. Raises what `split` raises but for the branch.
    """
    if comparing.on is Part.RESPONSE:
        # Answers that are alike are no leak: what a trainer must not have seen is the question.
        comparing = replace(comparing, on=Part.CONVERSATION)
    members = read_members(context, dataset, rule, comparing)
    may_leave = _may_leave(context, dataset, members, rule)
    bound = bind(members.side, members.shared, members.ranks.key)
    bound = _without_kept_back(bound, may_leave)
    drawn = _sides_of_groups(context, dataset, members, bound, may_leave, rule)
    manifest = _labelled(context, dataset, members, bound, drawn)
    left_out, store = members.near.boilerplate, context.store
    if left_out is not None and not has_boilerplate(store, manifest, comparing.on, left_out):
        manifest = with_boilerplate(store, manifest, comparing.on, left_out)
    before = recorded_rule(context.store, dataset.manifest)
    manifest = with_rule(context.store, manifest, rule)
    report = report_of(members, bound, drawn, rule)
    if may_leave is not None:
        report = replace(report, may_leave=int(may_leave.sum()))
    is_changed = before is not None and _texts(before) != _texts(rule)
    return manifest, replace(report, changed=is_changed and bool((members.side >= 0).any()))


def _texts(rule: SplitRule) -> tuple[object, ...]:
    return (tuple(rule.sides.items()), rule.seed, rule.group_by, rule.stratify, rule.hold_out)


def _may_leave(
    context: Context, dataset: Dataset, members: Members, rule: SplitRule
) -> NDArray[np.bool_] | None:
    """Tell which rows may go to another side than the first; None for all."""
    if rule.hold_out is None:
        return None
    return matching_mask(context, dataset, members.keys, rule.hold_out)


def _without_kept_back(bound: Bound, may_leave: NDArray[np.bool_] | None) -> Bound:
    """Return what rows are bound to, but for rows that may not go where they belong.

    On the first side they would be a leak, and so they get none.
    """
    if may_leave is None:
        return bound
    side = np.append(bound.side, -1)[bound.group]
    return replace(bound, group=np.where((side > 0) & ~may_leave[bound.rows], -1, bound.group))


def _sides_of_groups(
    context: Context,
    dataset: Dataset,
    members: Members,
    bound: Bound,
    may_leave: NDArray[np.bool_] | None,
    rule: SplitRule,
) -> Rows:
    """Return the side of each group of new rows: the one that it has, else one that is drawn."""
    side = bound.side.copy()
    to_draw = np.flatnonzero(side < 0)
    # Read also where nothing is drawn: a field that nobody has must not be recorded.
    stratify = rule.stratify if len(members.keys) else None
    values = None
    if stratify is not None:
        values = numbers_of_field(context, dataset, members.keys, stratify)
    if not len(to_draw):
        return side
    every = np.ones(len(members.keys), np.bool_) if may_leave is None else may_leave
    drawn = _drawn(bound, to_draw, every, members, rule.seed)
    shares = list(rule.sides.values())
    if values is None:
        side[to_draw] = drawn_by_hash(drawn, shares, int(every.sum()))
        return side
    strata = _strata(bound, to_draw, values, every, members, len(shares))
    side[to_draw] = drawn_by_strata(drawn, strata, shares)
    return side


def _drawn(
    bound: Bound, to_draw: Rows, every: NDArray[np.bool_], members: Members, seed: int
) -> Drawn:
    groups = len(bound.side)
    own = bound.group >= 0
    sizes = np.bincount(bound.group[own], minlength=groups)
    stays = own & ~every[bound.rows]
    staying = np.bincount(bound.group[stays], minlength=groups)
    keys = members.ranks.ids[bound.key[to_draw]]
    return Drawn(hashes_of(keys, seed), sizes[to_draw], staying[to_draw] == 0)


def _strata(
    bound: Bound,
    to_draw: Rows,
    values: NDArray[np.int64],
    every: NDArray[np.bool_],
    members: Members,
    sides: int,
) -> Strata:
    """Return the strata of the groups to draw, and how many rows are on each side of them.

    Rows without a value are a stratum as well. Rows that may not leave the first side are left out.
    """
    values = np.where(values < 0, int(values.max(initial=-1)) + 1, values)
    count = int(values.max(initial=-1)) + 1
    side = members.side.copy()
    of_row = np.append(bound.side, -1)[bound.group]
    side[bound.rows] = of_row
    there = np.zeros((count, sides), np.int64)
    counted = (side >= 0) & (side < sides) & every
    np.add.at(there, (values[counted], side[counted]), 1)
    place = np.full(len(bound.side) + 1, -1)
    place[to_draw] = np.arange(len(to_draw))
    group = place[bound.group]
    own = group >= 0
    code = np.sort(group[own] * count + values[bound.rows[own]])
    starts = np.flatnonzero(is_first(code))
    rows = np.diff(starts, append=len(code))
    return Strata(code[starts] // count, code[starts] % count, rows, there)


def _labelled(
    context: Context, dataset: Dataset, members: Members, bound: Bound, side: Rows
) -> Manifest:
    """Return the manifest with the sides of new rows, and the keys of groups that need saying."""
    own = np.flatnonzero(bound.group >= 0)
    rows, group = bound.rows[own], bound.group[own]
    author, time = context.intent.author, context.intent.time
    changes = [LabelChange(SPLIT, members.keys[rows], members.names, side[group], author, time)]
    ranks = members.ranks
    told = np.flatnonzero(bound.key[group] != ranks.key[rows])
    if len(told):
        key = np.sort(bound.key[group[told]])
        key = key[is_first(key)]
        texts = [each.tobytes().hex() for each in ranks.ids[key]]
        place = np.searchsorted(key, bound.key[group[told]])
        keys = members.keys[rows[told]]
        changes.append(LabelChange(GROUP, keys, texts, place, author, time))
    return with_label_changes(dataset, changes) if len(own) else dataset.manifest
