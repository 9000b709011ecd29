"""Pairing as its description reads, in O(n²): the model that the fast one is held against."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Item:
    """An example of the model: what identifies it, its text, its keys (None where it has none)."""

    id: int
    content: int | None
    prompt: int | None
    text: str
    key: int | None = None


def what_changed(old: Item, new: Item) -> str:
    if old.content is not None and old.content == new.content:
        return "metadata"
    if old.prompt is not None and old.prompt == new.prompt:
        return "response"
    return "prompt"


def words(text: str) -> list[str]:
    return re.findall("[a-z0-9_]+", text.lower())


def share(old: set[object], new: set[object]) -> float:
    return len(old & new) / max(len(old), len(new)) if len(old & new) > 1 else 0.0


def in_detail(text: str) -> set[object]:
    """Return tokens, and what stands in a row of tokens and of words."""
    tokens = text.split()
    rows = [*pairwise(tokens), *pairwise(words(text))]
    alone = [(each[0], "alone") for each in (tokens, words(text)) if len(each) == 1]
    return {*tokens, *rows, *alone}


Likely = dict[tuple[Item, Item], float]


def naive_pairs(old: list[Item], new: list[Item], *, by_key: bool) -> dict[int, tuple[int, str]]:
    """Return new id → (old id, what) for two lists of distinct examples."""
    common = {each.id for each in old} & {each.id for each in new}
    left = [each for each in old if each.id not in common]
    right = [each for each in new if each.id not in common]
    pairs: dict[int, tuple[int, str]] = {}
    unpaired: tuple[list[Item], list[Item]] = [], []

    def take(a: Item, b: Item) -> None:
        pairs[b.id] = a.id, what_changed(a, b)
        left.remove(a)
        right.remove(b)

    def in_order(name: str, *, single: bool = False) -> None:
        ours = Counter(getattr(each, name) for each in left)
        theirs = Counter(getattr(each, name) for each in right)
        for a in list(left):
            value = getattr(a, name)
            if value is None or (single and (ours[value], theirs[value]) != (1, 1)):
                continue
            b = next((each for each in right if getattr(each, name) == value), None)
            if b is not None:
                take(a, b)

    def in_turn(likely: Likely) -> None:
        def order(pair: tuple[Item, Item]) -> tuple[float, int, int, list[int]]:
            at = unpaired[0].index(pair[0]), unpaired[1].index(pair[1])
            ids = sorted(each.id for each in pair)
            return -likely[pair], at[0] + at[1], abs(at[0] - at[1]), ids

        for a, b in sorted(likely, key=order):
            if a in left and b in right:
                take(a, b)

    if by_key:
        in_order("key")
    in_order("content")
    in_order("prompt", single=True)
    unpaired = list(left), list(right)
    likely = likely_pairs(left, right)
    in_turn({pair: each for pair, each in likely.items() if is_of_one_prompt(*pair)})
    in_order("prompt")
    free = {(a, b) for a in left for b in right if not is_of_one_prompt(a, b)}
    in_turn(clear({pair: each for pair, each in likely.items() if pair in free}))
    return pairs


def is_of_one_prompt(old: Item, new: Item) -> bool:
    return old.prompt is not None and old.prompt == new.prompt


def likely_pairs(left: list[Item], right: list[Item]) -> Likely:
    likely = {}
    for a in left:
        for b in right:
            common = share(set(words(a.text)), set(words(b.text)))
            if common and (is_of_one_prompt(a, b) or common >= 0.5):
                likely[a, b] = common + is_of_one_prompt(a, b)
    count = Counter(each for pair in likely for each in (("old", pair[0]), ("new", pair[1])))
    for a, b in likely:
        if count["old", a] > 1 or count["new", b] > 1:
            likely[a, b] += share(in_detail(a.text), in_detail(b.text))
    return likely


def others(likely: Likely, pair: tuple[Item, Item]) -> float:
    return max(
        (
            each
            for other, each in likely.items()
            if other != pair and (other[0] == pair[0] or other[1] == pair[1])
        ),
        default=0.0,
    )


def clear(likely: Likely) -> Likely:
    return {
        pair: each
        for pair, each in likely.items()
        if each >= 0.85 * others(likely, pair)
        and (each >= 1.4 or others(likely, pair) < 0.95 * each)
    }
