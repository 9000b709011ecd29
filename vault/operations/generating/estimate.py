"""`generate --dry-run`: what a run would send and may cost, with nothing sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from vault.dataset.reading.dataset import open_dataset
from vault.generate.prices import money_text
from vault.generate.recipe.recipe import AnswerFormat
from vault.generate.usage import most_tokens
from vault.operations.generating.begin import plan_of, read_file, recipe_of
from vault.operations.generating.goal import new_goal
from vault.operations.generating.options import GenerateOptions
from vault.operations.generating.prompts import planner_of, with_count
from vault.operations.generating.seeds import read_seeds, require_seeds
from vault.operations.model_runs.endpoints import endpoint_of
from vault.operations.model_runs.interval import Interval
from vault.operations.model_runs.open_runs import ended_runs, runs_of_recipe
from vault.presentation.report_html import Displayed
from vault.session.context import Context, draft_of

_SAMPLE = 50
_BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class EstimateReport(Displayed):
    """The forecast of a run: `messages` are those of its first request.

    `least` counts a token for four bytes of prompt and none for answers, `most` counts every
    request there may be, a token for each byte, and answers as long as they may be.
    """

    recipe: str
    model: str
    endpoint: str
    wanted: int
    cells: int
    seeds: int
    prompts: int
    requests: Interval
    tokens: Interval
    cost: Interval
    currency: str | None
    messages: tuple[Mapping[str, Any], ...]
    dry_run: bool = True


def estimate(context: Context, path: str, options: GenerateOptions) -> EstimateReport:
    """Return what a run of a recipe would send and may cost. Sends nothing, needs no key.

    Raises InvalidInput (`recipe-invalid`, `seeds-missing` …), NotFound (`recipe-not-found`).
    """
    name = Path(path).name
    recipe = recipe_of(read_file(path), name, options)
    _, plan = plan_of(options.plan, recipe)
    view = context.log.tip().view
    draft = draft_of(context, view)
    keyless = replace(recipe.model, api_key_env=None)
    endpoint = endpoint_of(context.folder, keyless, None, day=context.intent.time[:10])
    ordinal = 1 + len(runs_of_recipe(context, ended_runs(context, view), name))
    stage = open_dataset(context.store, draft.manifest)
    options = with_count(context, stage, recipe, options)
    goal = new_goal(options, ordinal=ordinal, run="", branch=draft.branch, planned=plan)
    seeds = read_seeds(context, stage, recipe.seeds)
    if recipe.seeds is not None:
        require_seeds(seeds, recipe.seeds)
    planner = planner_of(context, stage, recipe, goal, seeds, plan=plan)
    # Prompts that are there are of any length: the longest of all counts.
    sample = planner.round(goal.count if recipe.each else min(goal.count, _SAMPLE))
    sizes = [most_tokens(each.body) for each in sample]
    texts = [sum(len(m["content"].encode()) for m in _messages(each.body)) for each in sample]
    prompts = {each.drawn.answers for each in sample} - {None}
    prompt = -(-sum(texts) // (_BYTES_PER_TOKEN * len(texts)))
    most_prompt, most_answer = (max(each) for each in zip(*sizes, strict=True))
    prices = endpoint.prices
    least_cost, most_cost = (
        None if prices is None else prices.most_cost(*each, is_batch=options.is_batch)
        for each in ((prompt, 0), (most_prompt, most_answer))
    )
    # A list may hold all examples at once.
    least = 1 if recipe.format is AnswerFormat.JSON_LIST else min(goal.count, goal.requests)
    return EstimateReport(
        recipe=name,
        model=endpoint.model,
        endpoint=endpoint.url,
        wanted=goal.count,
        cells=len(planner.cells),
        seeds=len(seeds),
        prompts=len(prompts),
        requests=Interval(least, goal.requests),
        tokens=Interval(least * prompt, goal.requests * (most_prompt + most_answer)),
        cost=Interval(_times(least_cost, least), _times(most_cost, goal.requests)),
        currency=None if prices is None else prices.currency,
        messages=tuple(_messages(sample[0].body)),
    )


def _messages(body: str) -> list[dict[str, Any]]:
    """Return the messages of a request, each with its content as a text."""
    found: list[dict[str, Any]] = json.loads(body)["messages"]
    return [{**each, "content": _content(each)} for each in found]


def _content(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    rest = {name: each for name, each in message.items() if name != "role" and each is not None}
    return json.dumps(rest, ensure_ascii=False)


def _times(cost: Decimal | None, count: int) -> str | None:
    return None if cost is None else money_text(cost * count)
