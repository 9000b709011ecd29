"""Why a figure of `agreement` is missing, or says less than it seems to: plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from vault.objects.labels.label_name import shown_value
from vault.objects.labels.label_set import LabelValue
from vault.operations.labelling.judge_rate import judge_among
from vault.operations.labelling.rated_values import RatedValues
from vault.statistics.measure import (
    MOST_CATEGORIES,
    MOST_PAIRED_RATERS,
    Coefficients,
    paired_values,
)
from vault.statistics.ratings import MISSING, Ratings


def notes_on(
    names: Sequence[str], rated: RatedValues, ratings: Ratings, found: Coefficients
) -> Iterator[str]:
    """Yield what the figures of some ratings do not say themselves."""
    if len(names) < 2:
        yield f"{names[0]} is the only rater, so there is nothing to compare"
        return
    if not ratings.examples:
        yield "no example has two ratings, so there is nothing to compare"
        return
    values = paired_values(ratings)
    if len(values) < 2:
        yield (
            f"all ratings are {named(rated.values[values[0]])}: agreement by chance is unknown, "
            "so kappa, alpha and AC are not given"
        )
        return
    yield from _on_kappa(names, rated, ratings, found)
    if len(rated.values) > MOST_CATEGORIES:
        yield f"AC2 and a table are not given for more than {MOST_CATEGORIES} different numbers"
    if found.agreement.value == 1:
        yield "all ratings agree, so resampling them gives no interval"
    if judge_among(names) is not None and not rated.is_yes_no:
        yield "the pass rate is corrected for values that are yes or no: see --cut and --positive"


def _on_kappa(
    names: Sequence[str], rated: RatedValues, ratings: Ratings, found: Coefficients
) -> Iterator[str]:
    if len(names) > MOST_PAIRED_RATERS:
        yield f"kappa compares each two raters, of {MOST_PAIRED_RATERS} at most: see alpha"
    elif len(names) > 2 and found.kappa.value is None:
        yield "kappa is undefined for two of the raters (see pairs); alpha needs no such pair"
    elif len(names) == 2:
        patterns = ratings.patterns[(ratings.patterns != MISSING).all(axis=1)]
        for at, name in enumerate(names):
            given = np.unique(patterns[:, at])
            if len(given) == 1:
                value = named(rated.values[int(given[0])])
                yield f"{name} says {value} of every example, so kappa is 0 whatever the other says"


def named(value: LabelValue) -> str:
    """Return a value as sentences and tables show it: yes and no for true and false."""
    return ("yes" if value else "no") if isinstance(value, bool) else shown_value(value)
