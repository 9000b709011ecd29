"""The figures of some examples, made from columns, for each of some groups at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vault.dataset.comparing.count_by_field import ABSENT
from vault.objects.labels.label_name import shown_value
from vault.objects.labels.label_set import SPLIT, LabelValue
from vault.operations.statistics.read_columns import Coded, ReadColumns, Rows

if TYPE_CHECKING:
    from vault.operations.statistics.spoken import Spoken, ToolFigures
    from vault.statistics.lengths import Bin

DISTRIBUTED = ("turns", "tokens")
"""Numbers of which quantiles and histograms are told."""

TRAINER_LENGTHS = {"TRL": 1024, "LLaMA-Factory": 2048, "axolotl": 2048, "mlx": 2048}
"""The tokens after which trainers cut, or leave out, an example unless told otherwise: `max_length`
of TRL, `cutoff_len` of LLaMA-Factory, `max_seq_length` of MLX-LM. The `sequence_len` of axolotl has
to be set: 2048 stands for it."""

LANGUAGE_LABELS = ("language", "lang")
"""Labels that say in which language an example is."""


@dataclass(frozen=True, slots=True)
class LabelFigure:
    """How many examples have a label with a value."""

    name: str
    value: LabelValue
    count: int


@dataclass(frozen=True, slots=True)
class CutFigure:
    """How many examples are longer than a trainer takes by default, and their share."""

    trainer: str
    length: int
    examples: int
    share: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some examples.

    `turns`, `chars` and `tokens` are sums. Quantiles and histograms are of `turns` and `tokens`, by
    name. Counts are by value, most frequent first; a field that no example of the version has is
    empty, else `(none)` counts those without. `runs` and `models` are what made them. `labels` has
    all but `split`, which is `splits`. `languages` is None unless a label says them, `roles`
    (messages) and `tools` unless records were read.
    """

    examples: int
    turns: int
    chars: int
    tokens: int
    quantiles: Mapping[str, Mapping[str, int]]
    histograms: Mapping[str, tuple[Bin, ...]]
    kinds: Mapping[str, int]
    sources: Mapping[str, int]
    rounds: Mapping[str, int]
    runs: Mapping[str, int]
    models: Mapping[str, int]
    splits: Mapping[str, int]
    labels: tuple[LabelFigure, ...]
    languages: Mapping[str, int] | None
    cut: tuple[CutFigure, ...]
    roles: Mapping[str, int] | None
    tools: ToolFigures | None

    def coarse_histogram(self, name: str, most: int) -> tuple[Bin, ...]:
        """Return the histogram of turns or tokens in at most `most` bins, if octaves suffice."""
        from vault.statistics.lengths import coarser

        return coarser(self.histograms[name], most)


def figures_of(columns: ReadColumns, spoken: Spoken | None) -> Figures:
    """Return the figures of all examples. Costs sorting two columns."""
    return figures_by_group(columns, spoken, np.zeros(len(columns), np.int64), 1)[0]


def figures_by_group(
    columns: ReadColumns, spoken: Spoken | None, group: Rows, groups: int
) -> list[Figures]:
    """Return the figures of the groups numbered 0 to `groups` - 1; -1 is in none of them."""
    if len(group) and int(group.min()) < 0:
        rows = np.flatnonzero(group >= 0)
        columns, group = columns.at(rows), group[rows]
        spoken = None if spoken is None else spoken.at(rows)
    return list(_Groups(columns, spoken, group, groups).figures())


class _Groups:
    """Columns of examples, and the group that each example is in."""

    def __init__(
        self, columns: ReadColumns, spoken: Spoken | None, group: Rows, groups: int
    ) -> None:
        self._columns = columns
        self._spoken = spoken
        self._group = group
        self._groups = groups

    def figures(self) -> Iterator[Figures]:
        """Yield the figures of each group."""
        from vault.statistics.lengths import grouped, histogram, quantiles

        numbers, texts, labels = self._columns.numbers, self._columns.texts, self._columns.labels
        lengths = {name: grouped(numbers[name], self._group, self._groups) for name in DISTRIBUTED}
        sums = {name: self._sums(each) for name, each in numbers.items()}
        counted = {name: self._counts(each) for name, each in texts.items()}
        runs, models = (self._counts(texts.get(f"origin.{part}")) for part in ("run", "model"))
        split = self._counts(labels.get(SPLIT))
        language = next((labels[each] for each in LANGUAGE_LABELS if each in labels), None)
        languages = None if language is None else self._counts(language)
        said = self._labels()
        cut = [self._cut(trainer, length) for trainer, length in TRAINER_LENGTHS.items()]
        heard = None if self._spoken is None else self._spoken.by_group(self._group, self._groups)
        for at in range(self._groups):
            ordered = {name: each.of(at) for name, each in lengths.items()}
            yield Figures(
                examples=int(lengths["tokens"].sizes[at]),
                **{name: each[at] for name, each in sums.items()},
                quantiles={name: quantiles(each) for name, each in ordered.items()},
                histograms={name: histogram(each) for name, each in ordered.items()},
                kinds=counted["kind"][at],
                sources=counted["source"][at],
                rounds=counted["round"][at],
                runs=runs[at],
                models=models[at],
                splits=split[at],
                labels=said[at],
                languages=None if languages is None else languages[at],
                cut=tuple(each[at] for each in cut),
                roles=None if heard is None else heard[at].roles,
                tools=None if heard is None else heard[at].tools,
            )

    def _sums(self, values: Rows) -> list[int]:
        # Not by weights of `bincount`: those are doubles.
        sums = np.zeros(self._groups, np.int64)
        np.add.at(sums, self._group, values)
        return [int(each) for each in sums]

    def _tallies(self, coded: Coded) -> list[list[tuple[LabelValue | None, int]]]:
        """Return the values of each group with their counts, most frequent first."""
        from vault.statistics.tallies import tally_by_group

        values = coded.values
        tallies = tally_by_group(self._group, coded.place, self._groups, len(values))
        key: Callable[[tuple[LabelValue | None, int]], tuple[int, str]] = _most_first
        return [
            sorted(((values[each], count) for each, count in zip(*tally, strict=True)), key=key)
            for tally in tallies
        ]

    def _counts(self, coded: Coded | None) -> list[dict[str, int]]:
        if coded is None or all(each is None for each in coded.values):
            return [{} for _ in range(self._groups)]
        return [_merged(each) for each in self._tallies(coded)]

    def _labels(self) -> list[tuple[LabelFigure, ...]]:
        told: list[list[LabelFigure]] = [[] for _ in range(self._groups)]
        for name, coded in self._columns.labels.items():
            for own, tally in zip(
                told, self._tallies(coded) if name != SPLIT else (), strict=False
            ):
                own += [LabelFigure(name, value, n) for value, n in tally if value is not None]
        return [tuple(each) for each in told]

    def _cut(self, trainer: str, length: int) -> list[CutFigure]:
        is_cut = self._columns.numbers["tokens"] > length
        cut = np.bincount(self._group[is_cut], minlength=self._groups).tolist()
        sizes = np.bincount(self._group, minlength=self._groups).tolist()
        return [
            CutFigure(trainer, length, count, count / size if size else 0.0)
            for count, size in zip(cut, sizes, strict=True)
        ]


def _most_first(counted: tuple[LabelValue | None, int]) -> tuple[int, str]:
    return -counted[1], str(counted[0])


def _merged(tally: Sequence[tuple[LabelValue | None, int]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value, count in tally:
        name = ABSENT if value is None else shown_value(value)
        counts[name] = counts.get(name, 0) + count
    return counts
