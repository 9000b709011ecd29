"""The rows of a dataset as a split sees them: their sides, their keys, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vault.dataset.choosing.split_sides import group_keys
from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of
from vault.dataset.reading.labels import split_of_each
from vault.dedupe.texts import Rows
from vault.objects.runs import RowKeys
from vault.objects.split_rule import SplitRule
from vault.operations.duplicates.plan.near_clusters import Comparing, NearClusters, near_clusters
from vault.operations.splitting.field_numbers import numbers_of_field
from vault.operations.splitting.groups import Ranks, Shared, ranked
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class Members:
    """The rows of a dataset, by their row keys.

    `side` is the place of each row's side in `names`, -1 without one; the sides of the rule come
    first, in its order. `shared` are the things that rows may have in common, and `near` how
    near-duplicates were found.
    """

    keys: RowKeys
    names: Sequence[str]
    side: Rows
    ranks: Ranks
    shared: Sequence[Shared]
    near: NearClusters


def read_members(
    context: Context, dataset: Dataset, rule: SplitRule, comparing: Comparing
) -> Members:
    """Return the rows of a dataset with all by which they belong together.

    That is a prompt, a cluster of near-duplicates, a value of the field that the rule groups by,
    and the key of a group. Raises what `near_clusters` and `numbers_of_field` raise.
    """
    keys = dataset.keys()
    table = dataset.columns(keys, ["id", "prompt_id"])
    ids = ids_of(table)
    near = near_clusters(context, dataset, keys, comparing)
    ranks = ranked(ids, *group_keys(dataset, keys))
    every = np.ones(len(keys), np.bool_)
    shared = [Shared(*hashes_of(table, "prompt_id")), Shared(near.cluster, every)]
    if rule.group_by is not None:
        values = numbers_of_field(context, dataset, keys, rule.group_by)
        shared.append(Shared(values, values >= 0))
    if (ranks.key != ranks.own).any():
        # Whoever comes back finds its group, also where what was alike has gone.
        shared.append(Shared(ranks.key, every))
    names, side = _sides(dataset, keys, rule)
    return Members(keys, names, side, ranks, shared, near)


def _sides(dataset: Dataset, keys: RowKeys, rule: SplitRule) -> tuple[list[str], Rows]:
    names = list(rule.sides)
    found = split_of_each(dataset, keys)
    if found is None:
        return names, np.full(len(keys), -1)
    known = {name: at for at, name in enumerate(names)}
    places = [-1 if each is None else known.setdefault(each, len(known)) for each in found.names]
    return list(known), np.array(places)[found.place]
