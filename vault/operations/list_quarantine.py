"""`quarantine list`: what could not be read, where it stood, and why."""

from __future__ import annotations

from dataclasses import dataclass

from vault.notebook import Displayed
from vault.objects.quarantine import decode_quarantine
from vault.operations.context import Context
from vault.operations.revisions import resolve, stage_revision


@dataclass(frozen=True, slots=True)
class QuarantinedEntry:
    """One entry: where it stood, why it was kept out, its size, and how it begins."""

    id: str
    source: str
    line: int
    code: str
    reason: str
    size_bytes: int
    beginning: str


@dataclass(frozen=True, slots=True)
class QuarantineReport(Displayed):
    """All entries, in the order in which they came."""

    quarantined: tuple[QuarantinedEntry, ...]


_BEGINNING_BYTES = 200


def list_quarantine(context: Context, revision: str | None = None) -> QuarantineReport:
    """Return the quarantine of a revision (the stage). Raises what `resolve` raises."""
    view = context.log.tip().view
    opened = stage_revision(context, view) if revision is None else resolve(context, view, revision)
    manifest = context.manifest(opened.manifest)
    return QuarantineReport(
        tuple(
            QuarantinedEntry(
                id=each.id.hex(),
                source=each.source,
                line=each.line,
                code=each.code,
                reason=each.reason,
                size_bytes=each.size_bytes,
                beginning=each.raw[:_BEGINNING_BYTES].decode("utf-8", "replace"),
            )
            for digest in manifest.quarantine
            for each in decode_quarantine(context.store.get(digest))
        )
    )
