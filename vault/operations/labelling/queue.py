"""`label --queue`: the examples that wait for a person, or on which people differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.listed import ListedExample, listed, open_revision
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import LabelOfEach, label_of_each
from vault.errors import InvalidInput
from vault.objects.labels.label_name import JUDGE, check_label_name
from vault.objects.runs import RowKeys
from vault.operations.labelling.raters import rated_by, rater_name
from vault.operations.labelling.vocabulary import Vocabulary, same_value, vocabularies
from vault.presentation.report_html import Displayed
from vault.session.context import Context

CONFLICTS = "conflicts"
"""The queue of examples that enough people labelled or on which people differ, and that have no
label: somebody has to settle them."""

DISAGREEMENT = "disagreement"
"""The queue of examples on which a person and a judge differ."""


@dataclass(frozen=True, slots=True)
class QueueReport(Displayed):
    """Examples that wait, in the order of the stage: how many, and those that are shown.

    `queue` is a label, `conflicts` or `disagreement`.
    """

    queue: str
    examples: int
    items: tuple[ListedExample, ...]


def label_queue(
    context: Context,
    queue: str | None = None,
    *,
    person: str | None = None,
    where: Sequence[str] = (),
    limit: int = 20,
) -> QueueReport:
    """Return the examples of the stage that wait, those shown with their labels.

    For a label: those without it that this person (the author) has not labelled, and fewer others
    than `vault.toml` wants. `conflicts`: those without the label on which people differ, or which
    enough people labelled. `disagreement`: those on which a judge's label `judge.RUBRIC.NAME` is
    not what people say of `NAME`, or its score not what they say of `RUBRIC`, those with most such
    labels first. Without a name: the only label of `vault.toml`. Costs reading the
    label sets. Raises InvalidInput (`queue-missing`, `label-name-invalid`, `person-invalid`).
    """
    _, dataset = open_revision(context, None)
    keys = dataset.keys()
    if where:
        keys = satisfying(context, dataset, keys, where)
    name = queue or _only_label(vocabularies(context.folder))
    found = waiting(context, dataset, keys, name, person=person)
    items = tuple(listed(dataset, found[:limit]))
    return QueueReport(name, len(found), items)


def waiting(
    context: Context, dataset: Dataset, keys: RowKeys, queue: str, *, person: str | None = None
) -> RowKeys:
    """Return those of some rows that wait in a queue for a person (the author): see `label_queue`.

    Raises InvalidInput (`label-name-invalid`, `person-invalid`).
    """
    known = vocabularies(context.folder)
    labels = label_of_each(dataset, keys, lambda _: True)
    if queue == CONFLICTS:
        rated = [each for each in known.values() if each.raters > 1]
        waits = _any(len(keys), [_in_conflict(labels, each, len(keys)) for each in rated])
    elif queue == DISAGREEMENT:
        differs = np.zeros(len(keys), np.int64)
        for each in _judged_otherwise(labels):
            differs += each
        order = np.argsort(-differs, kind="stable")
        return keys[order[differs[order] > 0]]
    else:
        vocabulary = known.get(check_label_name(queue), Vocabulary(queue))
        waits = _lacks(labels, vocabulary, person or context.intent.author, len(keys))
    return keys[waits]


def _only_label(known: Mapping[str, Vocabulary]) -> str:
    if len(known) == 1:
        return next(iter(known))
    named = f"one of {', '.join(known)}" if known else "the label that is to be given"
    raise InvalidInput(
        "nothing says which queue",
        code="queue-missing",
        hint=f"name {named}: vault label --queue {next(iter(known), 'quality')}",
    )


def _lacks(
    labels: Mapping[str, LabelOfEach], vocabulary: Vocabulary, person: str, count: int
) -> NDArray[np.bool_]:
    """Tell which rows lack a label, and a vote of this person if several people give it."""
    name = vocabulary.name
    lacks = np.ones(count, np.bool_)
    if name in labels:
        lacks &= ~labels[name].has()
    if vocabulary.raters == 1:
        return lacks
    votes = np.zeros(count, np.int64)
    rater = rater_name(person)
    for each, column in rated_by(labels, name).items():
        if each == rater:
            lacks &= ~column.has()
        votes += column.has()
    return lacks & (votes < vocabulary.raters)


def _in_conflict(
    labels: Mapping[str, LabelOfEach], vocabulary: Vocabulary, count: int
) -> NDArray[np.bool_]:
    votes = list(rated_by(labels, vocabulary.name).values())
    pairs = [_differ(one, other) for at, one in enumerate(votes) for other in votes[at + 1 :]]
    given = np.zeros(count, np.int64)
    for each in votes:
        given += each.has()
    waits = _any(count, pairs) | (given >= vocabulary.raters)
    return waits & ~labels[vocabulary.name].has() if vocabulary.name in labels else waits


def _judged_otherwise(labels: Mapping[str, LabelOfEach]) -> list[NDArray[np.bool_]]:
    """Return for each label that a judge and people gave on which rows they differ.

    A rubric's answer to the question NAME is compared with the label NAME, and its score, yes from
    a half on, with a label that has the name of the rubric and says yes or no.
    """
    found = []
    for judge in labels:
        if not judge.startswith(JUDGE) or judge.count(".") != 2:
            continue
        rubric, part = judge.removeprefix(JUDGE).split(".")
        if part in labels:
            found.append(_differ(labels[judge], labels[part]))
        elif part == "score" and rubric in labels:
            found.append(_differ(_as_yes_no(labels[judge]), labels[rubric], same_kind=True))
    return found


def _as_yes_no(scores: LabelOfEach) -> LabelOfEach:
    is_number = (isinstance(each, int | float) for each in scores.values)
    said = zip(scores.values, is_number, strict=True)
    return LabelOfEach(
        scores.place,
        tuple(float(each) >= 0.5 if is_so else None for each, is_so in said),  # type: ignore[arg-type]
    )


def _differ(one: LabelOfEach, other: LabelOfEach, *, same_kind: bool = False) -> NDArray[np.bool_]:
    """Return which rows have both labels, with different values; of one type if `same_kind`."""
    differs = [
        [
            None not in (mine, theirs)
            and not same_value(mine, theirs)
            and (not same_kind or type(mine) is type(theirs))
            for theirs in other.values
        ]
        for mine in one.values
    ]
    return np.array(differs, np.bool_)[one.place, other.place]


def _any(count: int, masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    result = np.zeros(count, np.bool_)
    for each in masks:
        result |= each
    return result
