"""What an export for a trainer writes: a layout that the data ask for, a file for each side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vault.dataset.choosing.select import select
from vault.dataset.choosing.split_sides import TRAIN
from vault.dataset.reading.dataset import Dataset, chunk_table
from vault.dataset.reading.labels import split_of_each
from vault.errors import InvalidInput
from vault.formats.files.inputs import Compression, Layout
from vault.formats.trainers.conversation_parts import trains_last_only
from vault.formats.trainers.output import ENABLE_THINKING, TEMPLATE_ARGUMENTS
from vault.formats.trainers.plain_records import RAW
from vault.formats.trainers.table import OUTPUT_FORMATS, TRAINERS
from vault.formats.trainers.trainer import FAMILIES, Family, Trainer, split_name
from vault.objects.conversation import Kind
from vault.objects.labels.label_name import UNASSIGNED
from vault.objects.runs import RowKeys, key_parts
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.for_trainers.trainer_options import fields_refused
from vault.operations.exports.open_export import OpenedExport
from vault.operations.exports.record_parts import record_rows
from vault.operations.exports.targets import Target, file_name, mixed_sides, on_side

_OF_PROMPTS = (Family.CHAT, Family.PREFERENCE, Family.KTO, Family.PROMPT)


@dataclass(frozen=True, slots=True)
class TrainerPlan:
    """The files to write, by side, in a layout that is decided; `unassigned` rows are left out."""

    options: ExportOptions
    targets: Mapping[str, Target]
    unassigned: int


def plan_for_trainer(opened: OpenedExport, options: ExportOptions, trainer: Trainer) -> TrainerPlan:
    """Return what an export for a trainer writes.

    Costs reading conversations of several answers until one decides the layout. Raises NotFound
    (`split-not-found`), InvalidInput (`kinds-mixed`, `format-unsupported`, `trainer-writes-whole`,
    `split-name-invalid`, `sample-invalid`), Corrupt.
    """
    dataset = opened.dataset
    groups, unassigned = _sides(opened, options)
    chosen = groups
    if opened.mixed is None:
        chosen = {side: select(dataset, keys, options.selection) for side, keys in groups.items()}
    keys = np.concatenate([*chosen.values()])
    decided = with_layout(dataset, keys, options, trainer)
    _check_prompts(options, str(decided.layout), trainer)
    is_split = options.selection.split is not None or list(chosen) != [TRAIN] or unassigned > 0
    return TrainerPlan(
        decided,
        _targets(options, trainer, chosen, is_split=is_split),
        unassigned,
    )


def with_layout(
    dataset: Dataset, keys: RowKeys, options: ExportOptions, trainer: Trainer
) -> ExportOptions:
    """Return options with the layout that some rows ask for, unless they name one.

    Costs and errors as `plan_for_trainer`.
    """
    layout = options.layout or _layout(dataset, keys, options, trainer)
    arguments = _has_template_arguments(dataset, keys, layout)
    return replace(options, layout=layout, template_arguments=arguments)


def _check_prompts(options: ExportOptions, layout: str, trainer: Trainer) -> None:
    """Refuse options that are for prompts where there are none.

    Raises InvalidInput (`trainer-writes-whole`, `option-not-for-trainer`).
    """
    is_prompts = layout == trainer.prompts_format
    if options.fields and not (is_prompts and OUTPUT_FORMATS[layout].carries.fields):
        raise fields_refused(trainer)
    if not is_prompts and (options.answer or options.verifier):
        raise InvalidInput(
            f"--answer and --verifier are for prompts, and {layout} is for conversations",
            code="option-not-for-trainer",
            hint="add --prompts-only, which leaves their answers out",
        )


def _sides(opened: OpenedExport, options: ExportOptions) -> tuple[dict[str, RowKeys], int]:
    """Return the rows of each side, all as one where nothing is split, and how many are on none."""
    keys, wanted = opened.keys, options.selection.split
    if opened.mixed is not None:
        return mixed_sides(opened.mixed, wanted), opened.mixed.unassigned
    sides = split_of_each(opened.dataset, keys)
    if wanted is not None:
        return {wanted: on_side(keys, sides, wanted)}, 0
    if sides is None:
        return {TRAIN: keys}, 0
    named = [each for each in sides.used() if each not in (None, UNASSIGNED)]
    groups = {str(each): keys[sides.on(each)] for each in named}
    return groups, len(keys) - sum(map(len, groups.values()))


def _targets(
    options: ExportOptions, trainer: Trainer, chosen: Mapping[str, RowKeys], *, is_split: bool
) -> dict[str, Target]:
    """Return the file of each side. Raises InvalidInput (`split-name-invalid`)."""
    targets: dict[str, Target] = {}
    for side, rows in chosen.items():
        made = _target(options, trainer, side, rows, is_split=is_split)
        loaded = split_name(side) if trainer.declares_features else None
        other = next(
            (
                name
                for name, each in targets.items()
                if each.path == made.path or split_name(name) == loaded
            ),
            None,
        )
        if other is not None:
            raise InvalidInput(
                f"the sides {other} and {side} of the split would both be {loaded or made.path}",
                code="split-name-invalid",
                hint=f"write each into its own folder, one with --split {side}",
            )
        targets[side] = made
    return targets


def _target(
    options: ExportOptions, trainer: Trainer, side: str, keys: RowKeys, *, is_split: bool
) -> Target:
    name = file_name(trainer.sides.get(side, side))
    layout = Layout.PARQUET if trainer.writes_parquet else Layout.JSONL
    path = str(Path(options.output) / f"{name}.{layout.value}")
    return Target(path, layout, Compression.NONE, keys, side if is_split else None)


def _layout(dataset: Dataset, keys: RowKeys, options: ExportOptions, trainer: Trainer) -> str:
    """Return the format of all files. Raises InvalidInput (`kinds-mixed`, `format-unsupported`)."""
    if trainer.name == RAW:
        return RAW
    counts = _kinds(dataset, keys)
    takes = _taken(options, trainer)
    layouts = {takes[FAMILIES[kind]] for kind in counts if FAMILIES[kind] in takes}
    if len(layouts) > 1:
        raise _mixed(counts, takes, trainer)
    if not layouts:
        if not counts:
            return str(trainer.prompts_format if options.prompts_only else trainer.layouts()[0])
        raise InvalidInput(
            f"none of {len(keys):,} examples can be written for {trainer.name}: they are "
            f"{', '.join(counts)}",
            code="format-unsupported",
            hint=_other_way(counts, options, trainer),
        )
    (layout,) = layouts
    if layout != trainer.formats.get(Family.CHAT) or trainer.last_turn_format is None:
        return layout
    if options.split_turns or not _trains_earlier_turns(dataset, keys, trainer):
        return trainer.last_turn_format
    return layout


def _taken(options: ExportOptions, trainer: Trainer) -> Mapping[Family, str]:
    """Return the format of each family: answers may become prompts, pairs, or get a verdict."""
    if options.prompts_only:
        return dict.fromkeys(_OF_PROMPTS, str(trainer.prompts_format))
    becomes = None
    if options.pairs_from is not None:
        becomes = Family.PREFERENCE
    elif options.verdict is not None:
        becomes = Family.KTO
    if becomes is None:
        return trainer.formats
    return {becomes: trainer.formats[becomes], Family.CHAT: trainer.formats[becomes]}


def _other_way(counts: Mapping[Kind, int], options: ExportOptions, trainer: Trainer) -> str:
    has_prompts = all(FAMILIES[kind] in _OF_PROMPTS for kind in counts)
    if has_prompts and trainer.prompts_format is not None and not options.prompts_only:
        return "--prompts-only writes their prompts, without the answers"
    wanted = {FAMILIES[kind] for kind in counts}
    first, *others = [name for name, each in TRAINERS.items() if wanted <= {*each.formats}]
    return f"`--for {first}` takes them{', and so do ' if others else ''}{', '.join(others)}"


def _has_template_arguments(dataset: Dataset, keys: RowKeys, layout: str) -> bool:
    """Tell whether a record may have arguments of the chat template that the layout carries.

    A column that is null in some rows stops TRL and verl, so then all records need it.
    """
    known = OUTPUT_FORMATS.get(layout)
    columns = () if known is None else known.columns
    found = [each for each in (TEMPLATE_ARGUMENTS, ENABLE_THINKING) if each in columns]
    if not found:
        return False
    name = f'"{TEMPLATE_ARGUMENTS}"'
    # By the different values of each chunk first: they are few, and rows are many.
    if not any(
        _has_text(chunk_table(dataset.store, chunk, ["fields"], as_dictionaries=True), name)
        for chunk in map(dataset.numbers.digest, np.unique(key_parts(keys)[0]).tolist())
    ):
        return False
    return _has_text(dataset.columns(keys, ["fields"]), name)


def _has_text(table: pa.Table, text: str) -> bool:
    """Tell whether a text occurs in the column `fields`, or among its different values."""
    columns = (
        each.dictionary if isinstance(each, pa.DictionaryArray) else each
        for each in table.column("fields").chunks
    )
    return any(pc.any(pc.match_substring(each, text)).as_py() for each in columns)


def _kinds(dataset: Dataset, keys: RowKeys) -> dict[Kind, int]:
    """Return how many rows there are of each kind, most first."""
    column = dataset.columns(keys, ["kind"]).column("kind").cast(pa.string())
    counts = {Kind(each["values"]): each["counts"] for each in column.value_counts().to_pylist()}
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _mixed(
    counts: Mapping[Kind, int], takes: Mapping[Family, str], trainer: Trainer
) -> InvalidInput:
    first = FAMILIES[next(kind for kind in counts if FAMILIES[kind] in takes)]
    same = sorted(kind for kind in counts if FAMILIES[kind] is first)
    wanted = f"kind = '{same[0]}'" if len(same) == 1 else " OR ".join(f"kind = '{k}'" for k in same)
    told = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    return InvalidInput(
        f"a file for {trainer.name} holds examples of one kind, and there are {told}",
        code="kinds-mixed",
        hint=f'write each into its own folder, one with `--where "{wanted}"`',
    )


def _trains_earlier_turns(dataset: Dataset, keys: RowKeys, trainer: Trainer) -> bool:
    """Tell whether a conversation trains on other answers than its last.

    Only those of more than two turns are read: with fewer no answer comes before the last one.
    """
    turns = dataset.columns(keys, ["turns"]).column("turns").to_numpy()
    for rows in record_rows(dataset, keys[turns > 2]):
        for at, kind in enumerate(rows.kinds):
            if FAMILIES[Kind(kind)] is not Family.CHAT:
                continue
            if not trains_last_only(rows.parts(at), one_message=trainer.trains_message):
                return True
    return False
