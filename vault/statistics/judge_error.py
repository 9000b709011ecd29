"""The pass rate of a judge, corrected for the errors that it makes against known answers."""

from __future__ import annotations

from dataclasses import dataclass

_Z = 1.959963984540054
"""The normal quantile of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class JudgeCounts:
    """What a judge said, and what was true where that is known.

    `passed` of `judged` examples got a yes. Of those with a known answer, `true_yes` and `false_no`
    are yes in truth (the judge said yes, and no), `true_no` and `false_yes` no.
    """

    judged: int
    passed: int
    true_yes: int
    false_no: int
    true_no: int
    false_yes: int

    @property
    def sensitivity(self) -> float | None:
        """Return how often the judge says yes where yes is true; None if that is never known."""
        return _share(self.true_yes, self.true_yes + self.false_no)

    @property
    def specificity(self) -> float | None:
        """Return how often the judge says no where no is true; None if that is never known."""
        return _share(self.true_no, self.true_no + self.false_yes)

    @property
    def pass_rate(self) -> float | None:
        """Return the share of yes among all that was judged, errors included."""
        return _share(self.passed, self.judged)


def corrected_rate(counts: JudgeCounts) -> float | None:
    """Return the share of yes that is true of what was judged: Rogan and Gladen (1978).

    (p + specificity - 1) / (sensitivity + specificity - 1), cut to 0..1. None where the judge is no
    better than chance, or a side was never seen.
    """
    p, sensitivity, specificity = counts.pass_rate, counts.sensitivity, counts.specificity
    if p is None or sensitivity is None or specificity is None:
        return None
    beyond_chance = sensitivity + specificity - 1
    return None if beyond_chance <= 0 else _cut((p + specificity - 1) / beyond_chance)


def corrected_interval(counts: JudgeCounts) -> tuple[float, float] | None:
    """Return a 95 % interval of the corrected rate, for both samples: the judged, and the known.

    Lang and Reiczigel, Confidence Limits for Prevalence of Disease Adjusted for Estimated
    Sensitivity and Specificity (2014), which Lee et al., How to Correctly Report LLM-as-a-Judge
    Evaluations (arXiv 2511.21140), take over. It holds if the known examples are a random part of
    the judged. None where `corrected_rate` is, or chance is not excluded after their adjustment.
    """
    if corrected_rate(counts) is None:
        return None
    n = counts.judged + _Z**2
    p = (counts.passed + _Z**2 / 2) / n
    yes, no = counts.true_yes + counts.false_no + 2, counts.true_no + counts.false_yes + 2
    sensitivity, specificity = (counts.true_yes + 1) / yes, (counts.true_no + 1) / no
    beyond_chance = sensitivity + specificity - 1
    if beyond_chance <= 0:
        return None
    rate = (p + specificity - 1) / beyond_chance
    of_yes = sensitivity * (1 - sensitivity) / yes
    of_no = specificity * (1 - specificity) / no
    shift = 2 * _Z**2 * (rate * of_yes - (1 - rate) * of_no)
    variance = p * (1 - p) / n + rate**2 * of_yes + (1 - rate) ** 2 * of_no
    spread = _Z * variance**0.5 / beyond_chance
    return _cut(rate + shift - spread), _cut(rate + shift + spread)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _cut(value: float) -> float:
    return min(1.0, max(0.0, value))
