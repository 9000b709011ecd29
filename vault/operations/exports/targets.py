"""Which examples an export writes to which file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vault.dataset.choosing.select import select
from vault.dataset.choosing.where import Mask
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import Sides, split_of_each
from vault.errors import InvalidInput, NotFound
from vault.formats.files.inputs import Compression, Layout, written_by_name
from vault.objects.labels.label_name import UNASSIGNED
from vault.objects.runs import RowKeys
from vault.operations.exports.export_options import ExportOptions

if TYPE_CHECKING:
    from vault.operations.exports.mixtures.mixed_rows import MixedRows

STANDARD_OUTPUT = "-"
_UNSPLIT = "examples"
"""How the file of everything is called in a folder, where nothing is split."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write: its path and layout, and the rows that go into it, in order.

    `side` is the side of a split whose examples alone these are, None for all.
    """

    path: str
    layout: Layout
    compression: Compression
    keys: RowKeys
    side: str | None = None


def targets_of(
    dataset: Dataset, keys: RowKeys, options: ExportOptions, mixed: MixedRows | None = None
) -> list[Target]:
    """Return what an export of some rows writes: one file, or one for each side in a folder.

    A mixture has its rows by side already, and in their order.

    Raises NotFound (`split-not-found`), InvalidInput (`output-unknown`, `split-name-invalid`,
    `sample-invalid`).
    """
    if mixed is not None:
        return _mixed_targets(mixed, options)
    sides = split_of_each(dataset, keys) if _wants_sides(options) else None
    wanted = options.selection.split
    if wanted is not None:
        keys = on_side(keys, sides, wanted)
        sides = None
    if _is_folder(options):
        return _folder_targets(dataset, keys, sides, options)
    layout, compression = _written_as(options.output)
    chosen = select(dataset, keys, options.selection)
    return [Target(options.output, layout, compression, chosen, wanted)]


def _written_as(output: str) -> tuple[Layout, Compression]:
    """Return how output is written: a file by its ending, standard output as JSON Lines.

    Raises InvalidInput (`output-unknown`).
    """
    if output == STANDARD_OUTPUT:
        return Layout.JSONL, Compression.NONE
    named = written_by_name(output)
    if named is None:
        raise InvalidInput(
            f'the ending of "{output}" is not one that vault writes',
            code="output-unknown",
            hint="use .jsonl, .json, .csv or .parquet (.gz and .zst may follow), or a folder",
        )
    return named.layout, named.compression


def _mixed_targets(mixed: MixedRows, options: ExportOptions) -> list[Target]:
    """Return the targets of a mixture: a folder gets its other sides too."""
    sides = mixed_sides(mixed, options.selection.split)
    is_split = mixed.training is not None
    if _is_folder(options):
        return [
            _in_folder(options, side if is_split else _UNSPLIT, keys, side if is_split else None)
            for side, keys in sides.items()
        ]
    layout, compression = _written_as(options.output)
    side, keys = next(iter(sides.items()))
    is_said = is_split and options.selection.split is not None
    return [Target(options.output, layout, compression, keys, side if is_said else None)]


def mixed_sides(mixed: MixedRows, wanted: str | None) -> dict[str, RowKeys]:
    """Return the rows of a mixture by side, all or the wanted one.

    Raises NotFound (`split-not-found`).
    """
    if wanted is None:
        return dict(mixed.sides)
    if wanted not in mixed.sides:
        raise NotFound(
            f'the mixture has no split "{wanted}"',
            code="split-not-found",
            hint=f"there are {', '.join(mixed.sides)}",
        )
    return {wanted: mixed.sides[wanted]}


def _wants_sides(options: ExportOptions) -> bool:
    return _is_folder(options) or options.selection.split is not None


def _is_folder(options: ExportOptions) -> bool:
    return options.output != STANDARD_OUTPUT and not Path(options.output).suffix


def _in_folder(options: ExportOptions, name: str, keys: RowKeys, side: str | None) -> Target:
    """Return the file of some rows in the folder. Raises InvalidInput (`split-name-invalid`)."""
    path = Path(options.output) / f"{file_name(name)}.jsonl"
    return Target(str(path), Layout.JSONL, Compression.NONE, keys, side)


def _folder_targets(
    dataset: Dataset, keys: RowKeys, sides: Sides | None, options: ExportOptions
) -> list[Target]:
    """Return a target for each side, or one for everything when nothing is split."""
    wanted = options.selection.split
    if sides is None:
        groups = {wanted or _UNSPLIT: (keys, wanted)}
    else:
        masks: dict[str, Mask] = {}
        for side in sides.used():
            name = side or UNASSIGNED
            masks[name] = masks.get(name, False) | sides.on(side)
        groups = {name: (keys[masks[name]], name) for name in sorted(masks)}
    return [
        _in_folder(options, name, select(dataset, rows, options.selection), side)
        for name, (rows, side) in groups.items()
    ]


def file_name(split: str) -> str:
    """Return how the file of a side is called. Raises InvalidInput (`split-name-invalid`)."""
    # A split's name is data: it must not become a path.
    if not split or not all(each.isalnum() or each in "-_." for each in split) or split[0] == ".":
        raise InvalidInput(
            f"the split {split!r} cannot be the name of a file",
            code="split-name-invalid",
            hint="export it alone: --split NAME -o FILE.jsonl",
        )
    return split


def on_side(keys: RowKeys, sides: Sides | None, split: str) -> RowKeys:
    """Return the rows on a side; `unassigned` are those on none, where some are on one.

    Raises NotFound (`split-not-found`).
    """
    chosen = keys[:0]
    if sides is not None:
        mask = sides.on(split) | sides.on(None) if split == UNASSIGNED else sides.on(split)
        chosen = keys[mask]
    if not len(chosen):
        known = [] if sides is None else [each for each in sides.used() if each is not None]
        raise NotFound(
            f'no example is in the split "{split}"',
            code="split-not-found",
            hint=f"there are {', '.join(known)}" if known else "nothing is split in this revision",
        )
    return chosen
