"""Labelling every example of a list that somebody looked at, as one operation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vault.dataset.changing.stage import change_and_count
from vault.dataset.reading.dataset import Dataset
from vault.errors import Conflict
from vault.objects.labels.label_set import LabelValue
from vault.objects.manifest import Manifest
from vault.operations.labelling.label import (
    Counts,
    LabelOptions,
    LabelReport,
    checked_vocabularies,
    labelled,
    meant_by,
    report_of,
    said_of,
)
from vault.operations.labelling.vocabulary import vocabularies
from vault.operations.queries.browse import Listing
from vault.session.context import Context, Draft


def label_listed(
    context: Context,
    listing: Listing,
    values: Mapping[str, LabelValue | None],
    options: LabelOptions,
) -> LabelReport:
    """Give labels to all examples of a list of the stage, or take them off where the value is None.

    Raises what `label_examples` raises, and Conflict (`stage-moved`) where the stage is not what it
    was when the list was made.
    """
    known = checked_vocabularies(vocabularies(context.folder), list(values), options)
    meant = {
        name: None if each is None else meant_by(known[name], each, options)
        for name, each in values.items()
    }

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, Counts]:
        if (draft.manifest or "") != listing.version:
            raise Conflict(
                "examples or labels have changed since the list was made",
                code="stage-moved",
                hint="look at the list anew, and label it again",
            )
        rows = np.sort(listing.keys)
        said = [said_of(context, options, *each, rows) for each in meant.items()]
        manifest, counts = labelled(listing.dataset, said, known, options)
        counts.examples = len(rows)
        return manifest, counts

    staged, counts = change_and_count(context, change)
    return report_of(counts, staged, options)
