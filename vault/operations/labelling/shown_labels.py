"""Hiding other people's votes from a person who has not answered yet.

Seeing another answer first moves one's own towards it, and then agreement says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from vault.objects.labels.label_name import JUDGE, slug
from vault.operations.labelling.raters import rater_of
from vault.operations.labelling.vocabulary import Vocabulary

_V = TypeVar("_V")


def shown_to(
    person: str, labels: Mapping[str, _V], declared: Mapping[str, Vocabulary]
) -> dict[str, _V]:
    """Return the labels of an example that a person may see.

    Of a label of `vault.toml` that the person has not given, the votes of others, the label that
    they agree on, and what judges say of it are left out. The judges of a rubric that has not the
    name of a label, and asks no question of that name, are left out until one label is given.
    """
    hidden: set[str] = set()
    given = set()
    for vocabulary in declared.values():
        name = vocabulary.name
        own = name if vocabulary.raters == 1 else f"{name}.{slug(person)}"
        if own in labels:
            given.add(name)
            continue
        votes = {each for each in labels if rater_of(name, each) is not None}
        hidden |= {name} | votes if vocabulary.raters > 1 else set()
    if declared:
        judged = (each for each in labels if each.startswith(JUDGE))
        hidden |= {each for each in judged if not may_see(each, declared, given)}
    return {name: value for name, value in labels.items() if name not in hidden}


def may_see(label: str, declared: Collection[str], given: Collection[str]) -> bool:
    """Return whether what a judge says may be seen by who has given some of the declared labels."""
    rubric, _, part = label.removeprefix(JUDGE).partition(".")
    about = {rubric, part} & set(declared)
    return bool(about & set(given)) if about else bool(given)


def is_vote_of_another(person: str, name: str, declared: Mapping[str, Vocabulary]) -> bool:
    """Return whether a label is the vote of another person or a judge."""
    if name.startswith(JUDGE):
        return bool(declared)
    for vocabulary in declared.values():
        rater = rater_of(vocabulary.name, name)
        if vocabulary.raters > 1 and rater is not None and rater != slug(person):
            return True
    return False
