"""What waits in the quarantine of a dataset: input that is no example, and examples with errors.

Input that could not be read is an entry of its own. An example that a rule took out is a removal
with the reason `quarantine`: one place says that it stays out, wherever it is asked from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from vault.dataset.reading.dataset import records_of
from vault.dataset.reading.quarantine import entries_named, entries_of
from vault.dataset.reading.removals import removals_of
from vault.errors import InvalidInput
from vault.objects.digest import Digest
from vault.objects.manifest import Manifest
from vault.objects.quarantine import QuarantineEntry, Removal, count_reasons
from vault.operations.validation.examine_rows import Finding
from vault.store.object_store import ObjectStore

REASON = "quarantine"
"""The reason of removals that have an error."""


@dataclass(frozen=True, slots=True)
class HeldInput:
    """Something in quarantine; `id` is the example's if `is_example`, else the entry's."""

    id: bytes
    entry: QuarantineEntry
    is_example: bool


def quarantine_details(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what the removal of an example with errors says of them: the first, and all codes."""
    first = findings[0]
    return {
        "code": first.code,
        "name": first.name,
        "message": first.message,
        "path": first.path,
        "codes": [each.code for each in findings],
        "source": first.source,
        "line": first.line,
    }


def held_inputs(
    store: ObjectStore, manifest: Manifest, texts: Sequence[str] = ()
) -> list[HeldInput]:
    """Return what is in quarantine (all, or what the texts begin the ids of): entries first.

    Costs reading the records of the examples that are meant. Raises NotFound (`entry-not-found`),
    InvalidInput (`entry-ambiguous`), Corrupt.
    """
    entries: list[QuarantineEntry | Removal] = [*entries_of(store, manifest)]
    removals = [each for each in removals_of(store, manifest) if each.reason == REASON]
    chosen = entries_named([*entries, *removals], texts)
    return _with_records(store, chosen)


def count_quarantined_examples(store: ObjectStore, manifest: Manifest) -> int:
    """Return how many examples are in quarantine because of an error. Raises Corrupt."""
    return sum(count_reasons(store.get(each))[REASON] for each in manifest.removals)


def require_unreadable(held: Sequence[HeldInput]) -> list[QuarantineEntry]:
    """Return the entries; InvalidInput (`entry-readable`) if there is an example among them."""
    for each in held:
        if each.is_example:
            raise InvalidInput(
                f"{each.id.hex()[:12]} can be read; it is out because of {each.entry.code}",
                code="entry-readable",
                hint=f"`vault quarantine restore {each.id.hex()[:12]}` brings it back",
            )
    return [each.entry for each in held]


def _with_records(
    store: ObjectStore, chosen: Sequence[QuarantineEntry | Removal]
) -> list[HeldInput]:
    records: dict[Digest, pa.StringArray] = {}
    held = []
    for each in chosen:
        if isinstance(each, QuarantineEntry):
            held.append(HeldInput(each.id, each, False))
            continue
        place = each.place()
        raw = b""
        if place is not None:
            if place[0] not in records:
                # One at a time: what a rule took out together stands together.
                records = {place[0]: records_of(store, place[0])}
            raw = records[place[0]][place[1]].as_py().encode()
        held.append(HeldInput(each.id, _as_entry(each.details(), raw), True))
    return held


def _as_entry(said: Mapping[str, Any], raw: bytes) -> QuarantineEntry:
    line = said.get("line")
    path = str(said.get("path") or "")
    message = str(said.get("message") or "")
    return QuarantineEntry(
        source=str(said.get("source") or ""),
        line=line if isinstance(line, int) else 0,
        code=str(said.get("code") or ""),
        reason=f"{path}: {message}" if path else message,
        raw=raw,
        size_bytes=len(raw),
        sha256=hashlib.sha256(raw).digest(),
    )
