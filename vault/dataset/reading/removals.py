"""The removals of a dataset: who was taken out and why, added to and dropped from a manifest."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.objects.json.text import compact_bytes
from vault.objects.manifest import Manifest
from vault.objects.quarantine import Removal, decode_removals, encode_removals
from vault.objects.runs import RowKeys, key_parts
from vault.session.arguments import keep_words, words_kept
from vault.session.context import Context
from vault.store.object_store import ObjectStore

FIXED = "fixed"
"""The reason of removals of records that a fixed one took the place of: `into` says which."""

REVERTED = "revert"
"""The reason of removals of what a reverted commit had brought."""


def removals_of(store: ObjectStore, manifest: Manifest) -> list[Removal]:
    """Return the removals of a dataset, in the order in which they happened."""
    return [each for digest in manifest.removals for each in decode_removals(store.get(digest))]


def fixed_into(removals: Iterable[Removal]) -> dict[bytes, bytes]:
    """Return the id of what each fixed record became, whatever was fixed in between."""
    into = {
        each.id: bytes.fromhex(str(each.details().get("into", "")))
        for each in removals
        if each.reason == FIXED
    }
    for old, new in list(into.items()):
        passed = {old}
        while new in into and new not in passed:
            passed.add(new)
            new = into[new]
        into[old] = new
    return into


def gone_for_good(removals: Iterable[Removal]) -> frozenset[bytes]:
    """Return the ids of examples that were taken out for good: nothing took their place.

    Something may have in the place of what was fixed, and of what a revert exchanged.
    """
    return frozenset(each.id for each in removals if each.reason not in (FIXED, REVERTED))


def commands_of(store: ObjectStore, removals: Sequence[Removal]) -> list[str]:
    """Return what took each example out: the words that were typed, else the command's name."""
    words = {each: words_kept(store, each) for each in {each.arguments() for each in removals}}
    return [words[each.arguments()] or each.command for each in removals]


def with_removals(store: ObjectStore, manifest: Manifest, added: Sequence[Removal]) -> Manifest:
    """Return the manifest with more removals; an example that stood there already stands once."""
    if not added:
        return manifest
    manifest = without_removals(store, manifest, {each.id for each in added})
    return replace(
        manifest,
        removals=(*manifest.removals, store.put(encode_removals(added))),
        removed=manifest.removed + len(added),
    )


def without_removals(store: ObjectStore, manifest: Manifest, ids: Collection[bytes]) -> Manifest:
    """Return the manifest without the removals of some examples: they may come back."""
    if not manifest.removals or not ids:
        return manifest
    objects = []
    count = 0
    for digest in manifest.removals:
        entries = decode_removals(store.get(digest))
        left = [each for each in entries if each.id not in ids]
        if left:
            objects.append(
                digest if len(left) == len(entries) else store.put(encode_removals(left))
            )
        count += len(left)
    return replace(manifest, removals=tuple(objects), removed=count)


def removals_for(
    context: Context,
    dataset: Dataset,
    rows: RowKeys,
    reason: str,
    *,
    detail: Mapping[str, Any] | None = None,
    details: Iterable[Mapping[str, Any]] | None = None,
    words: Sequence[str] = (),
) -> list[Removal]:
    """Return the removals of some rows of a dataset, each with the place where it is stored.

    `detail` belongs to all of them, `details` to each in turn. `words` are those that asked for
    it where nothing was typed.
    """
    chunk, row = key_parts(rows)
    ids = ids_of(dataset.columns(rows, ["id"]))
    digests = {number: dataset.numbers.digest(number) for number in np.unique(chunk).tolist()}
    typed = keep_words(context.store, context.intent.words or words)
    shared = {**(detail or {}), **({} if typed is None else {"arguments": typed})}
    own = itertools.repeat({}, len(ids)) if details is None else details
    return [
        Removal(
            each.tobytes(),
            reason,
            compact_bytes({"chunk": digests[number], "row": at, **shared, **said}).decode(),
            context.intent.command,
            context.intent.time,
        )
        for each, number, at, said in zip(ids, chunk.tolist(), row.tolist(), own, strict=True)
    ]
