"""`export` and `checkout -o`: write a snapshot, or part of it, to files, and say so in the lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.errors import InvalidInput
from vault.objects.digest import Digest
from vault.objects.log.view import View
from vault.objects.manifest import refuse_conflicts
from vault.objects.runs import RowKeys
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.lock_entry import LockEntry, request_of
from vault.operations.exports.lock_file import check_unedited, is_outside
from vault.operations.exports.place_files import place_files
from vault.operations.exports.targets import STANDARD_OUTPUT, Target, targets_of
from vault.operations.exports.writable_place import check_place
from vault.operations.exports.write_target import (
    WRITER_VERSION,
    Written,
    check_fields,
    write_target,
)
from vault.presentation.report_html import Displayed
from vault.session.context import Context, stage_of, workspace_of
from vault.session.revisions import HEAD, Revision, resolve

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

    `locked` tells whether `vault.lock` says so: not for standard output, not for files `outside`
    the repository's folder, nor where this user may not write beside the repository.
    `stage_differs` tells that HEAD was written while something else is staged, which is therefore
    not in the files.
    """

    commit: Digest | None
    examples: int
    output: str
    format: str
    sha256: str | None
    files: tuple[ExportedFile, ...]
    locked: bool = False
    outside: bool = False
    stage_differs: bool = False


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
    targets = targets_of(opened.dataset, opened.keys, options)
    check_fields(opened.dataset, targets, options.fields)
    if stdout is None:
        for target in targets:
            check_unedited(context.folder, target.path, force=options.force)
    context.progress.start("writing", sum(len(target.keys) for target in targets))
    if stdout is not None:
        written = write_target(context, opened.dataset, targets[0], options, stdout)
        files = [ExportedFile(STANDARD_OUTPUT, len(targets[0].keys), written.sha256)]
        is_locked = False
    else:
        files, is_locked = _write_files(context, opened, targets, options)
    context.progress.finish()
    report = _report(opened.revision, options, targets, files)
    return replace(
        report,
        locked=is_locked,
        outside=stdout is None and is_outside(context.folder, options.output),
        stage_differs=_stage_differs(context.log.tip().view, opened.revision),
    )


@dataclass(frozen=True, slots=True)
class OpenedExport:
    """A revision that is opened to be written, and the rows that satisfy what was asked for."""

    revision: Revision
    dataset: Dataset
    keys: RowKeys


def open_export(context: Context, revision: str | None, options: ExportOptions) -> OpenedExport:
    """Return the rows of a revision (HEAD) that an export chooses its own from.

    Raises NotFound (`revision-not-found`, `no-commits`), InvalidInput (`extras-unknown`, and those
    of `matching_keys`), Conflict (`conflicts-unresolved`), Corrupt.
    """
    unknown = [each for each in options.extras if each not in _EXTRAS]
    if unknown:
        raise InvalidInput(
            f'an export cannot carry "{unknown[0]}"', code="extras-unknown", hint="use id, labels"
        )
    opened = resolve(context, context.log.tip().view, revision or HEAD)
    dataset = open_dataset(context.store, opened.manifest)
    refuse_conflicts(dataset.manifest, "export")
    keys = satisfying(context, dataset, dataset.keys(), options.where)
    return OpenedExport(opened, dataset, keys)


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
    context: Context, opened: OpenedExport, targets: Sequence[Target], options: ExportOptions
) -> tuple[list[ExportedFile], bool]:
    """Write all files, or none; return them, and whether the lock tells of them."""
    by_path = {target.path: target for target in targets}
    writers = {
        path: partial(write_target, context, opened.dataset, target, options)
        for path, target in by_path.items()
    }

    def entries(written: Mapping[str, Written]) -> dict[str, LockEntry]:
        return {
            path: lock_entry(context, opened.revision, by_path[path], options, each)
            for path, each in written.items()
        }

    written, is_locked = place_files(context.folder, writers, entries)
    files = [
        ExportedFile(path, len(by_path[path].keys), each.sha256) for path, each in written.items()
    ]
    return files, is_locked


def lock_entry(
    context: Context, opened: Revision, target: Target, options: ExportOptions, written: Written
) -> LockEntry:
    """Return what the lock says of a file that was written."""
    tip = context.log.tip()
    commit = opened.commit
    return LockEntry(
        written.sha256,
        commit,
        examples=len(target.keys),
        bytes=written.size_bytes,
        content=written.content,
        fingerprint=None if commit is None else context.commit(commit).fingerprint,
        format=target.layout.value,
        repository=tip.entry.repository,
        tag=None if commit is None else _tag_at(tip.view, commit, opened.text),
        writer=WRITER_VERSION,
        request=request_of(options, target.side),
    )


def _tag_at(view: View, commit: Digest, typed: str) -> str | None:
    """Return the tag that was typed, else the first one at a commit by name, None without one."""
    names = sorted(name for name, tag in view.tags.items() if tag.commit == commit)
    return typed if typed in names else next(iter(names), None)
