"""The totals of a run: requests by state, tokens, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vault.generate.answers import TOO_LONG
from vault.generate.prices import money_text
from vault.objects.model_run.request import RequestState, RequestStatus

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
class RunTotals:
    """Counts of the requests of a run, whoever reads them: a folder or an object.

    `waiting` are sent and not answered yet, and count in `cost.possibly`.
    """

    requests: int
    answers: int
    accepted: int
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    tokens: Mapping[str, int]
    estimated: int
    cost: Cost
    possibly_billed: tuple[Mapping[str, Any], ...]
    waiting: int = 0


def totals_of(
    statuses: Iterable[RequestStatus], currency: str | None, *, of_verdicts: bool = False
) -> RunTotals:
    """Return the counts of some requests; `accepted` counts examples, or answers `of_verdicts`."""
    states: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    tokens: Counter[str] = Counter(dict.fromkeys(_TOKENS, 0))
    known: Decimal | None = Decimal(0)
    possibly: Decimal | None = Decimal(0)
    estimated = accepted = waiting = 0
    billed = []
    for each in statuses:
        states[each.state] += 1
        if each.state == RequestState.REJECTED:
            rejected[each.reason or ""] += 1
        if each.state == RequestState.FAILED:
            failed[each.reason or ""] += 1
        accepted += _accepted(each, of_verdicts=of_verdicts)
        for name in _TOKENS if each.usage else ():
            tokens[name] += (each.usage or {}).get(name) or 0
        estimated += bool(each.usage and each.usage.get("estimated"))
        if each.state in (RequestState.POSSIBLY_BILLED, RequestState.SENT):
            if each.state == RequestState.POSSIBLY_BILLED:
                billed.append({"request": each.request, "cost": each.cost})
            waiting += each.state == RequestState.SENT
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
        waiting=waiting,
    )


def _accepted(status: RequestStatus, *, of_verdicts: bool) -> int:
    if status.state != RequestState.ACCEPTED:
        return 0
    # What probes an endpoint is about no example.
    return int(status.origin_id is not None) if of_verdicts else len(status.examples or ())


def _plus(sum_: Decimal | None, cost: str | None) -> Decimal | None:
    # An unknown price is unknown, also of the whole.
    return None if sum_ is None or cost is None else sum_ + Decimal(cost)
