"""`diff --where`: of a comparison, only the changes of which either side satisfies expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from vault.dataset.choosing.where import Mask, check_expression, find_matches, require_names
from vault.dataset.comparing.compare import Comparison
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The changes that are left, and how many unchanged examples satisfy the expressions."""

    comparison: Comparison
    unchanged: int


def narrow(context: Context, comparison: Comparison, expressions: Sequence[str]) -> Narrowed:
    """Return what of a comparison satisfies every expression, on its old or its new side.

    Costs evaluating over the newer dataset, which tells how many are unchanged. Errors as
    `matching_keys`; a name is known if either dataset has it.
    """
    old, new = comparison.old, comparison.new
    before = [comparison.removed, comparison.changed_old, comparison.relabelled_old]
    after = [comparison.added, comparison.changed_new, comparison.relabelled_new]
    old_keys, new_keys = np.concatenate(before), np.concatenate(after)
    everything = new.keys()
    left = np.ones(len(old_keys), np.bool_), np.ones(len(everything), np.bool_)
    for expression in expressions:
        checked = check_expression(expression)
        gone = find_matches(context, old, old_keys, checked)
        here = find_matches(context, new, everything, checked)
        require_names(context, [old], checked, gone.seen | here.seen)
        left = left[0] & gone.mask, left[1] & here.mask
    order = np.argsort(everything, kind="stable")
    place = order[np.searchsorted(everything[order], new_keys)]
    came = left[1][place]
    kept = _kept(comparison, left[0], came)
    return Narrowed(kept, int(left[1].sum()) - int(came.sum()))


def _kept(comparison: Comparison, gone: Mask, came: Mask) -> Comparison:
    removed, changed_old, relabelled_old = np.split(
        gone, np.cumsum([len(comparison.removed), len(comparison.changed_old)])
    )
    added, changed_new, relabelled_new = np.split(
        came, np.cumsum([len(comparison.added), len(comparison.changed_new)])
    )
    changed, relabelled = changed_old | changed_new, relabelled_old | relabelled_new
    return replace(
        comparison,
        added=comparison.added[added],
        removed=comparison.removed[removed],
        changed_old=comparison.changed_old[changed],
        changed_new=comparison.changed_new[changed],
        what=tuple(compress(comparison.what, changed.tolist())),
        relabelled_old=comparison.relabelled_old[relabelled],
        relabelled_new=comparison.relabelled_new[relabelled],
    )
