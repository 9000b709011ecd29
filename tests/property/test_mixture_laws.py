"""Mixtures: what was there stays where it was, samples nest, shares are met exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vault.operations.exports.mixtures.drawing import (
    Drawn,
    arranged,
    by_count,
    by_epochs,
    by_tokens,
    ranks,
)
from vault.operations.exports.mixtures.mixture import (
    Mixture,
    Order,
    Part,
    fault_of,
    mixture_from_json,
    mixture_json,
)
from vault.operations.exports.mixtures.sizes import budgets, divided, largest

decimals = st.integers(1, 5_000).map(lambda n: Decimal(n) / 100)
shares = st.lists(decimals, min_size=1, max_size=6)


def ids(numbers: Any) -> Any:
    return np.array([number.to_bytes(16, "big") for number in numbers], "V16")


def lines(part: dict[str, list[int]], epochs: Decimal, order: Order) -> list[tuple[str, int]]:
    """Return what is written of named parts, as (part, number)."""
    drawn = [
        Drawn(name, ids(own), by_epochs(epochs, ranks("take", 0, name, ids(own))))
        for name, own in part.items()
    ]
    number, row = arranged(drawn, order, 0)
    names = list(part)
    return [(names[n], part[names[n]][r]) for n, r in zip(number, row, strict=True)]


@given(
    st.sets(st.integers(0, 10_000), min_size=1, max_size=60),
    st.sets(st.integers(0, 10_000), max_size=60),
    st.integers(1, 350).map(lambda n: Decimal(n) / 100),
    st.sampled_from([Order.SHUFFLE, Order.PARTS]),
)
def test_with_epochs_new_rows_leave_the_old_ones_in_order(
    old: set[int], new: set[int], epochs: Decimal, order: Order
) -> None:
    first = sorted(old)
    more = first + sorted(new - old)
    before = lines({"a": first, "b": first[::2]}, epochs, order)
    after = lines({"a": more, "b": first[::2]}, epochs, order)
    assert [each for each in after if each[1] in old] == before


@given(
    st.sets(st.integers(0, 999), min_size=1, max_size=50), st.integers(0, 300), st.integers(0, 9)
)
def test_larger_counts_hold_the_smaller_ones(rows: set[int], count: int, more: int) -> None:
    rank = ranks("take", 1, "a", ids(sorted(rows)))
    few, many = by_count(count, rank), by_count(count + more, rank)
    assert few.sum() == count
    assert (few <= many).all()
    assert few.max() - few.min() <= 1


@given(
    st.lists(st.integers(0, 90), min_size=1, max_size=30), st.integers(0, 999), st.integers(0, 99)
)
def test_token_budgets_are_kept_and_nest(sizes: list[int], budget: int, more: int) -> None:
    tokens, rank = np.array(sizes), ranks("take", 1, "a", ids(range(len(sizes))))
    few, many = by_tokens(budget, tokens, rank), by_tokens(budget + more, tokens, rank)
    assert (few * tokens).sum() <= budget
    assert (few <= many).all()
    if tokens.any():
        assert budget - (few * tokens).sum() < tokens.max()


@given(shares, st.integers(0, 2_000))
def test_shares_are_divided_exactly_and_never_less_of_more(
    parts: list[Decimal], total: int
) -> None:
    counts, more = divided(total, parts), divided(total + 1, parts)
    assert sum(counts) == total
    assert all(a <= b for a, b in zip(counts, more, strict=True))
    whole = sum(parts)
    for count, share in zip(counts, parts, strict=True):
        assert count >= int(share * total / whole) - 1e-9
        assert count < share * total / whole + len(parts)
    assert sum(budgets(total, parts)) <= total


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_largest_that_fits_is_found(most: int, limit: int) -> None:
    assert largest(most, lambda size: size <= limit) == min(most, limit)


@given(st.integers(1, 60), st.integers(1, 60))
def test_interleaved_parts_are_spread_evenly(first: int, second: int) -> None:
    written = lines(
        {"a": list(range(first)), "b": list(range(second))}, Decimal(1), Order.INTERLEAVE
    )
    share = first / (first + second)
    for end in range(len(written) + 1):
        own = sum(name == "a" for name, _ in written[:end])
        assert abs(own - share * end) <= 1


@given(st.lists(st.sampled_from([0.25, 0.5, 0.9]), min_size=1, max_size=1))
def test_part_of_a_pass_is_about_its_share(epochs: list[float]) -> None:
    counts = by_epochs(Decimal(str(epochs[0])), ranks("take", 0, "a", ids(range(4_000))))
    assert abs(counts.mean() - epochs[0]) < 0.03


# White space alone is no name.
names = st.text(min_size=1, max_size=8).filter(str.strip)


@st.composite
def mixtures(draw: st.DrawFn) -> Mixture:
    parts = []
    for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        size = draw(st.sampled_from(["epochs", "count", "share"]))
        value: Any = draw(st.integers(1, 99) if size == "count" else decimals)
        repeat = (
            Decimal(1) if size == "epochs" else draw(st.sampled_from(["1", "2.5"]).map(Decimal))
        )
        parts.append(
            Part(
                name,
                max_repeat=repeat,
                where=tuple(draw(st.lists(names, max_size=2))),
                revision=draw(st.none() | names),
                split=draw(st.none() | names),
                **{size: value},
            )
        )
    has_share = any(each.share is not None for each in parts)
    total = draw(st.none() | st.integers(1, 99)) if has_share else None
    return Mixture(
        tuple(parts),
        seed=draw(st.integers(-5, 5)),
        order=draw(st.sampled_from(Order)),
        total=total,
        tokens=draw(st.integers(1, 99)) if has_share and total is None else None,
        allow_overlap=draw(st.booleans()),
        skip_held_out=draw(st.booleans()),
    )


@given(mixtures())
def test_a_mixture_comes_back_from_the_lock(mixture: Mixture) -> None:
    assert fault_of(mixture) is None
    assert mixture_from_json(mixture_json(mixture)) == mixture


@given(st.integers(1, 99_999).map(lambda n: Decimal(n) / 100_000))
def test_a_row_is_in_a_part_of_a_pass_if_its_rank_is_below(epochs: Decimal) -> None:
    limit = Fraction(epochs) * 2**64
    near = [int(limit) - 1, int(limit), int(limit) + 1]
    assert by_epochs(epochs, np.array(near, np.uint64)).tolist() == [each < limit for each in near]
