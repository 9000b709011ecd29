"""Hiding other people's votes from a person who has not answered yet.

Seeing another answer first moves one's own towards it, and then agreement says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    they agree on, and the scores of judges are left out.
    """
    hidden: set[str] = set()
    for vocabulary in declared.values():
        name = vocabulary.name
        own = name if vocabulary.raters == 1 else f"{name}.{slug(person)}"
        if own in labels:
            continue
        votes = {each for each in labels if rater_of(name, each) is not None}
        hidden |= {name} | votes if vocabulary.raters > 1 else set()
        hidden |= {each for each in labels if each.startswith(JUDGE) and each.endswith(f".{name}")}
    return {name: value for name, value in labels.items() if name not in hidden}


def is_vote_of_another(person: str, name: str, declared: Mapping[str, Vocabulary]) -> bool:
    """Return whether a label is the vote of another person or a judge."""
    for vocabulary in declared.values():
        rater = rater_of(vocabulary.name, name)
        if vocabulary.raters > 1 and rater is not None and rater != slug(person):
            return True
        if name.startswith(JUDGE) and name.endswith(f".{vocabulary.name}"):
            return True
    return False
