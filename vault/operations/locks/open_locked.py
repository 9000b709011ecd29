"""Opening what a lock entry says: the version, and the rows of the file in their order."""

from __future__ import annotations

from dataclasses import dataclass

from vault.errors import InvalidInput, NotFound, VaultError
from vault.objects.runs import RowKeys
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.for_trainers.trainer_options import refuse_unknown_rendering
from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.open_export import OpenedExport, open_export
from vault.operations.exports.rendered_lines import written_keys
from vault.operations.exports.targets import Target, targets_of
from vault.operations.exports.written import WRITER_VERSION
from vault.session.context import Context


class NotMet(Exception):
    """A field of a lock entry that this repository cannot meet: which, and why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry whose version is opened: what an export of it writes to a path."""

    entry: LockEntry
    options: ExportOptions
    opened: OpenedExport
    target: Target

    def written_keys(self) -> RowKeys:
        """Return the row of each line of the file: several lines may be of one example."""
        return written_keys(self.opened.dataset, self.target.keys, self.options, self.opened.judged)


def open_entry(
    context: Context, entry: LockEntry, path: str, *, force: bool = False
) -> OpenedEntry:
    """Return what an export of an entry writes to a path, `-` for its rows alone.

    Raises NotMet, Corrupt.
    """
    if entry.commit is None:
        raise NotMet("commit", "it was written from a stage, which no commit recorded")
    if entry.writer > WRITER_VERSION:
        raise NotMet("writer", f"{entry.writer} is that of a later vault")
    if entry.others:
        raise NotMet(sorted(entry.others)[0], "this vault does not know that field")
    options = entry.options(path, force=force)
    try:
        refuse_unknown_rendering(options)
    except InvalidInput as error:
        raise NotMet("trainer", error.message) from None
    name = "commit"
    try:
        opened = open_export(context, entry.commit, options)
        name = "split"
        (target,) = targets_of(opened.dataset, opened.keys, options, opened.mixed)
    except (NotFound, InvalidInput) as error:
        raise NotMet(*_reason(entry, name, error)) from None
    if options.trainer is None and len(target.keys) != entry.examples:
        told = f"{len(target.keys):,} come out, and the file held {entry.examples:,}"
        raise NotMet("examples", told)
    return OpenedEntry(entry, options, opened, target)


def _reason(entry: LockEntry, name: str, error: VaultError) -> tuple[str, str]:
    if error.code == "revision-not-found":
        return "commit", f"{str(entry.commit)[:12]} is not in this repository"
    if entry.request.get("mix") is not None:
        return "mix", error.message
    if name == "commit":
        return "where", error.message
    return ("sample" if error.code == "sample-invalid" else name), error.message
