"""`quarantine list`, `show` and `export`: what was kept out, where it stood, and why."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from vault.errors import AlreadyExists, InvalidInput
from vault.operations.exports.writable_place import check_link, check_place
from vault.operations.validation.quarantined_items import HeldInput, held_inputs
from vault.plain_files import new_file_in
from vault.presentation.report_html import Displayed
from vault.session.context import Context
from vault.session.revisions import STAGE, resolve


@dataclass(frozen=True, slots=True)
class QuarantinedEntry:
    """One entry: where it stood, why it was kept out, its size, and how it begins.

    `is_example` tells an example that a rule took out, whose id is the entry's, from input that
    could not be read.
    """

    id: str
    source: str
    line: int
    code: str
    reason: str
    size_bytes: int
    beginning: str
    is_example: bool = False


@dataclass(frozen=True, slots=True)
class QuarantineReport(Displayed):
    """All entries, in the order in which they came."""

    quarantined: tuple[QuarantinedEntry, ...]


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One entry with all that was kept of it."""

    entry: QuarantinedEntry
    sha256: str
    raw: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the entry's keys, and its bytes as text (those that are not UTF-8 replaced)."""
        return {
            **asdict(self.entry),
            "sha256": self.sha256,
            "raw": self.raw.decode("utf-8", "replace"),
        }


@dataclass(frozen=True, slots=True)
class QuarantineExport:
    """A file that was written, and how many entries are in it."""

    output: str
    entries: int


_BEGINNING_BYTES = 200


def list_quarantine(context: Context, revision: str | None = None) -> QuarantineReport:
    """Return the quarantine of a revision (the stage). Raises what `resolve` raises."""
    return QuarantineReport(tuple(_listed(each) for each in _chosen(context, [], revision)))


def show_quarantined(context: Context, entry: str, revision: str | None = None) -> ShownEntry:
    """Return one entry of the quarantine of a revision (the stage), whole.

    Raises NotFound (`entry-not-found`), InvalidInput (`entry-ambiguous`), and as `resolve`.
    """
    found = _chosen(context, [entry], revision)[0]
    return ShownEntry(_listed(found), found.entry.sha256.hex(), found.entry.raw)


def export_quarantine(
    context: Context,
    entries: Sequence[str],
    file: BinaryIO,
    *,
    revision: str | None = None,
) -> int:
    """Write the bytes of entries (all, or those named) to a file, each ended by a line feed.

    So they can be corrected and imported again. Returns how many there were. Raises as
    `show_quarantined`, and InvalidInput (`entry-cut`) for one of which only the beginning was kept.
    """
    chosen = [each.entry for each in _chosen(context, entries, revision)]
    for each in chosen:
        if len(each.raw) != each.size_bytes:
            raise InvalidInput(
                f"only the first {len(each.raw):,} bytes of {each.source}, line {each.line}, "
                "were kept",
                code="entry-cut",
                hint="take it from its file, or name the other entries",
            )
    for each in chosen:
        file.write(each.raw.rstrip(b"\r\n") + b"\n")
    return len(chosen)


def save_quarantine(
    context: Context, output: str, entries: Sequence[str], *, force: bool = False
) -> QuarantineExport:
    """Write entries to a file as `export_quarantine` does; it appears whole or not at all.

    Raises as that, AlreadyExists (`file-exists`) unless `force`, InvalidInput (`output-unknown`,
    `output-inside-repository`), OSError when the file cannot be written.
    """
    check_place(context.folder, output)
    check_link(output, force=force)
    path = Path(os.path.realpath(output))
    if path.exists() and not force:
        raise AlreadyExists(
            f"{output} is there already", code="file-exists", hint="--force overwrites it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = new_file_in(path.parent)
    try:
        with open(descriptor, "wb") as file:
            count = export_quarantine(context, entries, file)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return QuarantineExport(output, count)


def _chosen(context: Context, entries: Sequence[str], revision: str | None) -> list[HeldInput]:
    view = context.log.tip().view
    opened = resolve(context, view, STAGE if revision is None else revision)
    return held_inputs(context.store, context.manifest(opened.manifest), entries)


def _listed(held: HeldInput) -> QuarantinedEntry:
    entry = held.entry
    return QuarantinedEntry(
        id=held.id.hex(),
        source=entry.source,
        line=entry.line,
        code=entry.code,
        reason=entry.reason,
        size_bytes=entry.size_bytes,
        beginning=entry.raw[:_BEGINNING_BYTES].decode("utf-8", "replace"),
        is_example=held.is_example,
    )
