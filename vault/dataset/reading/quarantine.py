"""Entries of a quarantine: found by the beginnings of their ids, and taken out of a manifest."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from vault.errors import InvalidInput, NotFound
from vault.objects.manifest import Manifest
from vault.objects.quarantine import QuarantineEntry, decode_quarantine, encode_quarantine
from vault.store.object_store import ObjectStore


class Named(Protocol):
    """What can be asked for by the beginning of its id."""

    @property
    def id(self) -> bytes:
        """Return the id: 16 bytes."""


_N = TypeVar("_N", bound=Named)


def entries_of(store: ObjectStore, manifest: Manifest) -> list[QuarantineEntry]:
    """Return the entries of a dataset's quarantine, in the order in which they came."""
    return [each for digest in manifest.quarantine for each in decode_quarantine(store.get(digest))]


def entries_named(entries: Sequence[_N], texts: Sequence[str]) -> list[_N]:
    """Return the entries whose ids begin with the texts, all for no texts.

    Raises NotFound (`entry-not-found`), InvalidInput (`entry-ambiguous`).
    """
    if not texts:
        return list(entries)
    chosen: dict[bytes, _N] = {}
    for text in texts:
        is_id = re.fullmatch(r"[0-9a-f]{4,32}", text)
        found = [each for each in entries if is_id and each.id.hex().startswith(text)]
        if not found:
            raise NotFound(
                f'nothing in quarantine is called "{text}"',
                code="entry-not-found",
                hint="`vault quarantine list` prints the ids",
            )
        if len(found) > 1:
            raise InvalidInput(
                f'"{text}" begins the ids of {len(found)} entries',
                code="entry-ambiguous",
                hint=f"give more characters, such as {found[0].id.hex()[: len(text) + 8]}",
            )
        chosen[found[0].id] = found[0]
    return list(chosen.values())


def without_entries(store: ObjectStore, manifest: Manifest, ids: Collection[bytes]) -> Manifest:
    """Return the manifest without some entries of its quarantine."""
    objects = []
    count = 0
    for digest in manifest.quarantine:
        entries = decode_quarantine(store.get(digest))
        left = [each for each in entries if each.id not in ids]
        if len(left) == len(entries):
            objects.append(digest)
        elif left:
            objects.append(store.put(encode_quarantine(left)))
        count += len(left)
    return replace(manifest, quarantine=tuple(objects), quarantined=count)
