"""The step of `clean` that takes examples of protected evaluation files out of training data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vault.dataset.choosing.split_sides import training_side
from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import split_of_each
from vault.objects.labels.label_name import UNASSIGNED
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys
from vault.operations.duplicates.dedupe import DedupeOptions
from vault.operations.duplicates.dedupe_against import without_matches
from vault.operations.splitting.protected_files import protected_files
from vault.session.context import Context

CONTAINMENT_WORDS = 13
"""A run of so many words of an evaluation question in an example is contamination: the number that
GPT-3's authors and lm-evaluation-harness use."""


def without_protected(
    context: Context, dataset: Dataset, options: DedupeOptions
) -> tuple[Manifest, int] | None:
    """Return the manifest without training examples that protected files hold, and how many went.

    Prompts are compared: another answer to an evaluation question is a leak as well. Examples on
    another side than that for training stay. None where `vault.toml` protects no files. Costs what
    `dedupe_against` costs for each file, and raises what that and `protected_files` raise.
    """
    files = protected_files(context.folder)
    if not files:
        return None
    on_prompts = replace(options.comparing, on=Part.PROMPT)
    options = replace(options, comparing=on_prompts, containment=CONTAINMENT_WORDS)
    removed = 0
    for each in files:
        among = _for_training(dataset)
        manifest, count = without_matches(context, dataset, str(each.path), options, among=among)
        dataset = Dataset(dataset.store, manifest, numbers=dataset.numbers)
        removed += count
    return dataset.manifest, removed


def _for_training(dataset: Dataset) -> RowKeys:
    keys = dataset.keys()
    sides = split_of_each(dataset, keys)
    training = None if sides is None else training_side(dataset, sides)
    if sides is None or training is None:
        return keys
    meant = np.array([name in (None, UNASSIGNED, training) for name in sides.names], np.bool_)
    result: RowKeys = keys[meant[sides.place]]
    return result
