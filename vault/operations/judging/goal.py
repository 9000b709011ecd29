"""The goal of a run of judging, as its journal keeps it once every request is planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from vault.errors import InvalidInput
from vault.generate.budget import NOTHING_SPENT, Budget, Limits
from vault.generate.endpoint import Endpoint
from vault.operations.judging.options import JudgeOptions
from vault.store.run_folder import RunFolder

TYPE = "judge-goal"
"""The type of the line; readers of the format pass over types that they do not know."""


@dataclass(frozen=True, slots=True)
class JudgeGoal:
    """The aim of a run of judging, and its budget. Labels go to `branch`, wherever HEAD is.

    `examples` are judged, and others were `skipped`, by reason. `same_family` of the examples were
    made by a model of a judge's family.
    """

    branch: str
    examples: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    same_family: int = 0
    pairwise: bool = False
    cost: Decimal | None = None
    tokens: int | None = None

    def to_line(self) -> dict[str, Any]:
        """Return the line of the journal."""
        cost = None if self.cost is None else str(self.cost)
        return {"type": TYPE, **asdict(self), "skipped": dict(self.skipped), "cost": cost}

    def with_limits(self, options: JudgeOptions) -> JudgeGoal:
        """Return the goal with the limits that options say anew. Raises InvalidInput."""
        goal = replace(
            self,
            cost=self.cost if options.budget is None else options.budget,
            tokens=self.tokens if options.budget_tokens is None else options.budget_tokens,
        )
        is_money = goal.cost is None or (goal.cost.is_finite() and goal.cost > 0)
        if not is_money or (goal.tokens is not None and goal.tokens < 1):
            raise InvalidInput(
                "a budget has to be more than 0",
                code="goal-invalid",
                hint="`vault judge --help` explains --budget and --budget-tokens",
            )
        return goal

    def require_prices(self, endpoints: Iterable[Endpoint]) -> None:
        """Raise InvalidInput (`price-unknown`) if money is limited and a judge has no price.

        Asked one after the other, the judges before it would have been paid in vain.
        """
        for each in endpoints:
            Budget(Limits(self.cost), each.prices, NOTHING_SPENT)


def judge_goal_of(folder: RunFolder) -> JudgeGoal | None:
    """Return the goal of a run, by its last line; None where not every request is planned."""
    found = None
    for line in folder.lines():
        if line.value.get("type") == TYPE:
            names = JudgeGoal.__dataclass_fields__
            value = {name: line.value[name] for name in names}
            cost = value["cost"]
            found = JudgeGoal(**{**value, "cost": None if cost is None else Decimal(cost)})
    return found
