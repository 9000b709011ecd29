"""The versions that a mixture draws from, and what they hold out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dataset.choosing.split_sides import group_keys, training_side
from vault.dataset.choosing.where import matching_mask
from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of
from vault.dataset.reading.labels import Sides, split_of_each
from vault.errors import NotFound
from vault.objects.digest import ID_BYTES
from vault.objects.labels.label_name import UNASSIGNED
from vault.objects.runs import RowKeys
from vault.operations.exports.mixtures.mixture import Part
from vault.session.context import Context

Rows = NDArray[np.int64]
"""Places of rows in the order of a version."""

Ids = NDArray[np.bytes_]
"""Ids as numpy compares them: 16 bytes each."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version that parts draw from, with the columns that mixing needs, one entry a row.

    `groups` are the keys of groups that a split keeps together, `prompts` 64-bit keys of prompts
    where `has_prompt`. `training` is the side for training, None where nothing is split.
    """

    name: str
    dataset: Dataset
    keys: RowKeys
    ids: NDArray[np.void]
    groups: Ids
    prompts: NDArray[np.uint64]
    has_prompt: NDArray[np.bool_]
    tokens: Rows
    sides: Sides | None
    training: str | None

    def side_of(self, part: Part) -> str | None:
        """Return the side that a part draws from, None where nothing is split."""
        return part.split or self.training

    def rows_of(self, context: Context, part: Part) -> Rows:
        """Return the rows that a part may draw, in order.

        Raises NotFound (`split-not-found`), and what `matching_mask` raises.
        """
        side = self.side_of(part)
        rows = np.arange(len(self.keys))
        if side is not None:
            rows = rows[:0] if self.sides is None else np.flatnonzero(self.sides.on(side))
            if not len(rows):
                raise NotFound(
                    f'the part "{part.name}" draws from the split "{side}", and no example of '
                    f"{self.name} is on it",
                    code="split-not-found",
                    hint=f"`vault stats {self.name} --by split` shows the sides",
                )
        for expression in part.where:
            rows = rows[matching_mask(context, self.dataset, self.keys[rows], expression)]
        return rows

    def held_out(self, trained: Iterable[str | None]) -> dict[str, Rows]:
        """Return the rows of each side that no part draws from, by the side's name."""
        if self.sides is None:
            return {}
        drawn = {*trained, None, UNASSIGNED}
        names = [str(each) for each in self.sides.used() if each not in drawn]
        return {name: np.flatnonzero(self.sides.on(name)) for name in names}

    def on_no_side(self) -> int:
        """Return how many rows are on no side, where some are on one."""
        if self.sides is None:
            return 0
        return int((self.sides.on(None) | self.sides.on(UNASSIGNED)).sum())


def read_version(name: str, dataset: Dataset) -> Version:
    """Return a version with its columns. Costs reading four columns and the labels."""
    keys = dataset.keys()
    table = dataset.columns(keys, ["id", "prompt_id", "tokens"])
    ids = ids_of(table)
    groups = ids.copy()
    rows, own = group_keys(dataset, keys)
    groups[rows] = own
    prompts, has_prompt = hashes_of(table, "prompt_id")
    sides = split_of_each(dataset, keys)
    return Version(
        name=name,
        dataset=dataset,
        keys=keys,
        ids=ids,
        groups=comparable(groups),
        prompts=prompts,
        has_prompt=has_prompt,
        tokens=table.column("tokens").to_numpy().astype(np.int64),
        sides=sides,
        training=None if sides is None else training_side(dataset, sides),
    )


def comparable(ids: NDArray[np.void]) -> Ids:
    """Return ids as numpy can sort and compare them."""
    return np.ascontiguousarray(ids).view(f"S{ID_BYTES}")


class HeldOut:
    """What the versions of a mixture hold out: whoever asks it must not be trained on."""

    def __init__(self, held: Iterator[tuple[Version, Rows]]) -> None:
        groups: list[Ids] = [np.zeros(0, f"S{ID_BYTES}")]
        prompts: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
        for version, rows in held:
            groups += [version.groups[rows], comparable(version.ids[rows])]
            prompts.append(version.prompts[rows[version.has_prompt[rows]]])
        self._groups = np.unique(np.concatenate(groups))
        self._prompts = np.unique(np.concatenate(prompts))

    def asked_by(self, version: Version, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows are of a prompt, a group or an example that is held out."""
        asks = np.isin(version.prompts[rows], self._prompts) & version.has_prompt[rows]
        asks |= np.isin(version.groups[rows], self._groups)
        return asks | np.isin(comparable(version.ids[rows]), self._groups)


def whole_sides(held: Mapping[str, list[tuple[Version, Rows]]]) -> dict[str, RowKeys]:
    """Return the rows of each side that is held out: each example once, by the first version."""
    found: dict[str, RowKeys] = {}
    for side, parts in held.items():
        ids = np.concatenate([comparable(version.ids[rows]) for version, rows in parts])
        keys = np.concatenate([version.keys[rows] for version, rows in parts])
        _, first = np.unique(ids, return_index=True)
        found[side] = keys[np.sort(first)]
    return found
