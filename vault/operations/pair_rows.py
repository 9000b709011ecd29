"""Pairing the rows that only one of two datasets has: which record took the place of which."""

from __future__ import annotations

from dataclasses import dataclass

from vault.objects.pairing import Matching, Pairs
from vault.operations.alike_rows import SideRows, pair_alike
from vault.operations.coexistence import Coexistence, Past

MOST_UNPAIRED = 100_000
"""Examples without a partner, on either side, up to which texts are compared."""


@dataclass(frozen=True, slots=True)
class RowPairs:
    """The pairs of two sides, and whether alike texts were looked for, if there was any need."""

    pairs: Pairs
    compared_texts: bool


def pair_rows(old: SideRows, new: SideRows, past: Past) -> RowPairs:
    """Return which row took the place of which, by the evidence that `pairing` names.

    Reads the records of what has no partner by then, see `pair_alike`, unless more than
    MOST_UNPAIRED on one side have none. `past` as in `Coexistence`. Raises Corrupt.
    """
    coexistence = Coexistence(old.dataset.store, old.dataset.numbers, past)
    matching = Matching(old.side, new.side, coexistence.between(old, new))
    matching.pair_recorded()
    matching.pair_conversations()
    matching.pair_prompts(single=True)
    unpaired = len(matching.left), len(matching.right)
    if not min(unpaired):
        return RowPairs(matching.pairs(), compared_texts=True)
    compares_texts = max(unpaired) <= MOST_UNPAIRED
    if compares_texts:
        pair_alike(matching, old, new)
    else:
        matching.pair_prompts(single=False)
    return RowPairs(matching.pairs(), compares_texts)
