"""`export` and `checkout -o`: write a snapshot, or part of it, to files, and say so in the lock."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.choosing.select import UNASSIGNED, select
from vault.dataset.choosing.where import Mask
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.dataset.reading.labels import Sides, split_of_each
from vault.dataset.reading.records import joined_lines, record_arrays, record_texts
from vault.errors import InvalidInput, NotFound
from vault.formats.files.columns import ColumnPlan, plan_columns
from vault.formats.files.inputs import Compression, Layout, written_by_name
from vault.formats.files.table_cells import (
    CELLS,
    own_columns,
    plan_cells,
    unlike_text,
)
from vault.formats.writers.open_writer import open_writer
from vault.objects.digest import Digest
from vault.objects.json.member import EXPORT_MEMBER, with_member
from vault.objects.json.record import read_record
from vault.objects.json.text import compact_bytes
from vault.objects.log.view import View
from vault.objects.manifest import refuse_conflicts
from vault.objects.runs import RowKeys
from vault.operations.exports.export_extras import ExportExtras
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.hashed_file import HashedFile
from vault.operations.exports.lock_file import NAME, check_unedited, lock_aside
from vault.operations.exports.writable_place import check_place
from vault.plain_files import new_file_in
from vault.presentation.report_html import Displayed
from vault.session.context import Context, stage_of, workspace_of
from vault.session.revisions import HEAD, Revision, resolve

STANDARD_OUTPUT = "-"
_EXTRAS = ("id", "labels")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that was written: its path, examples, and the SHA-256 of its bytes."""

    path: str
    examples: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportReport(Displayed):
    """What was written, of which commit (None for the stage).

    `locked` tells whether `vault.lock` says so: not for standard output, nor where this user may
    not write beside the repository. `stage_differs` tells that HEAD was written while something
    else is staged, which is therefore not in the files.
    """

    commit: Digest | None
    examples: int
    output: str
    format: str
    sha256: str | None
    files: tuple[ExportedFile, ...]
    locked: bool = False
    stage_differs: bool = False


@dataclass(frozen=True, slots=True)
class _Target:
    path: str
    layout: Layout
    compression: Compression
    keys: RowKeys


def export(
    context: Context,
    revision: str | None,
    options: ExportOptions,
    *,
    stdout: BinaryIO | None = None,
) -> ExportReport:
    """Write the examples of a revision (HEAD) as they were imported, byte for byte, in order.

    The files appear whole and together, or not at all. Costs decompressing what is written. Raises
    NotFound (`revision-not-found`, `no-commits`, `split-not-found`), InvalidInput
    (`output-missing`, `output-unknown`, `output-inside-repository`, `extras-unknown`,
    `field-not-found`, `sample-invalid`, `lock-damaged`, and those of `matching_keys`),
    AlreadyExists (`file-exists`, `file-edited`), Conflict (`conflicts-unresolved`), Corrupt,
    OSError when a file cannot be written.
    """
    unknown = [each for each in options.extras if each not in _EXTRAS]
    if unknown:
        raise InvalidInput(
            f'an export cannot carry "{unknown[0]}"', code="extras-unknown", hint="use id, labels"
        )
    if options.output != STANDARD_OUTPUT:
        check_place(context.folder, options.output)
        stdout = None
    elif stdout is None:
        raise InvalidInput(
            "an export to standard output needs it open",
            code="output-missing",
            hint="give a binary stream as `stdout`, or a path as `output`",
        )
    view = context.log.tip().view
    opened = resolve(context, view, revision or HEAD)
    dataset = open_dataset(context.store, opened.manifest)
    refuse_conflicts(dataset.manifest, "export")
    keys = satisfying(context, dataset, dataset.keys(), options.where)
    targets = _targets(dataset, keys, options)
    _check_fields(dataset, targets, options.fields)
    if options.output != STANDARD_OUTPUT:
        for target in targets:
            check_unedited(context.folder, target.path, force=options.force)
    context.progress.start("writing", sum(len(target.keys) for target in targets))
    if stdout is not None:
        sha256 = _write(context, dataset, targets[0], options, stdout)
        files = [ExportedFile(STANDARD_OUTPUT, len(targets[0].keys), sha256)]
        is_locked = False
    else:
        files, is_locked = _write_files(context, dataset, targets, options, opened.commit)
    context.progress.finish()
    report = _report(opened, options, targets, files)
    return replace(report, locked=is_locked, stage_differs=_stage_differs(view, opened))


def _stage_differs(view: View, opened: Revision) -> bool:
    """Tell whether HEAD was meant, by whatever name moves with it, and the stage is another one."""
    stage = stage_of(view)
    is_head = opened.text in (HEAD, workspace_of(view).branch)
    return is_head and stage is not None and stage.manifest != opened.manifest


def _report(
    opened: Revision,
    options: ExportOptions,
    targets: Sequence[_Target],
    files: Sequence[ExportedFile],
) -> ExportReport:
    return ExportReport(
        commit=opened.commit,
        examples=sum(each.examples for each in files),
        output=options.output,
        format=targets[0].layout.value,
        sha256=files[0].sha256 if len(files) == 1 else None,
        files=tuple(files),
    )


def _targets(dataset: Dataset, keys: RowKeys, options: ExportOptions) -> list[_Target]:
    sides = split_of_each(dataset, keys) if _wants_sides(options) else None
    if options.selection.split is not None:
        keys = _on_side(keys, sides, options.selection.split)
        sides = None
    if options.output == STANDARD_OUTPUT:
        chosen = select(dataset, keys, options.selection)
        return [_Target(STANDARD_OUTPUT, Layout.JSONL, Compression.NONE, chosen)]
    if not Path(options.output).suffix:
        return _folder_targets(dataset, keys, sides, options)
    named = written_by_name(options.output)
    if named is None:
        raise InvalidInput(
            f'the ending of "{options.output}" is not one that vault writes',
            code="output-unknown",
            hint="use .jsonl, .json, .csv or .parquet (.gz and .zst may follow), or a folder",
        )
    chosen = select(dataset, keys, options.selection)
    return [_Target(options.output, named.layout, named.compression, chosen)]


def _wants_sides(options: ExportOptions) -> bool:
    is_folder = options.output != STANDARD_OUTPUT and not Path(options.output).suffix
    return is_folder or options.selection.split is not None


def _folder_targets(
    dataset: Dataset, keys: RowKeys, sides: Sides | None, options: ExportOptions
) -> list[_Target]:
    """Return a target for each split, or one for everything when nothing is split."""
    folder = Path(options.output)
    if sides is None:
        name = options.selection.split or "examples"
        groups = {name: keys}
    else:
        masks: dict[str, Mask] = {}
        for side in sides.used():
            name = side or UNASSIGNED
            masks[name] = masks.get(name, False) | sides.on(side)
        groups = {name: keys[masks[name]] for name in sorted(masks)}
    return [
        _Target(
            str(folder / f"{_file_name(name)}.jsonl"),
            Layout.JSONL,
            Compression.NONE,
            select(dataset, rows, options.selection),
        )
        for name, rows in groups.items()
    ]


def _file_name(split: str) -> str:
    # A split's name is data: it must not become a path.
    if not split or not all(each.isalnum() or each in "-_." for each in split) or split[0] == ".":
        raise InvalidInput(
            f"the split {split!r} cannot be the name of a file",
            code="split-name-invalid",
            hint="export it alone: --split NAME -o FILE.jsonl",
        )
    return split


def _on_side(keys: RowKeys, sides: Sides | None, split: str) -> RowKeys:
    chosen = keys[:0] if sides is None else keys[sides.on(split)]
    if not len(chosen):
        known = [] if sides is None else [each for each in sides.used() if each is not None]
        raise NotFound(
            f'no example is in the split "{split}"',
            code="split-not-found",
            hint=f"there are {', '.join(known)}" if known else "nothing is split in this revision",
        )
    return chosen


def _write_files(
    context: Context,
    dataset: Dataset,
    targets: Sequence[_Target],
    options: ExportOptions,
    commit: Digest | None,
) -> tuple[list[ExportedFile], bool]:
    """Write all files aside, then put them in place: never half of a split beside an older half.

    Returns them, and whether the lock tells of them.
    """
    written: list[tuple[Path, Path, ExportedFile]] = []
    temporaries: list[Path] = []
    try:
        for target in targets:
            # A link stays, and what it points to is written.
            path = Path(os.path.realpath(target.path))
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = new_file_in(path.parent)
            temporaries.append(temporary)
            with open(descriptor, "wb") as file:
                sha256 = _write(context, dataset, target, options, file)
            exported = ExportedFile(target.path, len(target.keys), sha256)
            written.append((temporary, path, exported))
        files = [exported for _, _, exported in written]
        lock = lock_aside(context.folder, commit, files, _recipe(options))
        temporaries += [] if lock is None else [lock]
        for temporary, path, _ in written:
            os.replace(temporary, path)
        if lock is not None and context.folder is not None:
            os.replace(lock, context.folder / NAME)
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)
    return files, lock is not None


def _write(
    context: Context, dataset: Dataset, target: _Target, options: ExportOptions, file: BinaryIO
) -> str:
    """Write a target's records and return the SHA-256 of the bytes."""
    plan, is_marked = None, False
    if target.layout in (Layout.CSV, Layout.PARQUET):
        plan, is_marked = _planned(dataset, target, options)
    with HashedFile(file) as hashed:
        writer = open_writer(
            cast(BinaryIO, hashed), layout=target.layout, compression=target.compression, plan=plan
        )
        if target.layout is Layout.JSONL and not options.fields and not options.extras:
            for array in record_arrays(dataset, target.keys):
                writer.write_lines(joined_lines(array))
                context.progress.advance(len(array))
        else:
            columns = own_columns(plan) if plan is not None and is_marked else None
            for batch in _batches(dataset, target.keys, options, columns):
                writer.write(batch)
                context.progress.advance(len(batch))
        writer.close()
        return hashed.hexdigest()


def _planned(dataset: Dataset, target: _Target, options: ExportOptions) -> tuple[ColumnPlan, bool]:
    """Return the columns of a table, and whether cells of it must be marked to be read back."""
    texts = (text for batch in _batches(dataset, target.keys, options) for text in batch)
    if target.layout is Layout.CSV:
        return plan_cells(texts)
    return plan_columns(texts), False


def _batches(
    dataset: Dataset,
    keys: RowKeys,
    options: ExportOptions,
    columns: Sequence[str] | None = None,
) -> Iterator[list[bytes]]:
    """Yield the records as they are to be written, with cells marked of a table of `columns`."""
    extras = ExportExtras.read(dataset, keys, options.extras)
    start = 0
    for array in record_arrays(dataset, keys):
        texts = cast(list[bytes], array.cast("binary").to_pylist())
        if options.fields:
            texts = [_with_fields(text, options.fields) for text in texts]
        if options.extras or columns is not None:
            members = extras.members(start, len(texts))
            texts = [
                _with_member(text, member, columns)
                for text, member in zip(texts, members, strict=True)
            ]
        start += len(texts)
        yield texts


def _with_member(text: bytes, member: Mapping[str, Any], columns: Sequence[str] | None) -> bytes:
    ways = {} if columns is None else unlike_text(text, columns)
    whole = {**member, CELLS: ways} if ways else member
    return with_member(text, EXPORT_MEMBER, compact_bytes(whole)) if whole else text


def _check_fields(dataset: Dataset, targets: Sequence[_Target], fields: tuple[str, ...]) -> None:
    """Refuse a field that occurs in no record; reads records until each field was met once."""
    missing = set(fields)
    names: set[str] = set()
    for target in targets if fields else ():
        for text in record_texts(dataset, target.keys):
            record = read_record(text)
            missing.difference_update(record)
            if not missing:
                return
            names.update(record)
    if missing and names:
        name = min(missing)
        near = difflib.get_close_matches(name, sorted(names), n=1)
        raise InvalidInput(
            f'no record that would be written has a field "{name}"',
            code="field-not-found",
            hint=f"did you mean {near[0]}?"
            if near
            else f"there are {', '.join(sorted(names)[:8])}",
        )


def _with_fields(text: bytes, fields: tuple[str, ...]) -> bytes:
    record = read_record(text)
    return compact_bytes({name: value for name, value in record.items() if name in fields})


def _recipe(options: ExportOptions) -> dict[str, Any]:
    """Return what an export asked for, as the lock keeps it: only what is not the default."""
    chosen = options.selection
    given = () if chosen.sample is None else ("sample",)
    wanted: dict[str, Any] = {
        "where": list(options.where),
        "split": chosen.split,
        "sample": chosen.sample,
        "shuffle": chosen.shuffle,
        "seed": chosen.seed,
        "fields": list(options.fields),
        "with": list(options.extras),
    }
    return {name: value for name, value in wanted.items() if value or name in given}
