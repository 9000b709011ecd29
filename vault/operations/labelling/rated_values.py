"""Values of labels as numbered categories on a scale, for comparing raters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.labels import NamedLabels
from vault.errors import InvalidInput
from vault.objects.labels.label_name import shown_value
from vault.objects.labels.label_set import LabelValue
from vault.operations.labelling.vocabulary import Vocabulary, vocabularies

if TYPE_CHECKING:
    from vault.statistics.ratings import Floats, Scale

MOST_VALUES = 100
"""How many different texts a label may have to be compared."""

YES_NO: tuple[LabelValue, ...] = (False, True)


@dataclass(frozen=True, slots=True)
class YesNo:
    """How values become yes or no: numbers from `cut` on, and the values in `positive`, are yes."""

    cut: float | None = None
    positive: tuple[LabelValue, ...] = ()


@dataclass(frozen=True, slots=True)
class RatedValues:
    """`codes[i, j]` numbers the value in `values` that rater `j` gave example `i`; -1 is none.

    `positions` are the numbers that the values are; None where they are none.
    """

    codes: NDArray[np.int64]
    values: tuple[LabelValue, ...]
    scale: Scale
    positions: Floats | None = None

    @property
    def is_yes_no(self) -> bool:
        """Tell whether the values are yes and no."""
        return self.values == YES_NO and isinstance(self.values[0], bool)


def rated_values(
    labels: NamedLabels, names: Sequence[str], folder: Path | None, yes_no: YesNo, unordered: bool
) -> RatedValues:
    """Return the values of labels in their order, on the scale that they have.

    Numbers lie on an interval scale. Values that `vault.toml` lists, more than two, are ordinal.
    All others, and all if `unordered`, are nominal. Raises InvalidInput (`cut-invalid`,
    `positive-missing`, `label-value-unknown`, `label-values-mixed`, `label-values-too-many`).
    """
    from vault.statistics.ratings import Scale

    known = _vocabularies_of(names, vocabularies(folder))
    found = [_key(each) for each in labels.values]
    if yes_no.cut is not None or yes_no.positive:
        said = _as_yes_no(labels, names, yes_no, known)
        return RatedValues(_coded(labels, said, YES_NO), YES_NO, Scale.NOMINAL)
    listed = next((each for each in known if set(found) <= set(map(_key, each))), None)
    if listed is None:
        _refuse_mixed(labels, names)
    if all(isinstance(each, bool) for each in labels.values) and labels.values:
        return RatedValues(_coded(labels, labels.values, YES_NO), YES_NO, Scale.NOMINAL)
    is_numeric = bool(labels.values) and all(map(_is_number, listed or labels.values))
    values = tuple(listed or sorted(labels.values, key=_key))
    if is_numeric:
        values = tuple(sorted(values, key=_key))
    codes = _coded(labels, labels.values, values)
    if is_numeric and not unordered:
        return RatedValues(codes, values, Scale.INTERVAL, np.array(values, np.float64))
    if len(values) > MOST_VALUES:
        raise InvalidInput(
            f"{', '.join(names)}: {len(values):,} different values are too many to compare",
            code="label-values-too-many",
            hint=f"`--positive {shown_value(values[0])}` makes yes of one, and no of the others",
        )
    is_ordered = listed is not None and len(listed) > 2 and not unordered
    return RatedValues(codes, values, Scale.ORDINAL if is_ordered else Scale.NOMINAL)


def _key(value: LabelValue) -> tuple[int, LabelValue]:
    """Return what values are sorted and compared by: yes and no, then numbers, then texts."""
    return (0 if isinstance(value, bool) else 1 if _is_number(value) else 2), value


def _is_number(value: LabelValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _vocabularies_of(
    names: Sequence[str], known: Mapping[str, Vocabulary]
) -> list[tuple[LabelValue, ...]]:
    """Return the values that `vault.toml` lists for labels, or for what is above them."""
    found = (known.get(each) or known.get(each.rpartition(".")[0]) for each in names)
    return [each.values for each in found if each is not None and each.values is not None]


def _coded(
    labels: NamedLabels, said: Sequence[LabelValue], values: Sequence[LabelValue]
) -> NDArray[np.int64]:
    """Return the places of labels in `values`, where `said[i]` stands for `labels.values[i]`."""
    number = {_key(each): at for at, each in enumerate(values)}
    codes = np.array([*(number[_key(each)] for each in said), -1], np.int64)
    return codes[labels.place]


def _as_yes_no(
    labels: NamedLabels,
    names: Sequence[str],
    yes_no: YesNo,
    known: Sequence[Sequence[LabelValue]],
) -> list[bool]:
    """Return whether each value is a yes."""
    cut = yes_no.cut
    if cut is not None and not math.isfinite(cut):
        raise InvalidInput(
            f"{cut} is no number to compare with", code="cut-invalid", hint="such as `--cut 0.5`"
        )
    positive = {_key(each) for each in yes_no.positive}
    # A vocabulary may have as text what was typed as a number.
    typed = {shown_value(each) for each in yes_no.positive}
    positive |= {_key(each) for each in labels.values if shown_value(each) in typed}
    possible = {_key(each) for values in (labels.values, *known) for each in values}
    if positive and labels.values and positive.isdisjoint(possible):
        shown = ", ".join(shown_value(each) for each in labels.values[:6])
        raise InvalidInput(
            f'no label here has the value "{shown_value(yes_no.positive[0])}"',
            code="label-value-unknown",
            hint=f"`--positive` takes values that labels have: {shown}",
        )
    names_yes_or_no = any(isinstance(each, bool) for each in yes_no.positive)
    said = []
    for at, value in enumerate(labels.values):
        if isinstance(value, bool) and not names_yes_or_no:
            said.append(value)
        elif cut is not None and isinstance(value, int | float) and not isinstance(value, bool):
            said.append(value >= cut)
        elif positive:
            said.append(_key(value) in positive)
        else:
            raise InvalidInput(
                f'"{shown_value(value)}" of {_name_with(labels, names, at)} is no number to cut',
                code="positive-missing",
                hint=f"`--positive {shown_value(value)}` names the values that mean yes",
            )
    return said


def _name_with(labels: NamedLabels, names: Sequence[str], value: int) -> str:
    return names[int(np.argmax((labels.place == value).any(axis=0)))]


_KINDS = ("yes or no", "numbers", "texts")


def _refuse_mixed(labels: NamedLabels, names: Sequence[str]) -> None:
    """Raise InvalidInput if the values are of different kinds: they could never agree."""
    firsts: dict[int, int] = {}
    for at, value in enumerate(labels.values):
        firsts.setdefault(_key(value)[0], at)
    if len(firsts) < 2:
        return
    told = [f"{_name_with(labels, names, at)} has {_KINDS[kind]}" for kind, at in firsts.items()]
    flags = ["--cut 0.5"] if 1 in firsts else []
    if 2 in firsts:
        flags.append(f"--positive {shown_value(labels.values[firsts[2]])}")
    raise InvalidInput(
        f"{told[0]}, {told[1]}: they cannot be compared as they are",
        code="label-values-mixed",
        hint=f"`{' '.join(flags)}` makes yes or no of them",
    )
