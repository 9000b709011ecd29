"""What a dataset's manifest becomes after an import: rows, labels, lists and sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from vault.dataset.changing.carry_labels import carry_labels
from vault.dataset.changing.row_order import appended, source_replaced
from vault.dataset.changing.stage import Staged, stage_and_count
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset, store_pages
from vault.dataset.reading.id_index import IdIndex
from vault.dataset.reading.removals import removals_of, without_removals
from vault.dataset.reading.sources import Claims, adopted_after, rows_of_source
from vault.objects.digest import Digest
from vault.objects.log.view import View
from vault.objects.manifest import Manifest
from vault.objects.quarantine import (
    decode_quarantine,
    encode_quarantine,
)
from vault.objects.runs import RowKeys, Runs, distinct, in_both, only_in
from vault.operations.imports.import_options import ImportMode, ImportOptions
from vault.operations.imports.imported_labels import with_imported_labels
from vault.operations.imports.ingest import FileOutcome, Ingested
from vault.operations.imports.update_rows import updated
from vault.session.context import Context, draft_of
from vault.session.recording import record
from vault.store.object_store import ObjectStore

_R = TypeVar("_R")


def restage(
    context: Context,
    dataset: Dataset,
    ingested: Ingested,
    options: ImportOptions,
    *,
    raced: bool,
    base: Digest | None,
) -> Manifest:
    """Return the manifest of a dataset after what was read; stores its pages and lists.

    `raced` says that the dataset is not the one that was read against, so rows are matched by id
    again; `base` is the manifest of the commit that the dataset is drafted over. Raises
    InvalidInput (`key-ambiguous`).
    """
    if options.mode is ImportMode.APPEND and not raced:
        # What was stored is what the dataset lacks: no need to look at single rows.
        runs = Runs.concatenate(dataset.numbers, [dataset.runs(), ingested.fresh])
        adopted = dataset.manifest.adopted
    else:
        runs, adopted = _rearranged(dataset, ingested, options, raced=raced, base=base)
    sources = {each.reader.source for each in ingested.files}
    quarantine, quarantined = _quarantine(
        context.store, dataset.manifest, ingested, options, sources
    )
    manifest = replace(
        dataset.manifest,
        adopted=adopted,
        pages=store_pages(context.store, runs),
        quarantine=quarantine,
        quarantined=quarantined,
        sources=_merged_sources(_kept_sources(dataset.manifest, options), ingested),
    )
    if options.readmit and manifest.removals:
        manifest = _readmitted(dataset, manifest, runs.keys())
    if options.mode is not ImportMode.APPEND and manifest.labels:
        manifest = carry_labels(context, dataset, manifest)
    # Last: what a file says of an edited example counts more than what its old state had.
    return with_imported_labels(context, dataset, manifest, ingested)


def stage_ingested(
    context: Context,
    dataset: Dataset,
    read_against: Digest | None,
    ingested: Ingested,
    options: ImportOptions,
    finish: Callable[[Dataset, Manifest], tuple[Manifest, _R]],
) -> tuple[Staged, _R]:
    """Stage what was read against a dataset, over whatever is staged by then.

    `read_against` is the manifest of the dataset. `finish` takes the dataset that was met and the
    manifest after it, and returns the one to stage and a result; it is called again each time
    another writer came first. Raises what `restage` raises.
    """

    def change(view: View) -> tuple[View, tuple[Staged, _R]]:
        draft = draft_of(context, view)
        current = dataset
        raced = draft.manifest != read_against
        if raced:
            current = open_dataset(context.store, draft.manifest, numbers=dataset.numbers)
        base = None if draft.head is None else context.commit(draft.head).manifest
        manifest = restage(context, current, ingested, options, raced=raced, base=base)
        manifest, result = finish(current, manifest)
        changed, staged = stage_and_count(context, view, draft, manifest)
        return changed, (staged, result)

    return record(context, change)


def _rearranged(
    dataset: Dataset,
    ingested: Ingested,
    options: ImportOptions,
    *,
    raced: bool,
    base: Digest | None,
) -> tuple[Runs, Digest | None]:
    """Return the order of the dataset after the import, and who has adopted which rows."""
    keys = dataset.keys()
    files, incoming = ingested.files, ingested.incoming()
    if raced:
        removed = _removed_meanwhile(dataset, options)
        met = [
            _met_again(dataset, keys, file, rows, removed)
            for file, rows in zip(files, incoming, strict=True)
        ]
        files, incoming = [file for file, _ in met], [rows for _, rows in met]
    if options.mode is ImportMode.UPDATE:
        arranged, claims = updated(dataset, keys, files, incoming, base)
    else:
        claims = _claims(dataset, keys, files, incoming, options)
        arranged = _arrange(dataset, keys, files, incoming, claims, options)
    adopted = adopted_after(dataset, keys, arranged, claims)
    return Runs.from_keys(dataset.numbers, arranged), adopted


def _removed_meanwhile(dataset: Dataset, options: ImportOptions) -> frozenset[bytes]:
    if options.readmit:
        return frozenset()
    return frozenset(each.id for each in removals_of(dataset.store, dataset.manifest))


def _met_again(
    dataset: Dataset,
    keys: RowKeys,
    file: FileOutcome,
    incoming: RowKeys,
    removed: frozenset[bytes],
) -> tuple[FileOutcome, RowKeys]:
    """Return what was read of a file, matched by id with a dataset that changed meanwhile.

    What was removed from it meanwhile stays out, although it was there when it was read.
    """
    if not len(incoming):
        return file, incoming
    ids = ids_of(dataset.columns(incoming, ["id"]))
    index = IdIndex()
    index.add(ids_of(dataset.columns(keys, ["id"])), keys)
    known, places = index.find(ids)
    stays = known | np.array([each.tobytes() not in removed for each in ids], np.bool_)
    rows = np.where(known, places, incoming)[stays]
    if not file.reader.updating:
        return file, rows
    return replace(file, keys=[file.keys[at] for at in np.flatnonzero(stays).tolist()]), rows


def _arrange(
    dataset: Dataset,
    keys: RowKeys,
    files: Sequence[FileOutcome],
    incoming: Sequence[RowKeys],
    claims: Claims,
    options: ImportOptions,
) -> RowKeys:
    match options.mode:
        case ImportMode.REPLACE_ALL:
            return _distinct(incoming)
        case ImportMode.REPLACE:
            # Rows that change hands leave first, or their old owner would take them along.
            claimed = np.concatenate([np.zeros(0, np.uint64), *(rows for _, rows in claims)])
            keys = keys[only_in(keys, claimed)]
            for source, rows in _by_source(files, incoming).items():
                own = rows_of_source(dataset, keys, source) & ~np.isin(keys, claimed)
                keys = source_replaced(keys, own, rows)
            return keys
        case _:
            for rows in incoming:
                keys = appended(keys, rows)
            return keys


def _by_source(files: Sequence[FileOutcome], incoming: Sequence[RowKeys]) -> dict[str, RowKeys]:
    """Return the rows read for each source, each once, in order."""
    parts: dict[str, list[RowKeys]] = {}
    for each, rows in zip(files, incoming, strict=True):
        parts.setdefault(each.reader.source, []).append(rows)
    return {source: _distinct(rows) for source, rows in parts.items()}


def _claims(
    dataset: Dataset,
    keys: RowKeys,
    files: Sequence[FileOutcome],
    incoming: Sequence[RowKeys],
    options: ImportOptions,
) -> Claims:
    """Return the rows that this import gives to another source than they belonged to.

    With `--replace-all` every row belongs to the first file that holds it; with `--replace` so
    does a row of another source that this import replaces as well.
    """
    if options.mode not in (ImportMode.REPLACE, ImportMode.REPLACE_ALL):
        return []
    by_source = _by_source(files, incoming)
    claims: list[tuple[str, RowKeys]] = []
    taken = np.zeros(0, np.uint64)
    for source, rows in by_source.items():
        fresh = rows[only_in(rows, taken)]
        if options.mode is ImportMode.REPLACE:
            fresh = in_both(fresh, keys)
            others = [each for each in by_source if each != source]
            moving = [fresh[rows_of_source(dataset, fresh, each)] for each in others]
            fresh = np.concatenate([np.zeros(0, np.uint64), *moving])
        claims.append((source, fresh))
        taken = np.concatenate([taken, fresh])
    return claims


def _distinct(parts: Sequence[RowKeys]) -> RowKeys:
    return distinct(np.concatenate([*parts, np.zeros(0, np.uint64)]))


def _merged_sources(
    current: Mapping[str, Mapping[str, Any]], ingested: Ingested
) -> dict[str, dict[str, Any]]:
    """Return the sources of a manifest with what this import says of how its own are read."""
    result = {name: dict(reader) for name, reader in current.items()}
    for each in ingested.files:
        result[each.reader.source] = each.reader.remembered()
    return result


def _kept_sources(manifest: Manifest, options: ImportOptions) -> dict[str, dict[str, object]]:
    if options.mode is ImportMode.REPLACE_ALL:
        return {}
    return {name: dict(reader) for name, reader in manifest.sources.items()}


def _quarantine(
    store: ObjectStore,
    manifest: Manifest,
    ingested: Ingested,
    options: ImportOptions,
    sources: set[str],
) -> tuple[tuple[Digest, ...], int]:
    """Return the quarantine objects after this import and how many entries they hold."""
    added = ingested.quarantine
    if options.mode is ImportMode.REPLACE_ALL:
        kept: tuple[Digest, ...] = ()
    elif options.mode is ImportMode.REPLACE:
        kept = tuple(
            each for digest in manifest.quarantine for each in _without(store, digest, sources)
        )
    else:
        kept = manifest.quarantine
    known: set[bytes] = set()
    objects: list[Digest] = []
    for digest in (*kept, *added):
        entries = decode_quarantine(store.get(digest))
        fresh = [each for each in entries if each.id not in known]
        known.update(each.id for each in fresh)
        if len(fresh) == len(entries):
            objects.append(digest)
        elif fresh:
            objects.append(store.put(encode_quarantine(fresh)))
    return tuple(objects), len(known)


def _without(store: ObjectStore, digest: Digest, sources: set[str]) -> tuple[Digest, ...]:
    entries = decode_quarantine(store.get(digest))
    left = [each for each in entries if each.source not in sources]
    if len(left) == len(entries):
        return (digest,)
    return (store.put(encode_quarantine(left)),) if left else ()


def _readmitted(dataset: Dataset, manifest: Manifest, keys: RowKeys) -> Manifest:
    """Return the manifest without the removals of examples that are back."""
    ids = {each.tobytes() for each in ids_of(dataset.columns(keys, ["id"]))}
    return without_removals(dataset.store, manifest, ids)
