"""`import`: read files, store what is new, and stage what the dataset becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vault.errors import InvalidInput
from vault.formats.blocks import open_blocks
from vault.formats.inputs import InputFile, find_files
from vault.objects.conversation import Kind
from vault.objects.digest import ID_BYTES, Digest
from vault.objects.quarantine import decode_quarantine, decode_removals
from vault.objects.view import View
from vault.operations.block_writer import RecordReader
from vault.operations.context import Context, draft_of, record
from vault.operations.dataset import Dataset, hashes_of, ids_of, open_dataset
from vault.operations.id_index import IdIndex
from vault.operations.ingest import FileOutcome, Ingest, Ingested, InputBlocks
from vault.operations.staging import Staged, stage_dataset
from vault.operations.workers import default_workers
from vault.store.discard import DiscardingBackend
from vault.store.object_store import ObjectStore


class ImportMode(StrEnum):
    """What happens to what is there: nothing, its source goes, everything goes, or edits land."""

    APPEND = "append"
    REPLACE = "replace"
    REPLACE_ALL = "replace-all"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import is done; see `vault import --help` for each.

    `workers` is the number of processes for large inputs (default: the cores, at most 4).
    """

    format: str | None = None
    mapping: Mapping[str, str] | None = None
    source: str | None = None
    round: str | None = None
    mode: ImportMode = ImportMode.APPEND
    key: str | None = None
    readmit: bool = False
    dry_run: bool = False
    workers: int | None = None

    def __post_init__(self) -> None:
        """Take a mode by its name too: a plain text equals the mode but is not it."""
        try:
            object.__setattr__(self, "mode", ImportMode(self.mode))
        except ValueError:
            raise InvalidInput(
                f'"{self.mode}" is not a way to import',
                code="mode-unknown",
                hint=f"use {', '.join(ImportMode)}",
            ) from None


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What one file gave: read = imported + duplicates + returned + quarantined.

    `same_content` counts imported records whose conversation was there with other metadata;
    `returned` records that had been removed deliberately and stayed out. `first_reason` says where
    and why the first one of the quarantined could not be read.
    """

    path: str
    source: str
    format: str | None
    read: int
    imported: int
    duplicates: int
    same_content: int
    returned: int
    quarantined: int
    first_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: the files and their totals, and how the stage then stood."""

    files: tuple[ImportedFile, ...]
    read: int
    imported: int
    duplicates: int
    same_content: int
    returned: int
    quarantined: int
    staged: Staged | None
    dry_run: bool = False


def import_files(
    context: Context,
    paths: Sequence[str],
    options: ImportOptions,
    *,
    stdin: BinaryIO | None = None,
) -> ImportReport:
    """Read files into the stage of the current branch.

    Records are stored once, in input order; see `ImportMode` for what becomes of the others. Costs
    reading the ids of the stage, and about 2 s a core for 100 MB. Raises NotFound
    (`file-not-found`), InvalidInput (`no-files`, `nothing-readable`, `format-unknown` …), Conflict
    (`detached-head`), StorageFailed, Corrupt. Nothing is staged when it raises.
    """
    inputs = find_files(paths)
    with context.store.backend.writing():
        return _import_inputs(context, inputs, options, stdin)


def _import_inputs(
    context: Context, files: Sequence[InputFile], options: ImportOptions, stdin: BinaryIO | None
) -> ImportReport:
    draft = draft_of(context, context.log.tip().view)
    dataset = open_dataset(context.store, draft.manifest)
    known = _Known(dataset)
    inputs = [
        InputBlocks(
            reader=_reader(context, dataset, each, options),
            path=each.path,
            blocks=open_blocks(each, stdin=stdin),
        )
        for each in files
    ]
    store = ObjectStore(DiscardingBackend()) if options.dry_run else context.store
    ingest = Ingest(
        store,
        known.index,
        numbers=dataset.numbers,
        stays_out=frozenset() if options.readmit else known.removed(),
        known_quarantine=known.quarantined(options.mode),
    )
    context.progress.start("reading", None)
    workers = default_workers() if options.workers is None else options.workers
    known.index = IdIndex()  # the reading has its own reference, and frees it when it is done
    ingested = ingest.run(inputs, workers=workers, advance=context.progress.advance)
    context.progress.finish()
    ingest.count_same_content(known.content)
    _refuse_if_nothing_read(ingested, files)
    staged = None
    if not options.dry_run:
        staged = _stage(context, dataset, draft.manifest, ingested, options)
    return _report(ingested, staged, options)


def _stage(
    context: Context,
    dataset: Dataset,
    read_against: Digest | None,
    ingested: Ingested,
    options: ImportOptions,
) -> Staged:
    from vault.operations.restage import restage

    def change(view: View) -> tuple[View, Staged]:
        draft = draft_of(context, view)
        current = dataset
        raced = draft.manifest != read_against
        if raced:
            current = open_dataset(context.store, draft.manifest, numbers=dataset.numbers)
        manifest = restage(context, current, ingested, options, raced=raced)
        return stage_dataset(context, view, draft, manifest)

    return record(context, change)


class _Known:
    """What the stage holds already, read in one pass over its chunks."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self.index = IdIndex()
        """The ids, with the row keys where they stand."""
        count = dataset.manifest.examples
        ids, keys = np.empty(count, f"V{ID_BYTES}"), np.empty(count, np.uint64)
        content = [np.zeros(0, np.uint64)]
        done = 0
        for rows, table in dataset.by_chunk(["id", "content_id"]):
            ids[done : done + len(rows)] = ids_of(table)
            keys[done : done + len(rows)] = rows
            own, has_content = hashes_of(table, "content_id")
            content.append(own[has_content])
            done += len(rows)
        self.index.add(ids, keys)
        self.content = np.sort(np.concatenate(content))
        """The content ids, sorted."""

    def removed(self) -> frozenset[bytes]:
        """Return the ids that were removed deliberately."""
        store = self._dataset.store
        return frozenset(
            each.id
            for digest in self._dataset.manifest.removals
            for each in decode_removals(store.get(digest))
        )

    def quarantined(self, mode: ImportMode) -> frozenset[bytes]:
        """Return the ids of quarantine entries that will stay."""
        if mode in (ImportMode.REPLACE, ImportMode.REPLACE_ALL):
            return frozenset()
        store = self._dataset.store
        return frozenset(
            each.id
            for digest in self._dataset.manifest.quarantine
            for each in decode_quarantine(store.get(digest))
        )


def _reader(
    context: Context, dataset: Dataset, file: InputFile, options: ImportOptions
) -> RecordReader:
    source = options.source or _source_of(context.folder, file.path)
    remembered: Mapping[str, Any] = dataset.manifest.sources.get(source, {})
    mapping = options.mapping
    if mapping is None and options.format is None:
        mapping = remembered.get("map")
    name = options.format or (None if mapping else remembered.get("format"))
    return RecordReader(
        source=source,
        round=options.round,
        kind=None if name is None else _kind(name),
        mapping=mapping,
        updating=options.mode is ImportMode.UPDATE,
        key=options.key,
    )


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        known = ", ".join(Kind)
        raise InvalidInput(
            f'"{name}" is not a format that vault reads', code="format-unknown", hint=f"use {known}"
        ) from None


def _source_of(folder: Path | None, path: str) -> str:
    if path == "-":
        return "standard-input"
    resolved = Path(path).resolve()
    if folder is not None and resolved.is_relative_to(folder.resolve()):
        return resolved.relative_to(folder.resolve()).as_posix()
    return resolved.name


def _refuse_if_nothing_read(ingested: Ingested, files: Sequence[InputFile]) -> None:
    read = sum(each.read for each in ingested.files)
    refused = sum(each.quarantined for each in ingested.files)
    if not read or read != refused:
        return
    names = ", ".join("standard input" if each.path == "-" else each.path for each in files[:3])
    raise InvalidInput(
        f"nothing in {names} could be read: {_first_reason(ingested)}",
        code="nothing-readable",
        hint="`vault import --help` lists the formats; a record is one JSON object",
    )


def _first_reason(ingested: Ingested) -> str:
    return next((each.first_reason for each in ingested.files if each.first_reason), "no reason")


def _report(ingested: Ingested, staged: Staged | None, options: ImportOptions) -> ImportReport:
    files = tuple(_file_report(each) for each in ingested.files)
    names = ("read", "imported", "duplicates", "same_content", "returned", "quarantined")
    totals = {name: sum(getattr(each, name) for each in files) for name in names}
    return ImportReport(files, **totals, staged=staged, dry_run=options.dry_run)


def _file_report(outcome: FileOutcome) -> ImportedFile:
    formats = sorted(outcome.formats)
    return ImportedFile(
        path=outcome.path,
        source=outcome.reader.source,
        format=formats[0] if len(formats) == 1 else "mixed" if formats else None,
        read=outcome.read,
        imported=outcome.imported,
        duplicates=outcome.duplicates,
        same_content=outcome.same_content,
        returned=outcome.returned,
        quarantined=outcome.quarantined,
        first_reason=outcome.first_reason,
    )


def merged_sources(
    current: Mapping[str, Mapping[str, Any]], ingested: Ingested
) -> dict[str, dict[str, Any]]:
    """Return the sources of a manifest with what this import says of how its own are read."""
    result = {name: dict(reader) for name, reader in current.items()}
    for each in ingested.files:
        reader = each.reader
        entry: dict[str, Any] = {"format": None if reader.kind is None else str(reader.kind)}
        if reader.mapping:
            entry["map"] = dict(reader.mapping)
        result[reader.source] = entry
    return result
