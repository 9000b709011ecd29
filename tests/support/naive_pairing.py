"""Pairing as its description reads, in O(n²): the model that the fast one is held against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """An example of the model: what identifies it, its keys (None where it has none)."""

    id: int
    content: int | None
    prompt: int | None
    key: int | None = None


def what_changed(old: Item, new: Item) -> str:
    if old.content is not None and old.content == new.content:
        return "metadata"
    if old.prompt is not None and old.prompt == new.prompt:
        return "response"
    return "prompt"


def naive_pairs(old: list[Item], new: list[Item], *, by_key: bool) -> dict[int, tuple[int, str]]:
    """Return new id → (old id, what) for two lists of distinct examples."""
    common = {each.id for each in old} & {each.id for each in new}
    left = [each for each in old if each.id not in common]
    right = [each for each in new if each.id not in common]
    pairs: dict[int, tuple[int, str]] = {}
    gone: set[int] = set()
    for name in ["key"] * by_key + ["content", "prompt"]:
        for each in left:
            if each.id in gone or getattr(each, name) is None:
                continue
            for other in right:
                if other.id not in pairs and getattr(other, name) == getattr(each, name):
                    pairs[other.id] = (each.id, what_changed(each, other))
                    gone.add(each.id)
                    break
    # Neighbours: those that both sides have, and those that were paired so far.
    names = {each: ("both", each) for each in common}
    ours = names | {was: ("pair", now) for now, (was, _) in pairs.items()}
    theirs = names | {now: ("pair", now) for now in pairs}
    gaps = {_gap(old, at, ours): each for at, each in enumerate(old) if each.id not in ours}
    for at, each in enumerate(new):
        gap = None if each.id in theirs else _gap(new, at, theirs)
        if gap is not None and gap in gaps:
            before = gaps[gap]
            pairs[each.id] = (before.id, what_changed(before, each))
    return pairs


def _gap(items: list[Item], at: int, named: dict[int, tuple[str, int]]) -> object:
    before = ("start", 0) if at == 0 else named.get(items[at - 1].id)
    after = ("end", 0) if at == len(items) - 1 else named.get(items[at + 1].id)
    return None if before is None or after is None else (before, after)
