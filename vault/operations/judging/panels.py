"""Panels: the requests of all judges about one example, sent so that a budget leaves them whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from vault.generate.budget import Budget, Limits, Spent, WorstCase
from vault.generate.endpoint import Endpoint
from vault.operations.judging.asking import place_of, to_send
from vault.store.run_ledger import RunLedger

_BLOCK = 512
"""Requests of all judges that are sent before the next ones, at most: what Ctrl-C leaves are whole
panels before the block, and it is long enough for each judge to get up to speed."""

Panel = Sequence[tuple[int, str]]
"""Requests about one example or pair, each with the judge that it is for."""


def panels_to_send(ledger: RunLedger) -> list[Panel]:
    """Return what is to be sent, in order of the requests. Raises Corrupt (`run-damaged`)."""
    places = [(each, place_of(each)) for each in to_send(ledger)]
    about = groupby(places, key=lambda pair: (pair[0].origin_id, pair[1].other))
    return [[(each.request, place.judge) for each, place in own] for _, own in about]


def affordable(
    ledger: RunLedger,
    panels: Sequence[Panel],
    endpoints: Sequence[Endpoint],
    limits: Limits,
    spent: Spent,
) -> int:
    """Return how many panels to send next: whole ones, of which no judge is left without budget.

    At least one, also where nothing fits. With one judge all of them. Costs reading the requests.
    """
    if len(endpoints) == 1:
        return len(panels)
    budgets = {each.model: Budget(limits, each.prices, spent) for each in endpoints}
    cost, tokens, requests = spent.cost or Decimal(0), spent.tokens, 0
    for count, panel in enumerate(panels):
        worst = [budgets[judge].worst_case(ledger.body(number)) for number, judge in panel]
        cost += sum((each.cost or Decimal(0) for each in worst), Decimal(0))
        tokens += sum(each.tokens for each in worst)
        requests += len(panel)
        if count and (requests > _BLOCK or _is_beyond(limits, WorstCase(tokens, cost))):
            return count
    return len(panels)


def _is_beyond(limits: Limits, worst: WorstCase) -> bool:
    has_money = limits.cost is None or (worst.cost is not None and worst.cost <= limits.cost)
    return not has_money or (limits.tokens is not None and worst.tokens > limits.tokens)
