"""The variable of a recipe that makes the field of a plan."""

from __future__ import annotations

from typing import Any

from vault.errors import InvalidInput
from vault.generate.recipe.cells import value_text
from vault.generate.recipe.quota_plan import QuotaPlan
from vault.generate.recipe.recipe import Recipe
from vault.generate.recipe.templates import variable_alone

_MOST_NAMED = 5


def planned_variable(recipe: Recipe, plan: QuotaPlan) -> str:
    """Return the variable of `[vary]` whose values are those of the plan's field.

    The field stands in `[example]` as exactly `{{ name }}`. Raises InvalidInput (`plan-not-made`,
    `plan-values-missing`).
    """
    path = plan.field.removeprefix("data.")
    found: Any = recipe.example
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    variable = variable_alone(found) if isinstance(found, str) else None
    if variable is None or variable not in recipe.vary:
        raise _not_made(recipe, plan, path, found)
    known = {value_text(each.value) for each in recipe.vary[variable]}
    missing = [each for each in plan.quotas if each not in known]
    if missing:
        named = ", ".join(f'"{each}"' for each in missing[:_MOST_NAMED])
        more = f" and {len(missing) - _MOST_NAMED:,} more" if len(missing) > _MOST_NAMED else ""
        raise InvalidInput(
            f"{variable} of [vary] in {recipe.name} has no {named}{more}, and the plan does",
            code="plan-values-missing",
            hint=f"add the values to {variable}, or take them out of the plan",
        )
    return variable


def _not_made(recipe: Recipe, plan: QuotaPlan, path: str, found: Any) -> InvalidInput:
    if found is None:
        why = f"its [example] has no {path}"
    else:
        shown = f'"{found}"' if isinstance(found, str) else "no text"
        why = f"{path} of its [example] is {shown}, and not one variable of [vary]"
    variable = path.rpartition(".")[2]
    return InvalidInput(
        f"the plan counts by {plan.field}, which {recipe.name} does not vary: {why}",
        code="plan-not-made",
        hint=f'write {variable} = [...] below [vary] and {path} = "{{{{ {variable} }}}}" below '
        "[example]",
    )
