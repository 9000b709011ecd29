"""The corrected pass rate of a judge and its interval."""

from __future__ import annotations

import numpy as np
import pytest

from vault.statistics.judge_error import JudgeCounts, corrected_interval, corrected_rate


def counts(judged: int, passed: int, yes: tuple[int, int], no: tuple[int, int]) -> JudgeCounts:
    """Return counts; `yes` and `no` are how often the judge was right and wrong of each."""
    return JudgeCounts(judged, passed, yes[0], yes[1], no[0], no[1])


def test_a_perfect_judge_needs_no_correction() -> None:
    perfect = counts(200, 80, (50, 0), (50, 0))
    assert corrected_rate(perfect) == pytest.approx(0.4)
    interval = corrected_interval(perfect)
    assert interval is not None and interval[0] < 0.4 < interval[1]


def test_errors_are_taken_out() -> None:
    # Sensitivity 0.8, specificity 0.9: a true rate of 0.5 looks like 0.5 * 0.8 + 0.5 * 0.1.
    judge = counts(1_000, 450, (80, 20), (90, 10))
    assert corrected_rate(judge) == pytest.approx(0.5)
    # Formulas (6), (7), (16) and (17) of Lang and Reiczigel (2014), computed by hand from there.
    assert corrected_interval(counts(100, 40, (40, 10), (45, 5))) == pytest.approx(
        (0.25683, 0.60374), abs=1e-5
    )


@pytest.mark.parametrize(
    "judge",
    [
        counts(100, 40, (10, 10), (10, 10)),
        counts(100, 40, (2, 8), (2, 8)),
        counts(100, 40, (10, 0), (0, 0)),
        counts(100, 40, (0, 0), (10, 0)),
        counts(0, 0, (0, 0), (0, 0)),
    ],
    ids=["chance", "worse", "no truth is no", "no truth is yes", "nothing judged"],
)
def test_what_cannot_be_corrected_is_not(judge: JudgeCounts) -> None:
    assert corrected_rate(judge) is None
    assert corrected_interval(judge) is None


def test_a_judge_that_may_be_chance_has_no_interval() -> None:
    judge = counts(10, 5, (1, 0), (1, 1))
    assert corrected_rate(judge) is not None
    interval = corrected_interval(judge)
    assert interval is None or interval[1] - interval[0] > 0.9


def test_rates_and_intervals_stay_between_nothing_and_all() -> None:
    assert corrected_rate(counts(100, 1, (9, 1), (8, 2))) == 0
    interval = corrected_interval(counts(100, 1, (9, 1), (8, 2)))
    assert interval is not None and interval[0] == 0


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_interval_covers_the_true_rate(rate: float) -> None:
    source = np.random.default_rng(int(rate * 10))
    covered = 0
    for _ in range(500):
        true = source.random(2_000) < rate
        says = source.random(2_000) < np.where(true, 0.85, 0.2)
        known_true, known_says = true[:200], says[:200]
        judge = JudgeCounts(
            2_000,
            int(says.sum()),
            int((known_true & known_says).sum()),
            int((known_true & ~known_says).sum()),
            int((~known_true & ~known_says).sum()),
            int((~known_true & known_says).sum()),
        )
        interval = corrected_interval(judge)
        assert interval is not None
        covered += interval[0] <= rate <= interval[1]
    assert covered / 500 >= 0.93
