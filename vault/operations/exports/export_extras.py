"""What `export --with` adds to each record: its id, its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.labels import row_labels
from vault.objects.labels.label_combinations import RowLabels
from vault.objects.labels.label_name import is_own_name
from vault.objects.runs import RowKeys


@dataclass(frozen=True, slots=True)
class ExportExtras:
    """Ids and labels of the records of an export, as columns; None of what is not asked for."""

    ids: NDArray[np.void] | None
    labels: RowLabels | None

    @classmethod
    def read(cls, dataset: Dataset, keys: RowKeys, names: Sequence[str]) -> Self:
        """Read the extras of some rows, 24 bytes a row; labels but vault's own. Raises Corrupt."""
        ids = ids_of(dataset.columns(keys, ["id"])) if "id" in names else None
        return cls(ids, _shown(row_labels(dataset, keys)) if "labels" in names else None)

    def members(self, start: int, count: int) -> list[dict[str, Any]]:
        """Return the members to add to some records that follow one another."""
        rows = slice(start, start + count)
        members: list[dict[str, Any]] = [{} for _ in range(count)]
        if self.ids is not None:
            for member, each in zip(members, self.ids[rows], strict=True):
                member["id"] = each.tobytes().hex()
        if self.labels is not None:
            for member, labels in zip(members, self.labels[rows].each(), strict=True):
                member["labels"] = labels
        return members


def _shown(labels: RowLabels) -> RowLabels:
    """Return labels without those that vault keeps for itself."""
    shown = [
        {name: value for name, value in each.items() if not is_own_name(name)}
        for each in labels.combinations
    ]
    return RowLabels(labels.place, shown)
