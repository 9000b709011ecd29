"""`export --locked`: write files again, byte for byte as the lock says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from vault.errors import InvalidInput
from vault.operations.exports.export_report import ExportedFile
from vault.operations.exports.lock_file import check_unedited, digest_of
from vault.operations.exports.place_files import Placement, place_files
from vault.operations.exports.writable_place import check_place
from vault.operations.exports.write_target import write_target
from vault.operations.exports.written import Written
from vault.operations.locks.check import is_at_home, is_plain_file, locked_files
from vault.operations.locks.open_locked import NotMet, OpenedEntry, open_entry
from vault.presentation.report_html import Displayed
from vault.presentation.shell_words import shown_word
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class RebuildReport(Displayed):
    """The files that were written again, and how many were there already as the lock says."""

    files: tuple[ExportedFile, ...]
    unchanged: int


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
    jobs: dict[str, tuple[str, OpenedEntry]] = {}
    for key in sorted(locked):
        path = folder / key
        if not is_at_home(folder, key):
            raise _not_met(key, NotMet("path", "a link leads to another place"))
        if is_plain_file(path) and digest_of(path) == locked[key].sha256:
            continue
        check_place(folder, str(path))
        check_unedited(folder, str(path), force=force)
        try:
            jobs[str(path)] = key, open_entry(context, locked[key], str(path), force=force)
        except NotMet as error:
            raise _not_met(key, error) from None
    context.progress.start("writing", sum(len(each.target.keys) for _, each in jobs.values()))
    writers = {
        path: partial(
            write_target,
            context,
            each.opened.dataset,
            each.target,
            each.options,
            judged=each.opened.judged,
        )
        for path, (_, each) in jobs.items()
    }

    def placement(written: Mapping[str, Written]) -> Placement:
        for path, each in written.items():
            _require_same(*jobs[path], each)
        return Placement({path: jobs[path][1].entry for path in written})

    written, _ = place_files(folder, writers, placement)
    context.progress.finish()
    files = tuple(
        ExportedFile(jobs[path][0], each.examples, each.sha256) for path, each in written.items()
    )
    return RebuildReport(files, len(locked) - len(files))


def _require_same(key: str, job: OpenedEntry, written: Written) -> None:
    entry = job.entry
    if written.examples != entry.examples:
        told = f"{written.examples:,} come out, and the file held {entry.examples:,}"
        raise _not_met(key, NotMet("examples", told))
    if written.sha256 == entry.sha256:
        return
    why = "other bytes come out"
    if entry.content is not None and entry.content == written.content:
        why = "the records are the same, in other bytes: a library writes them in another way now"
    raise _not_met(key, NotMet("sha256", why))


def _not_met(key: str, error: NotMet) -> InvalidInput:
    return InvalidInput(
        f"{key} cannot be written as vault.lock has it, because of its {error.name}: {error.why}",
        code="lock-not-met",
        hint=f"`vault export REV -o {shown_word(key)}` writes it anew and locks that",
    )
