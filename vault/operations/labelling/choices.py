"""Labels to choose from while labelling: names, values, and a key for each value."""

from __future__ import annotations

from dataclasses import dataclass

from vault.objects.labels.label_name import is_for_people, slug
from vault.objects.labels.label_set import LabelValue
from vault.operations.labelling.list_labels import list_labels
from vault.operations.labelling.raters import own_label, rater_of
from vault.operations.labelling.vocabulary import Vocabulary, vocabularies
from vault.session.context import Context

_DIGITS = "123456789"


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """A label that can be given: `keys[i]` gives `values[i]`; later values have no key.

    `own` is the label that the person writes: `quality.ada` where several people rate. It is
    `declared` if `vault.toml` has it; else the values are those that people gave.
    """

    name: str
    values: tuple[LabelValue, ...]
    keys: tuple[str, ...]
    raters: int
    own: str
    declared: bool


def label_choices(context: Context) -> tuple[LabelChoice, ...]:
    """Return the labels of `vault.toml`, then others that people gave to examples of the stage.

    Of those that are not declared, the ones with few values are there: a key can mean one of nine.
    Costs reading the label sets. Raises InvalidInput (`config-invalid` and those of
    `vocabularies`), Corrupt.
    """
    declared = vocabularies(context.folder)
    given: dict[str, list[LabelValue]] = {}
    for each in list_labels(context).labels:
        is_vote = any(rater_of(name, each.name) is not None for name in declared)
        if each.name not in declared and is_for_people(each.name) and not is_vote:
            given.setdefault(each.name, []).append(each.value)
    found = [
        _choice(each, each.values or (), _own(each, context.intent.author), declared=True)
        for each in declared.values()
    ]
    few = {name: values for name, values in given.items() if len(values) <= len(_DIGITS)}
    found += [
        _choice(Vocabulary(name), tuple(values), name, declared=False)
        for name, values in few.items()
    ]
    return tuple(found)


def _own(vocabulary: Vocabulary, person: str) -> str:
    """Return the label that a person writes; the label itself for one that cannot be named."""
    return own_label(vocabulary, person, settles=not slug(person))


def _choice(
    vocabulary: Vocabulary, values: tuple[LabelValue, ...], own: str, *, declared: bool
) -> LabelChoice:
    keys = vocabulary.keys or tuple(_DIGITS[: len(values)])
    return LabelChoice(vocabulary.name, values, keys, vocabulary.raters, own, declared)
