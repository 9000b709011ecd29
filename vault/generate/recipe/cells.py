"""Cells: the combinations of all values of `[vary]`, and how many examples each is to have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from random import Random
from typing import Any

from vault.generate.recipe.recipe import Choice
from vault.objects.json.field_path import shown_field
from vault.objects.json.text import canonical_bytes


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of each variable, and the number of accepted examples that it is to have."""

    values: Mapping[str, Any]
    quota: int


def cells_of(vary: Mapping[str, Sequence[Choice]], count: int, random: Random) -> list[Cell]:
    """Return the cells that `count` examples are spread over, in proportion to their weights.

    By the largest remainders; `random` decides between equal ones. A cell may get none. Without
    variables there is one cell.
    """
    names = list(vary)
    combinations = list(product(*vary.values()))
    weights = [prod(each.weight for each in choices) for choices in combinations]
    total = sum(weights)
    quotas = [count * weight // total for weight in weights]
    left = [count * weight % total for weight in weights]
    order = list(range(len(combinations)))
    random.shuffle(order)
    order.sort(key=lambda at: -left[at])
    for at in order[: count - sum(quotas)]:
        quotas[at] += 1
    return [
        Cell(dict(zip(names, (each.value for each in choices), strict=True)), quota)
        for choices, quota in zip(combinations, quotas, strict=True)
    ]


def planned_cells(
    vary: Mapping[str, Sequence[Choice]], variable: str, quotas: Mapping[str, int], random: Random
) -> list[Cell]:
    """Return the cells of a plan: each value of a variable has its quota, by its text.

    The quota of a value is spread over the other variables as `cells_of` spreads a number. Values
    without a quota have no cells.
    """
    cells = []
    for value, quota in quotas.items():
        own = [each for each in vary[variable] if value_text(each.value) == value]
        cells += cells_of({**vary, variable: own}, quota, random)
    return cells


def value_text(value: Any) -> str:
    """Return a value of a variable as the values of a field are shown."""
    return shown_field(canonical_bytes(value))


def next_cells(
    cells: Sequence[Cell], accepted: Sequence[int], most: int, random: Random
) -> list[int]:
    """Return the numbers of the cells to ask for next, one for each example that is missing.

    At most `most`, in an order that `random` gives, so that no cell comes last.
    """
    missing = [max(cell.quota - has, 0) for cell, has in zip(cells, accepted, strict=True)]
    # As if each were there as often as it is missing, without a list of all of them.
    return random.sample(range(len(cells)), min(most, sum(missing)), counts=missing)
