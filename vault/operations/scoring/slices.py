"""The slices of a dataset by a field: their examples, their metric, and where raters differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vault.dataset.choosing.split_sides import training_side
from vault.dataset.choosing.suggest_names import label_missing
from vault.dataset.comparing.count_by_field import ABSENT, values_by
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import label_names, labels_named, split_of_each
from vault.errors import InvalidInput
from vault.objects.labels.label_name import JUDGE, shown_value
from vault.objects.runs import RowKeys
from vault.session.context import Context
from vault.statistics.bootstrap import Estimate
from vault.statistics.means import estimated_mean, estimated_share

MOST_SLICES = 1_000
"""The values of a field that a plan may have."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MeasuredSlice:
    """One value of a field.

    `examples` are those to train on, `measured` those that have the metric, of which `metric` is
    the mean and `variance` the variance around it. `disagreement` is the share of examples with two
    ratings or more that differ.
    """

    value: str
    examples: int
    measured: int
    metric: Estimate
    variance: float
    disagreement: float | None


@dataclass(frozen=True, slots=True)
class Slices:
    """The slices of a dataset, in the order of their values.

    `side` is the side of the split whose examples count, None where nothing is split; `unassigned`
    examples are on no side, and count too. `without` have no such field, and `seen` of
    the measured are on that side.
    """

    items: tuple[MeasuredSlice, ...]
    side: str | None
    unassigned: int
    without: int
    measured: int
    seen: int
    overall: Estimate


def slices_of(context: Context, dataset: Dataset, by: str, metric: str | None) -> Slices:
    """Return the slices of a dataset by a field, with a metric that is a label.

    Where it is split, the examples of the training side count and those on none, as generated ones
    are at first; those with the metric are measured on any side. A value that no such example has
    is not known, and no slice. Costs reading the field and the labels. Raises NotFound
    (`label-not-found`), InvalidInput (`metric-invalid`, `field-unknown`, `slices-too-many`),
    Corrupt.
    """
    keys = dataset.keys()
    scores = _scores(dataset, keys, metric)
    is_measured = np.isfinite(scores)
    sides = split_of_each(dataset, keys)
    side = None if sides is None else training_side(dataset, sides)
    counts: Mask = np.ones(len(keys), np.bool_)
    if sides is not None and side is not None:
        counts = sides.on(side) | sides.on(None)
    kept = counts | is_measured
    keys, scores, counts, is_measured = keys[kept], scores[kept], counts[kept], is_measured[kept]
    texts = values_by(context, dataset, keys, by)
    names, place = _numbered(texts, by)
    differs = _differing(dataset, keys, metric)
    is_yes_no = bool(np.isin(scores[is_measured], (0.0, 1.0)).all())
    items = []
    for name, own in zip(names, _rows_of_each(place, len(names)), strict=True):
        values = scores[own][is_measured[own]]
        rated = differs[own][differs[own] >= 0]
        items.append(
            MeasuredSlice(
                name,
                int(counts[own].sum()),
                len(values),
                _estimate(values, is_yes_no),
                float(values.var()) if len(values) else 0.0,
                float(rated.mean()) if len(rated) else None,
            )
        )
    return Slices(
        tuple(items),
        side,
        0 if sides is None or side is None else int(sides.on(None).sum()),
        int((place < 0).sum()),
        int(is_measured.sum()),
        0 if side is None else int((is_measured & counts).sum()),
        _estimate(scores[is_measured], is_yes_no),
    )


def _rows_of_each(place: NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    """Return the rows of each of `count` values by their number; -1 is none."""
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(count + 1))
    return [order[start:end] for start, end in pairwise(bounds.tolist())]


def _estimate(values: Floats, is_yes_no: bool) -> Estimate:
    if is_yes_no:
        return estimated_share(int(values.sum()), len(values))
    return estimated_mean(values)


def _numbered(texts: Sequence[str], by: str) -> tuple[list[str], NDArray[np.int64]]:
    """Return the values in order, and the number of each row's, -1 where it has none."""
    names = sorted({each for each in texts if each != ABSENT})
    if not names:
        raise InvalidInput(
            f'no example has a field "{by}"',
            code="field-unknown",
            hint="`--by kind`, source, round, labels.NAME, or data.metadata.topic",
        )
    if len(names) > MOST_SLICES:
        raise InvalidInput(
            f'"{by}" has {len(names):,} values, and a plan has {MOST_SLICES:,} at most',
            code="slices-too-many",
            hint="slice by a field with few values, such as a category or a language",
        )
    numbers: Mapping[str, int] = {name: at for at, name in enumerate(names)}
    return names, np.array([numbers.get(each, -1) for each in texts], np.int64)


def _scores(dataset: Dataset, keys: RowKeys, metric: str | None) -> Floats:
    """Return the metric of each row, NaN where it has none; yes is 1, no is 0."""
    if metric is None:
        return np.full(len(keys), np.nan)
    known = label_names(dataset)
    if metric not in known:
        raise label_missing(metric, known)
    labels = labels_named(dataset, keys, [metric])
    for each in labels.values:
        if isinstance(each, str):
            raise InvalidInput(
                f'the label {metric} is "{shown_value(each)}" on some examples, which is no number',
                code="metric-invalid",
                hint="a metric is a label of numbers, or of true and false: eval.MODEL",
            )
    return np.array([*map(float, labels.values), np.nan], np.float64)[labels.place[:, 0]]


def _differing(dataset: Dataset, keys: RowKeys, metric: str | None) -> NDArray[np.int64]:
    """Return for each row whether its raters differ: 1 or 0, and -1 without two ratings."""
    raters = [] if metric is None else _raters_of(metric, sorted(label_names(dataset)))
    result = np.full(len(keys), -1, np.int64)
    if len(raters) < 2:
        return result
    place = labels_named(dataset, keys, raters).place
    given = (place >= 0).sum(axis=1)
    highest = place.max(axis=1)
    lowest = np.where(place >= 0, place, np.iinfo(np.int64).max).min(axis=1)
    two = given >= 2
    result[two] = (highest != lowest)[two]
    return result


def _raters_of(metric: str, known: Sequence[str]) -> list[str]:
    """Return the labels of the raters of a metric: `quality.anna`, `judge.help.by.MODEL`."""
    stem = metric
    if metric.startswith(JUDGE):
        stem = f"{JUDGE}{metric.removeprefix(JUDGE).partition('.')[0]}.by"
    before = f"{stem}."
    return [each for each in known if each.startswith(before) and "." not in each[len(before) :]]
