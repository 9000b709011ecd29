"""The report of a run: what was asked, answered, accepted and paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vault.objects.model_run.request import RequestStatus
from vault.operations.model_runs.totals import Cost, totals_of
from vault.presentation.report_html import Displayed

if TYPE_CHECKING:
    from vault.dataset.changing.stage import Staged
    from vault.operations.generating.stage_examples import StagedExamples
    from vault.operations.generating.verdicts import Decided

DONE = "done"


@dataclass(frozen=True, slots=True)
class GenerateReport(Displayed):
    """The results of a run so far.

    `requests` were sent, `answers` came back, `accepted` counts examples and `rejected` what was
    not accepted, by reason. `stopped` is `done`, or why the run ended before. `estimated` answers
    came without a count of tokens. `reasons` has an example of each reason. `branch` is
    where examples were staged, if HEAD is elsewhere. `batch` is at the endpoint, with so many
    requests `waiting` for an answer.
    """

    run: str
    recipe: str
    requests: int
    answers: int
    accepted: int
    rejected: Mapping[str, int]
    tokens: Mapping[str, int]
    cost: Cost
    stopped: str
    wanted: int
    failed: Mapping[str, int] = field(default_factory=dict)
    possibly_billed: tuple[Mapping[str, Any], ...] = ()
    staged: int = 0
    retries: int = 0
    estimated: int = 0
    stage: Staged | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    preview: tuple[Mapping[str, Any], ...] = ()
    branch: str | None = None
    batch: str | None = None
    waiting: int = 0


def accepted_of(statuses: Iterable[RequestStatus]) -> set[str]:
    """Return the ids of the examples that were accepted in a run."""
    return {example for each in statuses for example in each.examples or ()}


def report_of(
    run: str,
    recipe: str,
    statuses: Iterable[RequestStatus],
    decided: Iterable[Decided],
    *,
    currency: str | None,
    wanted: int,
    stopped: str,
    staged: StagedExamples,
) -> GenerateReport:
    """Return the report of a run: its counts, and of each reason what was wrong with one answer."""
    totals = totals_of(statuses, currency)
    reasons: dict[str, str] = {}
    for each in decided:
        for rejection in each.rejections:
            reasons.setdefault(rejection.reason, rejection.told)
    return GenerateReport(
        run=run,
        recipe=recipe,
        requests=totals.requests,
        answers=totals.answers,
        accepted=totals.accepted,
        rejected=totals.rejected,
        failed=totals.failed,
        tokens=totals.tokens,
        cost=totals.cost,
        stopped=stopped,
        wanted=wanted,
        staged=staged.staged,
        estimated=totals.estimated,
        possibly_billed=totals.possibly_billed,
        stage=staged.stage,
        reasons=reasons,
    )
