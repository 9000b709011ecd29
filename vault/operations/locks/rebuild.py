"""`export --locked`: write files again, byte for byte as the lock says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from vault.errors import InvalidInput, NotFound
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.export_report import ExportedFile
from vault.operations.exports.for_trainers.trainer_options import refuse_unknown_rendering
from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.lock_file import check_unedited, digest_of
from vault.operations.exports.open_export import OpenedExport, open_export
from vault.operations.exports.place_files import Placement, place_files
from vault.operations.exports.targets import Target, targets_of
from vault.operations.exports.writable_place import check_place
from vault.operations.exports.write_target import WRITER_VERSION, Written, write_target
from vault.operations.locks.check import locked_files
from vault.presentation.report_html import Displayed
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class RebuildReport(Displayed):
    """The files that were written again, and how many were there already as the lock says."""

    files: tuple[ExportedFile, ...]
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Job:
    key: str
    entry: LockEntry
    opened: OpenedExport
    target: Target
    options: ExportOptions


def export_locked(
    context: Context, paths: Sequence[str] = (), *, force: bool = False
) -> RebuildReport:
    """Write the files of the lock that are named, or all, byte for byte as they were; or none.

    Files that are there unedited are left alone; `force` overwrites others. Costs an export of
    each. Raises NotFound (`lock-missing`, `file-not-locked`), InvalidInput (`lock-not-met`, naming
    the field of the lock that cannot be met), AlreadyExists (`file-exists`, `file-edited`), and
    what an export raises.
    """
    folder, locked = locked_files(context, paths)
    jobs = []
    for key in sorted(locked):
        path = folder / key
        if path.is_file() and digest_of(path) == locked[key].sha256:
            continue
        jobs.append(_job(context, key, str(path), locked[key], force=force))
    context.progress.start("writing", sum(len(each.target.keys) for each in jobs))
    by_path = {each.target.path: each for each in jobs}
    writers = {
        path: partial(write_target, context, each.opened.dataset, each.target, each.options)
        for path, each in by_path.items()
    }

    def placement(written: Mapping[str, Written]) -> Placement:
        for path, each in written.items():
            _require_same(by_path[path], each)
        return Placement({path: by_path[path].entry for path in written})

    written, _ = place_files(folder, writers, placement)
    context.progress.finish()
    files = tuple(
        ExportedFile(by_path[path].key, each.examples, each.sha256)
        for path, each in written.items()
    )
    return RebuildReport(files, len(locked) - len(files))


def _job(context: Context, key: str, path: str, entry: LockEntry, *, force: bool) -> _Job:
    if entry.commit is None:
        raise _not_met(key, "commit", "it was written from a stage, which no commit recorded")
    if entry.writer > WRITER_VERSION:
        raise _not_met(key, "writer", f"writer {entry.writer} is of a later vault than this one")
    if entry.others:
        name = sorted(entry.others)[0]
        raise _not_met(key, name, "it is asked for in a way that this vault does not know")
    options = entry.options(path, force=force)
    try:
        refuse_unknown_rendering(options)
    except InvalidInput as error:
        raise _not_met(key, "trainer", error.message) from None
    check_place(context.folder, path)
    check_unedited(context.folder, path, force=force)
    try:
        opened = open_export(context, entry.commit, options)
    except NotFound as error:
        if error.code != "revision-not-found":
            raise
        raise _not_met(key, "commit", f"{entry.commit[:12]} is not in this repository") from None
    try:
        (target,) = targets_of(opened.dataset, opened.keys, options)
    except NotFound as error:
        raise _not_met(key, "split", error.message) from None
    return _Job(key, entry, opened, target, options)


def _require_same(job: _Job, written: Written) -> None:
    entry = job.entry
    if written.examples != entry.examples:
        told = f"{written.examples:,} examples come out, and it held {entry.examples:,}"
        raise _not_met(job.key, "examples", told)
    if written.sha256 == entry.sha256:
        return
    if entry.content is not None and entry.content == written.content:
        told = "the records are the same, and a library writes them in other bytes than it did"
        raise _not_met(job.key, "sha256", told)
    raise _not_met(job.key, "sha256", "other bytes come out")


def _not_met(key: str, name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{key} cannot be written again as vault.lock has it, because of its {name}: {why}",
        code="lock-not-met",
        hint=f"`vault export REV -o {key}` writes it anew and locks that",
    )
