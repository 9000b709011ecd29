"""From verdicts to labels: what a run writes on the examples that are still on the stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from vault.dataset.changing.write_labels import LabelChange
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.id_index import NOWHERE
from vault.dataset.reading.labels import label_of_each
from vault.generate.rubric.rubric import Rubric
from vault.objects.labels.judge_note import judge_note
from vault.objects.runs import RowKeys
from vault.operations.judging.begin import OpenJudging
from vault.operations.judging.judged_before import (
    CHOICE,
    judged_before,
    label_of,
    labelled_by_run,
)
from vault.operations.judging.selection import rows_of
from vault.operations.judging.verdicts import Judged


@dataclass(frozen=True, slots=True)
class VerdictsOnStage:
    """Verdicts on examples of a dataset, with their rows; those that left it are not among them."""

    dataset: Dataset
    judged: Sequence[Judged]
    keys: RowKeys

    @classmethod
    def of(cls, dataset: Dataset, judged: Sequence[Judged]) -> Self:
        """Find the examples of verdicts in a dataset. Costs reading its ids. Raises Corrupt."""
        rows = rows_of(dataset, [each.example for each in judged])
        is_there = rows != NOWHERE
        there = [each for each, is_so in zip(judged, is_there, strict=True) if is_so]
        return cls(dataset, there, rows[is_there])

    def changes(self, run: OpenJudging, *, time: str) -> list[LabelChange]:
        """Return the labels of the verdicts, but those that the run gave before.

        What an earlier rubric of the name said, and this one does not, is taken off. Costs reading
        the label sets of the rows. Raises Corrupt.
        """
        is_old = labelled_by_run(
            self.dataset, self.keys, run.rubric, run.name, pairwise=run.goal.pairwise
        )
        fresh = [each for each, is_known in zip(self.judged, is_old, strict=True) if not is_known]
        keys = self.keys[~is_old]
        parts = dict.fromkeys(name for each in fresh for name in each.labels)
        return [
            *(_given(run, part, fresh, keys, time) for part in parts),
            *_taken_off(self.dataset, run, fresh, keys),
        ]

    def left_of_older(self, rubric: Rubric, *, pairwise: bool) -> int:
        """Return how many examples without a verdict have one of an older rubric of the name."""
        keys = self.dataset.keys()
        before = judged_before(self.dataset, keys, rubric, pairwise=pairwise)
        return int((before.is_older & ~np.isin(keys, self.keys)).sum())


def _given(
    run: OpenJudging, part: str, judged: Sequence[Judged], keys: RowKeys, time: str
) -> LabelChange:
    """Return one label of all verdicts that have it."""
    own = [(each, key) for each, key in zip(judged, keys, strict=True) if part in each.labels]
    # By type too: true is 1 and no number.
    typed = [(type(each.labels[part]), each.labels[part]) for each, _ in own]
    place = {value: at for at, value in enumerate(dict.fromkeys(typed))}
    return LabelChange(
        label_of(run.rubric, part),
        np.array([key for _, key in own], np.uint64),
        tuple(value for _, value in place),
        np.array([place[each] for each in typed], np.int64),
        ", ".join(each.name for each in run.rubric.judges),
        time,
        notes=tuple(judge_note(run.name, each.request, run.rubric.digest) for each, _ in own),
    )


def _taken_off(
    dataset: Dataset, run: OpenJudging, judged: Sequence[Judged], keys: RowKeys
) -> Iterator[LabelChange]:
    """Yield what takes off labels that verdicts do not have, as of a criterion without majority.

    The choice of pairs and the answers to questions are two measurements, and leave each other.
    """
    before, choice = label_of(run.rubric, ""), label_of(run.rubric, CHOICE)

    def is_own(name: str) -> bool:
        return name.startswith(before) and (name == choice) is run.goal.pairwise

    for name, labels in label_of_each(dataset, keys, is_own).items():
        part = name.removeprefix(before)
        is_said = np.array([part in each.labels for each in judged], np.bool_)
        outdated = keys[labels.has() & ~is_said]
        if len(outdated):
            yield LabelChange.taken_off(name, outdated)
