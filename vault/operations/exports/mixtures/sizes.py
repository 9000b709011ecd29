"""How many examples each part of a mixture gets. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction


def divided(total: int, shares: Sequence[Decimal]) -> list[int]:
    """Return how a number of examples is divided by shares, which need not add up to 1.

    By the method of D'Hondt: the sum is exact, no part gets fewer than its share rounded down, and
    none gets fewer of a larger total, so that samples nest (rounding by largest remainders breaks
    that). Costs as many steps as there are shares, each over all of them.
    """
    whole = Fraction(sum(shares, Decimal(0)))
    counts = [int(Fraction(each) * total / whole) for each in shares]
    while sum(counts) < total:
        # The earlier of two equals: their order is part of the mixture.
        most = max(
            range(len(shares)), key=lambda at: (Fraction(shares[at]) / (counts[at] + 1), -at)
        )
        counts[most] += 1
    return counts


def budgets(tokens: int, shares: Sequence[Decimal]) -> list[int]:
    """Return the tokens that each part may use at most, rounded down."""
    whole = Fraction(sum(shares, Decimal(0)))
    return [int(Fraction(each) * tokens / whole) for each in shares]


def largest(most: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number up to `most` that fits, 0 if none does.

    What fits must fit with every smaller number too. Costs log2(`most`) calls.
    """
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
