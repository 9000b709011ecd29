"""Earlier labels of a rubric, found by their notes, which name run, request and rubric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import label_entries
from vault.generate.rubric.rubric import Rubric
from vault.objects.labels.judge_note import note_of_rubric, note_of_run
from vault.objects.labels.label_name import JUDGE
from vault.objects.runs import RowKeys

SCORE, CHOICE = "score", "choice"


def label_of(rubric: Rubric, part: str) -> str:
    """Return the name of a label of a rubric, such as `judge.help.score`."""
    return f"{JUDGE}{rubric.name}.{part}"


@dataclass(frozen=True, slots=True)
class JudgedBefore:
    """Of some rows: which this rubric judged, and which an older one of that name."""

    is_judged: NDArray[np.bool_]
    is_older: NDArray[np.bool_]


def judged_before(
    dataset: Dataset, keys: RowKeys, rubric: Rubric, *, pairwise: bool
) -> JudgedBefore:
    """Return what a rubric's labels say of rows. Costs reading their label sets. Raises Corrupt."""
    return _noted(dataset, keys, rubric, note_of_rubric(rubric.digest), pairwise=pairwise)


def labelled_by_run(
    dataset: Dataset, keys: RowKeys, rubric: Rubric, run: str, *, pairwise: bool
) -> NDArray[np.bool_]:
    """Return which rows have labels that a run gave them. Costs as `judged_before`."""
    return _noted(dataset, keys, rubric, note_of_run(run), pairwise=pairwise).is_judged


def _noted(
    dataset: Dataset, keys: RowKeys, rubric: Rubric, text: str, *, pairwise: bool
) -> JudgedBefore:
    if not dataset.manifest.labels or not len(keys):
        return JudgedBefore(*np.zeros((2, len(keys)), np.bool_))
    entries = label_entries(dataset, keys)
    names, notes = (entries.table[each].cast(pa.string()) for each in ("name", "note"))
    is_named = pc.equal(names, label_of(rubric, CHOICE if pairwise else SCORE))
    is_noted, of_rubric = (
        pc.match_substring(notes, each).fill_null(False) for each in (text, note_of_rubric(""))
    )
    is_older = pc.and_not(of_rubric, is_noted)
    return JudgedBefore(
        *(
            np.isin(keys, entries.keys[pc.and_(is_named, each).to_numpy(zero_copy_only=False)])
            for each in (is_noted, is_older)
        )
    )
