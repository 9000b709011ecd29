"""The report of a run: what was asked, answered, accepted and paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from vault.generate.answers import TOO_LONG
from vault.generate.prices import money_text
from vault.objects.model_run.request import RequestState, RequestStatus
from vault.presentation.report_html import Displayed

if TYPE_CHECKING:
    from vault.dataset.changing.stage import Staged
    from vault.operations.generating.stage_examples import StagedExamples
    from vault.operations.generating.verdicts import Decided

DONE = "done"
_ANSWERED = frozenset({RequestState.RECEIVED, RequestState.ACCEPTED, RequestState.REJECTED})
_TOKENS = ("prompt", "cached", "reasoning", "completion")


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a run: `known` of the answers, `possibly` of requests that may be billed.

    `amount` is both together. None where a price is unknown.
    """

    amount: str | None
    currency: str | None
    known: str | None
    possibly: str | None


@dataclass(frozen=True, slots=True)
class GenerateReport(Displayed):
    """The results of a run so far.

    `requests` were sent, `answers` came back, `accepted` counts examples and `rejected` what was
    not accepted, by reason. `stopped` is `done`, or why the run ended before. `estimated` answers
    came without a count of tokens. `reasons` has an example of each reason. `branch` is
    where examples were staged, if HEAD is elsewhere.
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


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Counts of the requests of a run, whoever reads them: a folder or an object."""

    requests: int
    answers: int
    accepted: int
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    tokens: Mapping[str, int]
    estimated: int
    cost: Cost
    possibly_billed: tuple[Mapping[str, Any], ...]


def accepted_of(statuses: Iterable[RequestStatus]) -> set[str]:
    """Return the ids of the examples that were accepted in a run."""
    return {example for each in statuses for example in each.examples or ()}


def totals_of(statuses: Iterable[RequestStatus], currency: str | None) -> RunTotals:
    """Return the counts of some requests."""
    states: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    tokens: Counter[str] = Counter(dict.fromkeys(_TOKENS, 0))
    known: Decimal | None = Decimal(0)
    possibly: Decimal | None = Decimal(0)
    estimated = accepted = 0
    billed = []
    for each in statuses:
        states[each.state] += 1
        if each.state == RequestState.REJECTED:
            rejected[each.reason or ""] += 1
        if each.state == RequestState.FAILED:
            failed[each.reason or ""] += 1
        accepted += len(each.examples or ()) if each.state == RequestState.ACCEPTED else 0
        for name in _TOKENS if each.usage else ():
            tokens[name] += (each.usage or {}).get(name) or 0
        estimated += bool(each.usage and each.usage.get("estimated"))
        if each.state in (RequestState.POSSIBLY_BILLED, RequestState.SENT):
            billed.append({"request": each.request, "cost": each.cost})
            possibly = _plus(possibly, each.cost)
        elif each.state == RequestState.FAILED and each.reason == TOO_LONG:
            possibly = _plus(possibly, each.cost)
        elif each.state != RequestState.PLANNED:
            known = _plus(known, each.cost)
    total = None if known is None or possibly is None else money_text(known + possibly)
    return RunTotals(
        requests=sum(states.values()) - states[RequestState.PLANNED],
        answers=sum(states[each] for each in _ANSWERED),
        accepted=accepted,
        rejected=dict(rejected),
        failed=dict(failed),
        tokens=dict(tokens),
        estimated=estimated,
        cost=Cost(
            total,
            currency if total is not None else None,
            None if known is None else money_text(known),
            None if possibly is None else money_text(possibly),
        ),
        possibly_billed=tuple(billed),
    )


def _plus(sum_: Decimal | None, cost: str | None) -> Decimal | None:
    # An unknown price is unknown, also of the whole.
    return None if sum_ is None or cost is None else sum_ + Decimal(cost)


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
