"""The report of judging: what was judged and skipped, the labels, how sure they are, the cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vault.objects.labels.label_set import LabelValue
from vault.operations.model_runs.totals import Cost
from vault.presentation.report_html import Displayed

if TYPE_CHECKING:
    from vault.dataset.changing.stage import Staged


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """A label of a run: the number of examples that got it, and its mean (yes is 1, no 0).

    `mean` is None of words such as `chosen`, which `values` counts.
    """

    examples: int
    mean: float | None
    values: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgeReport(Displayed):
    """The results of a run of judging so far; `run` is None where there was nothing to ask.

    `judged` examples of the stage have their verdicts, of `wanted`; `skipped` were not asked about,
    for the reasons in `skipped_for`. `unjudged` had no answer that could be read, or left the
    stage. `consistency` is the share of verdicts that were the same when asked for twice, of
    `repeated` ones. Of `pairs` that were compared `flips` depend on the order of the answers.
    `unquoted` of `quoted` quotations do not stand in the example. `older` examples of the stage
    still have labels of an older rubric of this name. `same_family` were made by a model of a
    judge's family. `branch` is where labels were written, if HEAD is elsewhere.
    `batch` is one that is at the endpoint, with so many requests `waiting`.
    """

    run: str | None
    rubric: str
    name: str
    judged: int
    skipped: int
    labels: Mapping[str, LabelSummary]
    cost: Cost
    wanted: int = 0
    unjudged: int = 0
    skipped_for: Mapping[str, int] = field(default_factory=dict)
    stopped: str = "done"
    requests: int = 0
    answers: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, int] = field(default_factory=dict)
    estimated: int = 0
    possibly_billed: tuple[Mapping[str, Any], ...] = ()
    batch: str | None = None
    waiting: int = 0
    consistency: float | None = None
    repeated: int = 0
    pairs: int = 0
    flips: int = 0
    quoted: int = 0
    unquoted: int = 0
    older: int = 0
    same_family: int = 0
    stage: Staged | None = None
    branch: str | None = None


def summary_of(values: Iterable[LabelValue]) -> LabelSummary:
    """Return how often a label was given, and what it says on the whole."""
    found = list(values)
    numbers = [float(each) for each in found if isinstance(each, int | float)]
    if len(numbers) == len(found):
        return LabelSummary(len(found), sum(numbers) / len(numbers) if numbers else None)
    counts: dict[str, int] = {}
    for each in found:
        counts[str(each)] = counts.get(str(each), 0) + 1
    return LabelSummary(len(found), None, counts)
