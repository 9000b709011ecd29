"""The sides of a split as a dataset has them: which one is for training, and the keys of groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import Sides, texts_of_label
from vault.objects.digest import ID_BYTES
from vault.objects.labels.label_name import UNASSIGNED
from vault.objects.labels.label_set import GROUP
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys
from vault.objects.split_rule import NAME, SplitRule, decode_split_rule
from vault.store.object_store import ObjectStore

TRAIN = "train"
_TEST = "test"


def recorded_rule(store: ObjectStore, manifest: Manifest) -> SplitRule | None:
    """Return the rule that a dataset records, None without one. Raises Corrupt."""
    attached = manifest.attachments.get(NAME)
    return None if attached is None else decode_split_rule(store.get(attached.object))


def ordered_sides(counts: Mapping[str, int]) -> list[str]:
    """Return the sides of a split, the training side first, then by name, and `test` last.

    The training side is the one called `train`, else the largest.
    """
    if not counts:
        return []
    training = TRAIN if TRAIN in counts else max(counts, key=lambda each: (counts[each], each))
    others = sorted((each for each in counts if each != training), key=lambda n: (n == _TEST, n))
    return [training, *others]


def group_keys(dataset: Dataset, keys: RowKeys) -> tuple[NDArray[np.int64], NDArray[np.void]]:
    """Return the rows that have the key of a group other than their id, and the keys."""
    found = texts_of_label(dataset, keys, GROUP)
    if found is None:
        return np.zeros(0, np.int64), np.zeros(0, f"V{ID_BYTES}")
    texts = [_id_in(each) for each in found.names]
    is_id = np.array([each is not None for each in texts], np.bool_)
    rows = np.flatnonzero(is_id[found.place])
    data = b"".join(each or bytes(ID_BYTES) for each in texts)
    return rows, np.frombuffer(data, f"V{ID_BYTES}")[found.place[rows]]


def _id_in(text: str | None) -> bytes | None:
    """Return the id that a text is, None for anything else: labels may come from elsewhere."""
    try:
        found = bytes.fromhex(text or "")
    except ValueError:
        return None
    return found if len(found) == ID_BYTES else None


def training_side(dataset: Dataset, sides: Sides) -> str | None:
    """Return the side that is for training, None where rows are on none.

    It is the first of the recorded rule where rows are on it, else the first of `ordered_sides`.
    Raises Corrupt.
    """
    sizes = np.bincount(sides.place, minlength=len(sides.names)).tolist()
    counts = {
        name: size
        for name, size in zip(sides.names, sizes, strict=True)
        if size and name not in (None, UNASSIGNED)
    }
    rule = recorded_rule(dataset.store, dataset.manifest)
    first = None if rule is None else next(iter(rule.sides))
    named = [] if first is None or first not in counts else [first]
    return next(iter([*named, *ordered_sides({str(n): size for n, size in counts.items()})]), None)
