"""`export` and `checkout -o`: write a snapshot, or part of it, to files, and say so in the lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from vault.errors import InvalidInput
from vault.formats.files.inputs import Compression, Layout
from vault.objects.log.view import View
from vault.operations.exports.export_options import ExportOptions, refuse_trainer_options
from vault.operations.exports.export_report import (
    ExportedFile,
    ExportReport,
    RenderSummary,
    mixture_figures,
)
from vault.operations.exports.late_members import LateMembers
from vault.operations.exports.lock_file import check_unedited, is_outside
from vault.operations.exports.open_export import OpenedExport, lock_entry, open_export
from vault.operations.exports.place_files import Placement, place_files
from vault.operations.exports.targets import STANDARD_OUTPUT, Target, targets_of
from vault.operations.exports.writable_place import check_place
from vault.operations.exports.write_target import check_fields, write_target
from vault.operations.exports.written import Written
from vault.session.context import Context, stage_of, workspace_of
from vault.session.revisions import HEAD, Revision


def export(
    context: Context,
    revision: str | None,
    options: ExportOptions,
    *,
    stdout: BinaryIO | None = None,
    on_losses: Callable[[RenderSummary], None] | None = None,
) -> ExportReport:
    """Write the examples of a revision (HEAD): as they were imported, or as a trainer takes them.

    `on_losses` is called with what a trainer's layout loses, before any file is in place.

    As imported they are written byte for byte, in order. The files appear whole and together, or
    not at all. Costs decompressing what is written. Raises NotFound (`revision-not-found`,
    `no-commits`, `split-not-found`), InvalidInput (`output-missing`, `output-unknown`,
    `output-inside-repository`, `extras-unknown`, `field-not-found`, `sample-invalid`,
    `lock-damaged`, and those of `matching_keys`), AlreadyExists (`file-exists`, `file-edited`),
    Conflict (`conflicts-unresolved`), Corrupt, OSError when a file cannot be written. For a trainer
    it also raises what `export_for_trainer` does, and without one InvalidInput
    (`option-needs-trainer`).
    """
    if options.trainer is not None:
        from vault.operations.exports.for_trainers.export_for_trainer import export_for_trainer

        made, opened_revision = export_for_trainer(context, revision, options, on_losses)
        return replace(made, stage_differs=_stage_differs(context.log.tip().view, opened_revision))
    refuse_trainer_options(options)
    return _export_records(context, revision, options, stdout)


def _export_records(
    context: Context, revision: str | None, options: ExportOptions, stdout: BinaryIO | None
) -> ExportReport:
    if options.output != STANDARD_OUTPUT:
        check_place(context.folder, options.output)
        stdout = None
    elif stdout is None:
        raise InvalidInput(
            "an export to standard output needs it open",
            code="output-missing",
            hint="give a binary stream as `stdout`, or a path as `output`",
        )
    opened = open_export(context, revision, options)
    targets = targets_of(opened.dataset, opened.keys, options, opened.mixed)
    check_fields(opened.dataset, targets, options.fields)
    if stdout is None:
        for target in targets:
            check_unedited(context.folder, target.path, force=options.force)
    late = {
        each.path: LateMembers()
        for each in targets
        if each.layout is Layout.JSONL and each.compression is Compression.NONE
    }
    context.progress.start("writing", sum(len(target.keys) for target in targets))
    if stdout is not None:
        written = write_target(context, opened.dataset, targets[0], options, stdout)
        files = [ExportedFile(STANDARD_OUTPUT, len(targets[0].keys), written.sha256)]
        is_locked = False
    else:
        files, is_locked = _write_files(context, opened, targets, options, late)
    context.progress.finish()
    report = _report(opened.revision, options, targets, files)
    return replace(
        report,
        mixture=mixture_figures(opened.mixed),
        locked=is_locked,
        outside=stdout is None and is_outside(context.folder, options.output),
        stage_differs=_stage_differs(context.log.tip().view, opened.revision),
        late_members={path: each.found for path, each in late.items() if each.found is not None},
    )


def _stage_differs(view: View, opened: Revision) -> bool:
    """Tell whether HEAD was meant, by whatever name moves with it, and the stage is another one."""
    stage = stage_of(view)
    is_head = opened.text in (HEAD, workspace_of(view).branch)
    return is_head and stage is not None and stage.manifest != opened.manifest


def _report(
    opened: Revision,
    options: ExportOptions,
    targets: Sequence[Target],
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


def _write_files(
    context: Context,
    opened: OpenedExport,
    targets: Sequence[Target],
    options: ExportOptions,
    late: Mapping[str, LateMembers],
) -> tuple[list[ExportedFile], bool]:
    """Write all files, or none; return them, and whether the lock tells of them."""
    by_path = {target.path: target for target in targets}
    writers = {
        path: partial(write_target, context, opened.dataset, target, options, watch=late.get(path))
        for path, target in by_path.items()
    }

    def placement(written: Mapping[str, Written]) -> Placement:
        return Placement(
            {
                path: lock_entry(context, opened, by_path[path], options, each)
                for path, each in written.items()
            }
        )

    written, is_locked = place_files(context.folder, writers, placement)
    files = [
        ExportedFile(path, len(by_path[path].keys), each.sha256) for path, each in written.items()
    ]
    return files, is_locked
