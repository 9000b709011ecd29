"""Which example of a cluster stays: the first, the last, the longest, or one with a label."""

from __future__ import annotations

import numpy as np

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import row_labels
from vault.dataset.reading.sources import source_of_each
from vault.dedupe.texts import Rows
from vault.errors import InvalidInput, NotFound
from vault.objects.runs import RowKeys
from vault.session.revisions import nearest_name

CLUSTER = "cluster"
"""The label that `dedupe --mark` writes; it says nothing of an example's worth."""

_PLAIN = ("first", "last", "longest")


def preferences(dataset: Dataset, keys: RowKeys, policy: str | None) -> Rows:
    """Return a number for each row, smaller for those that rather stay; then position decides.

    Without a policy examples with any label stay before those without. `label:NAME` are those that
    have the label, highest number first; `source:NAME` those of a source. Raises InvalidInput
    (`keep-invalid`), NotFound (`keep-not-found`) for a label or source that occurs nowhere.
    """
    count = len(keys)
    if policy is None:
        labels = row_labels(dataset, keys)
        rank = [not set(each) - {CLUSTER} for each in labels.combinations]
        return np.array(rank, np.int64)[labels.place]
    check_policy(policy)
    if policy == "first":
        return np.zeros(count, np.int64)
    if policy == "last":
        return -np.arange(count)
    if policy == "longest":
        return -np.asarray(dataset.columns(keys, ["chars"]).column("chars").to_numpy(), np.int64)
    kind, _, name = policy.partition(":")
    return (_of_source if kind == "source" else _labelled)(dataset, keys, name)


def check_policy(policy: str) -> None:
    """Refuse a policy that `preferences` does not know. Raises InvalidInput (`keep-invalid`)."""
    kind, _, name = policy.partition(":")
    if policy not in _PLAIN and not (kind in ("source", "label") and name):
        raise InvalidInput(
            f'"{policy}" does not say which duplicate to keep',
            code="keep-invalid",
            hint=f"use {', '.join(_PLAIN)}, label:NAME or source:NAME",
        )


def _of_source(dataset: Dataset, keys: RowKeys, name: str) -> Rows:
    sources = source_of_each(dataset, keys)
    result = np.array([each != name for each in sources], np.int64)
    if result.all() and len(result):
        raise _not_found("source", name, sorted(set(sources)))
    return result


def _labelled(dataset: Dataset, keys: RowKeys, name: str) -> Rows:
    labels = row_labels(dataset, keys)
    known = {each for own in labels.combinations for each in own}
    if name not in known:
        raise _not_found("label", name, sorted(known))
    values = [own.get(name) for own in labels.combinations]
    numbers = {each for each in values if not isinstance(each, bool | str | None)}
    order = {value: rank for rank, value in enumerate(sorted(numbers, reverse=True))}
    # Other values come after all numbers, and what has no such label comes last.
    rank = [
        len(order) + (value is None) if isinstance(value, bool | str | None) else order[value]
        for value in values
    ]
    return np.array(rank, np.int64)[labels.place]


def _not_found(what: str, name: str, known: list[str]) -> NotFound:
    return NotFound(
        f'no example has the {what} "{name}"',
        code="keep-not-found",
        hint=nearest_name(name, known) or f"no example has a {what}",
    )
