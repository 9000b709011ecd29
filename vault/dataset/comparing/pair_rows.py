"""Pairing the rows that only one of two datasets has: which record took the place of which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from vault.dataset.comparing.alike_rows import SideRows, pair_alike
from vault.dataset.comparing.coexistence import Coexistence
from vault.dataset.comparing.past import Past, name_of
from vault.objects.commit import MOST_UNPAIRED
from vault.objects.pairing import Matching, Pairs, Positions
from vault.objects.runs import key_parts

LEAST_REMEMBERED = 2_000
"""Examples without a partner from which on it is remembered what pairs they make."""

_METHOD = b"alike 1"
"""Changes with what `pair_alike` finds."""


@dataclass(frozen=True, slots=True)
class RowPairs:
    """The pairs of two sides, and whether alike texts were looked for, if there was any need."""

    pairs: Pairs
    compared_texts: bool


def pair_rows(old: SideRows, new: SideRows, past: Past) -> RowPairs:
    """Return which row took the place of which, by the evidence that `pairing` names.

    Reads the records of what has no partner by then, see `pair_alike`, unless more than
    MOST_UNPAIRED on one side have none. What was found is remembered. Raises Corrupt.
    """
    manifests = old.dataset.manifest, new.dataset.manifest
    versions = partial(past.versions, *manifests)
    coexistence = Coexistence(old.dataset.store, old.dataset.numbers, versions)
    matching = Matching(old.side, new.side, coexistence.between(old, new))
    matching.pair_recorded()
    matching.pair_conversations()
    matching.pair_prompts(single=True)
    unpaired = len(matching.left), len(matching.right)
    if not min(unpaired):
        return RowPairs(matching.pairs(), compared_texts=True)
    compares_texts = max(unpaired) <= MOST_UNPAIRED
    if compares_texts:
        _pair_alike_or_recall(matching, old, new, past)
    else:
        matching.pair_prompts(single=False)
    return RowPairs(matching.pairs(), compares_texts)


def _pair_alike_or_recall(matching: Matching, old: SideRows, new: SideRows, past: Past) -> None:
    """Do what `pair_alike` does, or what it did when it was asked the same before."""
    left, right = matching.left, matching.right
    if len(left) + len(right) < LEAST_REMEMBERED:
        pair_alike(matching, old, new)
        return
    versions = past.versions(old.dataset.manifest, new.dataset.manifest)
    asked = [
        _METHOD,
        *(_rows(side, positions) for side, positions in ((old, left), (new, right))),
        *("".join(page.page for page in each).encode() for each in versions),
    ]
    name = name_of(asked)
    found = past.recall(name)
    if found is not None and matching.can_be_paired(*found):
        matching.pair_in_turn(*found)
        return
    before = matching.count()
    pair_alike(matching, old, new)
    past.remember(name, *matching.found_since(before))


def _rows(side: SideRows, positions: Positions) -> bytes:
    """Return bytes that say which rows of which chunks these are."""
    chunk, row = key_parts(side.keys[positions])
    numbers, place = np.unique(chunk, return_inverse=True)
    digests = "".join(side.dataset.numbers.digest(each) for each in numbers.tolist())
    return digests.encode() + place.astype(np.int64).tobytes() + row.tobytes()
