"""`judge --dry-run`: what a run of a rubric would ask and may cost, with nothing sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from vault.generate.prices import Prices, money_text
from vault.generate.usage import most_tokens
from vault.operations.judging.begin import endpoints_of, planned_requests, rubric_of
from vault.operations.judging.options import JudgeOptions
from vault.operations.judging.requests import JudgeRequests, Place
from vault.operations.judging.selection import select_examples
from vault.operations.model_runs.interval import Interval
from vault.presentation.report_html import Displayed
from vault.session.context import Context

_BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class JudgeEstimate(Displayed):
    """The forecast of a run: `messages` are those of its first request.

    The least counts a token for four bytes of prompt and none for answers, the most a token for
    each byte and answers as long as they may be, each asked again once.
    """

    rubric: str
    judges: tuple[str, ...]
    endpoints: tuple[str, ...]
    examples: int
    skipped: int
    requests: Interval
    tokens: Interval
    cost: Interval
    currency: str | None
    skipped_for: Mapping[str, int] = field(default_factory=dict)
    older: int = 0
    same_family: int = 0
    messages: tuple[Mapping[str, Any], ...] = ()
    dry_run: bool = True


@dataclass(slots=True)
class _Tokens:
    """Tokens of one judge: what prompts likely are, and the most of prompts and of answers."""

    likely: int = 0
    prompt: int = 0
    answer: int = 0

    def add(self, body: str) -> None:
        """Add a request, asked twice at most, the second time with the first answer before it."""
        prompt, answer = most_tokens(body)
        self.likely += -(-len(body.encode()) // _BYTES_PER_TOKEN)
        self.prompt += 2 * prompt + answer
        self.answer += 2 * answer


def _cost(prices: Mapping[str, Prices | None], tokens: Mapping[str, _Tokens]) -> Interval:
    least, most = [], []
    for name, each in prices.items():
        own = tokens[name]
        least.append(None if each is None else each.most_cost(own.likely, 0))
        most.append(None if each is None else each.most_cost(own.prompt, own.answer))
    return Interval(_sum(least), _sum(most))


def _sum(costs: Iterable[Decimal | None]) -> str | None:
    found = list(costs)
    known = [each for each in found if each is not None]
    # An unknown price is unknown, also of the whole.
    return money_text(sum(known, Decimal(0))) if len(known) == len(found) else None


def estimate_judging(
    context: Context,
    path: str,
    options: JudgeOptions,
    *,
    revision: str | None = None,
    expressions: Sequence[str] = (),
) -> JudgeEstimate:
    """Return what a run of a rubric would ask and may cost. Sends nothing, needs no key.

    Makes every request. Raises what `judge` raises before it sends something.
    """
    rubric, _ = rubric_of(path)
    endpoints = endpoints_of(context, rubric, None)
    prices = {each.model: each.prices for each in endpoints}
    chosen = select_examples(context, rubric, options, revision=revision, expressions=expressions)
    requests = JudgeRequests(rubric, skipped=chosen.skipped)
    tokens = {name: _Tokens() for name in prices}
    messages: list[dict[str, Any]] = []
    count = 0
    for planned in planned_requests(requests, chosen, pairwise=options.pairwise):
        count += 1
        messages = messages or json.loads(planned.body)["messages"]
        tokens[Place.from_json(planned.drawn or {}).judge].add(planned.body)
    currency = next((each.currency for each in prices.values() if each is not None), None)
    cost = _cost(prices, tokens)
    least = sum(each.likely for each in tokens.values())
    most = sum(each.prompt + each.answer for each in tokens.values())
    return JudgeEstimate(
        rubric=rubric.file,
        judges=tuple(prices),
        endpoints=tuple(dict.fromkeys(each.url for each in endpoints)),
        examples=len(requests.judged),
        skipped=sum(requests.skipped.values()),
        skipped_for=requests.skipped,
        requests=Interval(count, 2 * count),
        tokens=Interval(least, most),
        cost=cost,
        currency=None if cost.most is None else currency,
        older=chosen.older,
        same_family=chosen.same_family,
        messages=tuple(messages),
    )
