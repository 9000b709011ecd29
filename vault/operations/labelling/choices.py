"""What a person who labels can choose from: labels, their values, and a key for each."""

from __future__ import annotations

from dataclasses import dataclass

from vault.objects.labels.label_name import is_for_people
from vault.objects.labels.label_set import LabelValue
from vault.operations.labelling.list_labels import list_labels
from vault.operations.labelling.raters import rater_of
from vault.operations.labelling.vocabulary import vocabularies
from vault.session.context import Context

_DIGITS = "123456789"


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """A label that can be given: `keys[i]` gives `values[i]`; later values have no key.

    It is `declared` if `vault.toml` has it; else the values are those that people gave.
    """

    name: str
    values: tuple[LabelValue, ...]
    keys: tuple[str, ...]
    raters: int
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
        _choice(each.name, each.values or (), each.keys, each.raters, declared=True)
        for each in declared.values()
    ]
    few = {name: values for name, values in given.items() if len(values) <= len(_DIGITS)}
    found += [_choice(name, tuple(values), (), 1, declared=False) for name, values in few.items()]
    return tuple(found)


def _choice(
    name: str,
    values: tuple[LabelValue, ...],
    keys: tuple[str, ...],
    raters: int,
    *,
    declared: bool,
) -> LabelChoice:
    return LabelChoice(name, values, keys or tuple(_DIGITS[: len(values)]), raters, declared)
