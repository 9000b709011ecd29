"""The pass rate of a judge, corrected by what another label says of some of the same examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.objects.labels.label_name import JUDGE


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """A judge's pass rate, and what it comes to when the judge's errors are taken into account.

    `truth` is the label that is taken for right. `examples` have both; of those in truth yes the
    judge says yes to a share `sensitivity`, of those in truth no it says no to `specificity`.
    `judged_rate` is the share of yes among all `judged`, `rate` the corrected one, with a 95 %
    interval for both samples. None is what the examples do not determine.
    """

    judge: str
    truth: str
    examples: int
    sensitivity: float | None
    specificity: float | None
    judged: int
    judged_rate: float | None
    rate: float | None
    interval: tuple[float, float] | None


def judge_among(names: Sequence[str]) -> int | None:
    """Return the place of the judge among two labels; None if there are more, or it is not one."""
    if len(names) != 2:
        return None
    judges = [at for at, name in enumerate(names) if name.startswith(JUDGE)]
    return judges[0] if len(judges) == 1 else None


def corrected(names: Sequence[str], judge: int, codes: NDArray[np.int64]) -> CorrectedRate:
    """Return the corrected pass rate of a judge whose labels are `codes[:, judge]`: 1 is yes."""
    from vault.statistics.judge_error import JudgeCounts, corrected_interval, corrected_rate

    said, true = codes[:, judge], codes[:, 1 - judge]

    def count(verdict: int, truth: int) -> int:
        return int(((said == verdict) & (true == truth)).sum())

    counts = JudgeCounts(
        judged=int((said >= 0).sum()),
        passed=int((said == 1).sum()),
        true_yes=count(1, 1),
        false_no=count(0, 1),
        true_no=count(0, 0),
        false_yes=count(1, 0),
    )
    return CorrectedRate(
        names[judge],
        names[1 - judge],
        counts.true_yes + counts.false_no + counts.true_no + counts.false_yes,
        counts.sensitivity,
        counts.specificity,
        counts.judged,
        counts.pass_rate,
        corrected_rate(counts),
        corrected_interval(counts),
    )
