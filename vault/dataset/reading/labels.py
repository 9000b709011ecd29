"""Labels by row key: what is said of single rows, in label sets by chunk number."""

from __future__ import annotations

from collections.abc import Mapping

from vault.objects.label_set import Label, LabelSet

_ROW_BITS = 32
_ROW_MASK = (1 << _ROW_BITS) - 1


def labels_at(sets: Mapping[int, LabelSet], key: int) -> dict[str, Label]:
    """Return what is said of the row with this key, by name; nothing where nothing is."""
    return sets.get(key >> _ROW_BITS, {}).get(key & _ROW_MASK, {})


def put_labels(sets: dict[int, LabelSet], key: int, labels: dict[str, Label]) -> None:
    """Let exactly this be said of a row. The set of its chunk is replaced, not changed."""
    chunk = key >> _ROW_BITS
    sets[chunk] = {**sets.get(chunk, {}), key & _ROW_MASK: labels}
