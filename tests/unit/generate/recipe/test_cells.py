"""Examples are spread over the combinations of all values by their weights."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from vault.generate.recipe.cells import cells_of, next_cells
from vault.generate.recipe.recipe import Choice


@given(
    weights=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=4), max_size=3),
    count=st.integers(0, 500),
    seed=st.integers(0, 9),
)
def test_quotas_sum_to_the_count_and_follow_weights(
    weights: list[list[int]], count: int, seed: int
) -> None:
    vary = {
        f"v{n}": tuple(Choice(at, weight) for at, weight in enumerate(each))
        for n, each in enumerate(weights)
    }
    cells = cells_of(vary, count, Random(seed))
    assert sum(each.quota for each in cells) == count
    total = 1
    for each in weights:
        total *= sum(each)
    for cell in cells:
        weight = 1
        for name, value in cell.values.items():
            weight *= weights[int(name[1:])][value]
        assert abs(cell.quota - count * weight / total) < 1
    assert cells == cells_of(vary, count, Random(seed))


def test_what_is_missing_is_asked_for_next() -> None:
    cells = cells_of({"v": (Choice("a", 2), Choice("b"))}, 9, Random(1))
    asked = next_cells(cells, [6, 1], 10, Random(1))
    assert Counter(asked) == {1: 2}
    assert Counter(next_cells(cells, [0, 0], 100, Random(1))) == {0: 6, 1: 3}
    assert len(next_cells(cells, [0, 0], 4, Random(1))) == 4
