"""The work of an import: read files against what the stage holds, then stage the outcome."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vault.errors import InvalidInput
from vault.formats.blocks import Block
from vault.formats.inputs import InputFile
from vault.objects.conversation import Kind
from vault.objects.digest import Digest
from vault.objects.manifest import Manifest
from vault.objects.quarantine import decode_quarantine
from vault.objects.runs import only_in
from vault.objects.view import View
from vault.operations.block_writer import RecordReader
from vault.operations.context import Context, draft_of, record
from vault.operations.dataset import Dataset, hashes_of, ids_of, open_dataset
from vault.operations.id_index import IdIndex
from vault.operations.import_files import ImportedFile, ImportMode, ImportOptions, ImportReport
from vault.operations.ingest import FileOutcome, Ingest, Ingested, InputBlocks
from vault.operations.removal_list import removals_of
from vault.operations.sources import rows_of_source
from vault.operations.staging import Staged, stage_dataset
from vault.operations.workers import WorkerTeam


def import_inputs(
    context: Context,
    files: Sequence[InputFile],
    options: ImportOptions,
    *,
    opened: Callable[[InputFile], Iterable[Block]],
    team: WorkerTeam,
) -> ImportReport:
    """Read inputs with a team of workers and stage the outcome; `opened` gives their blocks."""
    draft = draft_of(context, context.log.tip().view)
    dataset = open_dataset(context.store, draft.manifest)
    readers = [_reader(context, dataset, each, options) for each in files]
    inputs = [
        InputBlocks(reader=reader, path=each.path, blocks=opened(each))
        for reader, each in zip(readers, files, strict=True)
    ]
    known = _Known(dataset, _read_anew(dataset, readers, options))
    ingest = Ingest(
        team,
        known.index,
        numbers=dataset.numbers,
        stays_out=frozenset() if options.readmit else known.removed(),
        known_quarantine=known.quarantined(options.mode),
    )
    context.progress.start("reading", None)
    known.index = IdIndex()  # the reading has its own reference, and frees it when it is done
    ingested = ingest.run(inputs, advance=context.progress.advance)
    context.progress.finish()
    ingest.count_same_content(known.content)
    _refuse_if_nothing_read(ingested, files)
    if options.dry_run:
        return _report(ingested, None, options)
    staged, taken_out = _stage(context, dataset, draft.manifest, ingested, options)
    return replace(_report(ingested, staged, options), taken_out=taken_out)


def _stage(
    context: Context,
    dataset: Dataset,
    read_against: Digest | None,
    ingested: Ingested,
    options: ImportOptions,
) -> tuple[Staged, int]:
    """Stage what was read; return how the stage stands and how many examples left it."""
    from vault.operations.restage import restage

    def change(view: View) -> tuple[View, tuple[Staged, int]]:
        draft = draft_of(context, view)
        current = dataset
        raced = draft.manifest != read_against
        if raced:
            current = open_dataset(context.store, draft.manifest, numbers=dataset.numbers)
        base = None if draft.head is None else context.commit(draft.head).manifest
        manifest = restage(context, current, ingested, options, raced=raced, base=base)
        replaces = options.mode in (ImportMode.REPLACE, ImportMode.REPLACE_ALL)
        taken_out = _taken_out(current, manifest) if replaces else 0
        changed, staged = stage_dataset(context, view, draft, manifest)
        return changed, (staged, taken_out)

    return record(context, change)


def _taken_out(before: Dataset, manifest: Manifest) -> int:
    """Count the examples of a dataset that are not in the next one, by row and then by id."""
    after = Dataset(before.store, manifest, numbers=before.numbers)
    old, new = before.keys(), after.keys()
    gone, come = old[only_in(old, new)], new[only_in(new, old)]
    index = IdIndex()
    index.add(ids_of(after.columns(come, ["id"])))
    known, _ = index.find(ids_of(before.columns(gone, ["id"])))
    return len(gone) - int(known.sum())


class _Known:
    """What the stage holds already, read in one pass over its chunks."""

    def __init__(self, dataset: Dataset, read_anew: frozenset[str]) -> None:
        self._dataset = dataset
        self.index = IdIndex()
        """The ids, with the row keys where they stand."""
        passed = np.zeros(0, np.uint64)
        if read_anew:
            keys = dataset.keys()
            own = [rows_of_source(dataset, keys, each) for each in sorted(read_anew)]
            passed = keys[np.logical_or.reduce(own)]
        content = [passed[:0]]
        for rows, table in dataset.by_chunk(["id", "content_id"]):
            known = only_in(rows, passed)
            self.index.add(ids_of(table)[known], rows[known])
            keyed, has_content = hashes_of(table, "content_id")
            content.append(keyed[known][has_content[known]])
        self.content = np.sort(np.concatenate(content))
        """The content ids, sorted."""

    def removed(self) -> frozenset[bytes]:
        """Return the ids that were removed deliberately."""
        removals = removals_of(self._dataset.store, self._dataset.manifest)
        return frozenset(each.id for each in removals)

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
    source = _utf8(options.source or _source_of(context.folder, file.path))
    remembered: Mapping[str, Any] = dataset.manifest.sources.get(source, {})
    mapping = options.mapping
    if mapping is None and options.format is None:
        mapping = remembered.get("map")
    name = options.format or (None if mapping else remembered.get("format"))
    return RecordReader(
        source=source,
        round=None if options.round is None else _utf8(options.round),
        kind=None if name is None else _kind(name),
        mapping=mapping,
        updating=options.mode is ImportMode.UPDATE,
        key=options.key,
    )


def _read_anew(
    dataset: Dataset, readers: Sequence[RecordReader], options: ImportOptions
) -> frozenset[str]:
    """Return the sources that are replaced and now read in another way than they were.

    Their records are stored again: who speaks in a record depends on how it is read.
    """
    if options.mode not in (ImportMode.REPLACE, ImportMode.REPLACE_ALL):
        return frozenset()
    before = dataset.manifest.sources
    return frozenset(
        each.source
        for each in readers
        if each.source in before and dict(before[each.source]) != each.remembered()
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


def _utf8(name: str) -> str:
    """Return a name with the bytes that are not UTF-8 as text: they come as half surrogates."""
    try:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace").decode()


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
        unmatched=outcome.unmatched,
        merged=outcome.merged,
    )
