"""Labels for tests, written as a command would write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tests.support.repositories import NOW
from vault.dataset.changing.stage import change_stage
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.reading.dataset import Dataset
from vault.objects.labels.label_set import LabelValue
from vault.objects.manifest import Manifest
from vault.repository import Repository
from vault.session.context import Draft

Values = Sequence[LabelValue | None]


def label_in_order(repository: Repository, labels: Mapping[str, Values]) -> None:
    """Label the first examples of the stage, in order, by name; None is no label."""

    def change(_: Draft, dataset: Dataset) -> tuple[Manifest, None]:
        keys = dataset.keys()
        changes = []
        for name, values in labels.items():
            at = [place for place, value in enumerate(values) if value is not None]
            said = tuple(values[each] for each in at)
            changes.append(LabelChange(name, keys[at], said, np.arange(len(at)), "ada", NOW))
        return with_label_changes(dataset, changes), None

    change_stage(repository._context(), change)
