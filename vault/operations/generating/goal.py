"""The goal of a run, as its journal keeps it: how many examples, and what they may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from vault.errors import InvalidInput
from vault.generate.recipe.quota_plan import QuotaPlan
from vault.operations.generating.options import USUAL_COUNT, GenerateOptions
from vault.store.run_folder import RunFolder

TYPE = "goal"
"""The type of the line; readers of the format pass over types that they do not know."""


@dataclass(frozen=True, slots=True)
class Goal:
    """The aim of a run: `count` accepted examples, for at most so much money, tokens, requests.

    `ordinal` counts the runs of the recipe from 1. `round` is the column of the examples, which are
    staged on `branch`, wherever HEAD is by then. A run for a preview stages nothing; with `review`
    examples get the label `review = pending`. `plan` names the input of the run that is its plan.
    """

    count: int
    ordinal: int
    round: str
    branch: str
    requests: int
    cost: Decimal | None = None
    tokens: int | None = None
    is_preview: bool = False
    review: bool = False
    plan: str | None = None

    def to_line(self) -> dict[str, Any]:
        """Return the line of the journal."""
        return {
            "type": TYPE,
            "count": self.count,
            "ordinal": self.ordinal,
            "round": self.round,
            "branch": self.branch,
            "requests": self.requests,
            "cost": None if self.cost is None else str(self.cost),
            "tokens": self.tokens,
            "preview": self.is_preview,
            "review": self.review,
            **({} if self.plan is None else {"plan": self.plan}),
        }

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> Goal:
        """Return what `to_line` wrote."""
        cost = line["cost"]
        return cls(
            line["count"],
            line["ordinal"],
            line["round"],
            line["branch"],
            line["requests"],
            None if cost is None else Decimal(cost),
            line["tokens"],
            line["preview"],
            line["review"],
            line.get("plan"),
        )

    def changed(self, options: GenerateOptions) -> Goal:
        """Return the goal with what options say anew."""
        if self.plan is not None and options.count not in (None, self.count):
            raise _invalid(f"-n says {options.count}, and the plan of the run {self.count}")
        count = self.count if options.count is None else options.count
        requests = self.requests if options.count is None else _most_requests(count)
        goal = replace(
            self,
            count=count,
            requests=requests if options.max_requests is None else options.max_requests,
            cost=self.cost if options.budget is None else options.budget,
            tokens=self.tokens if options.budget_tokens is None else options.budget_tokens,
            round=self.round if options.round is None else options.round,
            review=self.review or options.review,
        )
        return _checked(goal)


def new_goal(
    options: GenerateOptions,
    *,
    ordinal: int,
    run: str,
    branch: str,
    planned: QuotaPlan | None = None,
) -> Goal:
    """Return the goal of a new run, of as many examples as its plan has if it has one.

    Raises InvalidInput (`goal-invalid`).
    """
    count = USUAL_COUNT if planned is None else planned.total
    if options.count is not None:
        if planned is not None and not options.is_preview:
            raise _invalid("-n says how many examples, and so does --plan")
        count = options.count
    # A preview sends so many requests, whatever becomes of them.
    most = count if options.is_preview else _most_requests(count)
    plan = None if options.plan is None else Path(options.plan).name
    goal = Goal(count, ordinal, run, branch, most, is_preview=options.is_preview, plan=plan)
    return goal.changed(replace(options, count=None))


def _most_requests(count: int) -> int:
    return 3 * count + 50


def goal_of(folder: RunFolder) -> Goal | None:
    """Return the goal of a run, by its last line; None of a run that another program began."""
    found = None
    for line in folder.lines():
        if line.value.get("type") == TYPE:
            found = Goal.from_line(line.value)
    return found


def _checked(goal: Goal) -> Goal:
    for value, what in (
        (goal.count, "the number of examples"),
        (goal.requests, "--max-requests"),
        (goal.tokens, "--budget-tokens"),
    ):
        if value is not None and value < 1:
            raise _invalid(f"{what} is {value}, and has to be at least 1")
    try:
        goal.round.encode()
    except UnicodeEncodeError:
        raise _invalid("--round is not UTF-8") from None
    if goal.cost is not None and not (goal.cost.is_finite() and goal.cost > 0):
        raise _invalid(f"--budget is {goal.cost}, and has to be more than 0")
    return goal


def _invalid(told: str) -> InvalidInput:
    return InvalidInput(told, code="goal-invalid", hint="`vault generate --help` explains each")
