"""`agreement`: how far labels of several raters agree, and what a judge's pass rate is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.comparing.count_by_field import ABSENT, values_of_field
from vault.dataset.reading.labels import labels_named
from vault.errors import InvalidInput
from vault.objects.labels.label_set import LabelValue
from vault.operations.labelling.compared_labels import Raters, find_raters
from vault.operations.labelling.judge_rate import CorrectedRate, corrected, judge_among
from vault.operations.labelling.rated_values import MOST_VALUES, RatedValues, YesNo, rated_values
from vault.presentation.report_html import Displayed
from vault.session.context import Context

if TYPE_CHECKING:
    from vault.statistics.measure import Coefficients
    from vault.statistics.ratings import Ratings

TO_FILTER, TO_DROP = 0.6, 0.8
"""The least kappa of a label to filter by, and of one to drop examples by that nobody looks at."""

LEAST_CALIBRATION = 100
"""How many examples must have a judge's label and the truth, for the judge to be calibrated."""

MOST_GROUPS = 100
"""Values of a field that figures are given for, those with most examples."""

_COLUMNS = ("turns", "chars", "tokens")

Interval = tuple[float, float] | None


class AgreementArguments(TypedDict, total=False):
    """The keyword arguments that make `AgreementOptions`."""

    cut: float | None
    positive: Sequence[LabelValue]
    by: str | None
    unordered: bool


@dataclass(frozen=True, slots=True)
class AgreementOptions:
    """How labels are compared.

    Numbers from `cut` on, and values in `positive`, become yes and all others no; yes and no stay.
    `by` is a field by whose values figures are given besides. `unordered` ignores the order of
    values.
    """

    cut: float | None = None
    positive: Sequence[LabelValue] = ()
    by: str | None = None
    unordered: bool = False


@dataclass(frozen=True, slots=True)
class Rater:
    """A label that is compared, and how many examples have it."""

    name: str
    examples: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How far raters agree on `examples`, which have two ratings or more.

    Intervals are of 95 %. None is what the examples do not determine.
    """

    examples: int
    agreement: float | None
    agreement_interval: Interval
    kappa: float | None
    kappa_interval: Interval
    alpha: float | None
    alpha_interval: Interval
    ac2: float | None
    ac2_interval: Interval


@dataclass(frozen=True, slots=True)
class Table:
    """`counts[i][j]` examples have `values[i]` by the rater `rows` and `values[j]` by `columns`.

    Of more than two raters both are None, and each pair of ratings of an example is counted.
    """

    rows: str | None
    columns: str | None
    values: tuple[LabelValue, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two of the raters agree on the examples that both rated."""

    raters: tuple[str, str]
    examples: int
    agreement: float | None
    kappa: float | None
    kappa_interval: Interval
    table: Table | None


@dataclass(frozen=True, slots=True)
class AgreementReport(Figures, Displayed):
    """How far labels agree.

    `scale` is nominal, ordinal or interval; on the last two disagreements have quadratic `weights`.
    `kappa_of` says whose kappa it is: Cohen's of two raters, Light's (the mean of all pairs) of
    more. `enough_for` is what kappa suffices for: drop, filter or nothing; None below 100 examples,
    of which it decides nothing. `calibrated` and
    `corrected` are of a judge that is compared with one other label.
    """

    commit: str | None
    labels: tuple[str, ...]
    raters: tuple[Rater, ...]
    scale: str
    weights: str | None
    kappa_of: str
    enough_for: str | None
    calibrated: bool | None
    corrected: CorrectedRate | None
    table: Table | None
    pairs: tuple[PairAgreement, ...]
    by: Mapping[str, Figures] | None
    notes: tuple[str, ...]


def agreement(
    context: Context,
    words: Sequence[str],
    revision: str | None = None,
    options: AgreementOptions | None = None,
    *,
    expressions: Sequence[str] = (),
) -> AgreementReport:
    """Return how far labels agree, of the examples of a revision that satisfy all expressions.

    `words` are as in `find_raters`. A million examples of three raters cost 1 s. Raises what
    `find_raters`, `rated_values` and `matching_keys` raise, and InvalidInput (`field-unknown`).
    """
    options = options or AgreementOptions()
    raters = find_raters(context, words, revision)
    dataset, names = raters.dataset, raters.names
    keys = satisfying(context, dataset, dataset.keys(), expressions)
    labels = labels_named(dataset, keys, names)
    yes_no = YesNo(options.cut, tuple(options.positive))
    rated = rated_values(labels, names, context.folder, yes_no, options.unordered)
    is_rated = (rated.codes >= 0).any(axis=1)
    groups = None
    if options.by is not None:
        values = _group_values(raters, keys[is_rated], options.by)
        groups = dict(_by_group(rated, rated.codes[is_rated], values))
    return _report(raters, rated, groups)


def _report(
    raters: Raters, rated: RatedValues, groups: Mapping[str, Figures] | None
) -> AgreementReport:
    from vault.operations.labelling.agreement_notes import notes_on
    from vault.statistics.measure import measure

    names = raters.names
    ratings = _ratings(rated, rated.codes)
    coefficients = measure(ratings)
    figures = _figures(ratings, coefficients)
    judge = judge_among(names)
    correction = None
    if judge is not None and rated.is_yes_no:
        correction = corrected(names, judge, rated.codes)
    return AgreementReport(
        **{each.name: getattr(figures, each.name) for each in fields(Figures)},
        commit=raters.revision.commit,
        labels=raters.asked,
        raters=tuple(map(Rater, names, (rated.codes >= 0).sum(axis=0).tolist())),
        scale=rated.scale.value,
        weights=None if ratings.positions is None else "quadratic",
        kappa_of="Cohen" if len(names) == 2 else "Light",
        enough_for=_enough_for(figures),
        calibrated=None if judge is None else figures.examples >= LEAST_CALIBRATION,
        corrected=correction,
        table=_table(names, rated, ratings),
        pairs=tuple(_pairs(names, rated, ratings)),
        by=groups,
        notes=tuple(notes_on(names, rated, ratings, coefficients)),
    )


def _ratings(rated: RatedValues, codes: NDArray[np.int64]) -> Ratings:
    from vault.statistics.ratings import Ratings

    return Ratings.of(codes, len(rated.values), rated.scale, rated.positions)


def _figures(ratings: Ratings, found: Coefficients) -> Figures:
    pairs = (found.agreement, found.kappa, found.alpha, found.ac2)
    values = [each for estimate in pairs for each in (estimate.value, estimate.interval)]
    return Figures(ratings.examples, *values)  # type: ignore[arg-type]


def _enough_for(figures: Figures) -> str | None:
    if figures.kappa is None or figures.examples < LEAST_CALIBRATION:
        return None
    # Not by a rounding error less: 0.6 itself is enough.
    reached = round(figures.kappa, 9)
    return "drop" if reached >= TO_DROP else "filter" if reached >= TO_FILTER else "nothing"


def _table(names: Sequence[str], rated: RatedValues, ratings: Ratings) -> Table | None:
    """Return the confusion table of two raters, or that of all pairs of ratings of more."""
    from vault.statistics.ratings import table_of_pair, table_of_pairs

    if len(rated.values) > MOST_VALUES or len(names) < 2:
        return None
    is_pair = len(names) == 2
    counts = (table_of_pair if is_pair else table_of_pairs)(ratings)
    rows, columns = (names[0], names[1]) if is_pair else (None, None)
    return Table(rows, columns, rated.values, tuple(map(tuple, counts.tolist())))


def _pairs(names: Sequence[str], rated: RatedValues, ratings: Ratings) -> Iterator[PairAgreement]:
    from vault.statistics.measure import MOST_PAIRED_RATERS, measure

    if len(names) > MOST_PAIRED_RATERS:
        return
    for one, other in combinations(range(len(names)), 2):
        own = ratings.of_pair(one, other)
        found = measure(own)
        raters = (names[one], names[other])
        yield PairAgreement(
            raters,
            own.examples,
            found.agreement.value,
            found.kappa.value,
            found.kappa.interval,
            _table(raters, rated, own),
        )


def _group_values(raters: Raters, keys: NDArray[np.uint64], field: str) -> Sequence[str]:
    """Return the value of a field for each row, as text."""
    if field in _COLUMNS:
        column = raters.dataset.columns(keys, [field]).column(field).to_pylist()
        return [ABSENT if each is None else str(each) for each in column]
    values = values_of_field(raters.dataset, keys, "labels.split" if field == "split" else field)
    if len(values) and set(values) == {ABSENT}:
        raise InvalidInput(
            f'no example with these labels has a field "{field}"',
            code="field-unknown",
            hint="`--by kind`, source, round, turns, split, labels.NAME, or data.metadata.topic",
        )
    return values


def _by_group(
    rated: RatedValues, codes: NDArray[np.int64], values: Sequence[str]
) -> Iterator[tuple[str, Figures]]:
    """Yield figures for each value, those with most examples first."""
    from vault.statistics.measure import measure

    numbers: dict[str, int] = {}
    group = np.array([numbers.setdefault(each, len(numbers)) for each in values], np.int64)
    names = list(numbers)
    sizes = np.bincount(group, minlength=len(names)).tolist()
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(sizes)
    largest = sorted(range(len(names)), key=lambda at: (-sizes[at], names[at]))
    for at in largest[:MOST_GROUPS]:
        ratings = _ratings(rated, codes[order[ends[at] - sizes[at] : ends[at]]])
        yield names[at], _figures(ratings, measure(ratings))
