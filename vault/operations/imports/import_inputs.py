"""The work of an import: read files against what the stage holds, then stage the outcome."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from vault.dataset.changing.stage import Staged
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset
from vault.dataset.reading.id_index import IdIndex
from vault.dataset.reading.write_records import RecordReader
from vault.errors import InvalidInput, VaultError
from vault.formats.files.blocks import Block
from vault.formats.files.inputs import InputFile
from vault.formats.files.meant.nearly_json import explain_file
from vault.objects.digest import Digest
from vault.objects.manifest import Manifest
from vault.objects.runs import only_in
from vault.operations.imports.import_options import ImportMode, ImportOptions
from vault.operations.imports.import_report import ImportedFile, ImportReport
from vault.operations.imports.import_workers import WorkerTeam
from vault.operations.imports.imported_labels import is_unassigned, side_of_file
from vault.operations.imports.ingest import FileOutcome, Ingest, Ingested, InputBlocks
from vault.operations.imports.known_examples import KnownExamples
from vault.operations.imports.source_readers import reader_of_file, sources_read_anew
from vault.session.context import Context, draft_of


def import_inputs(
    context: Context,
    files: Sequence[InputFile],
    options: ImportOptions,
    *,
    opened: Callable[[InputFile], Iterable[Block]],
    team: WorkerTeam,
) -> ImportReport:
    """Read inputs with a team of workers and stage the outcome; `opened` gives their blocks."""
    if options.split_from_name:
        _require_sides(files)
    draft = draft_of(context, context.log.tip().view)
    dataset = open_dataset(context.store, draft.manifest)
    readers = [reader_of_file(context, dataset, each, options) for each in files]
    inputs = [
        InputBlocks(reader=reader, path=each.path, blocks=opened(_as_read(each, reader)))
        for reader, each in zip(readers, files, strict=True)
    ]
    known = KnownExamples(dataset, sources_read_anew(dataset, readers, options))
    if not options.readmit:
        known.follow_fixed()
    ingest = Ingest(
        team,
        known.index,
        numbers=dataset.numbers,
        stays_out=frozenset() if options.readmit else known.removed(),
        known_quarantine=known.quarantined(options.mode),
    )
    context.progress.start("reading", None)
    known.index = IdIndex()  # the reading has its own reference, and frees it when it is done
    with _unchanged(files):
        ingested = ingest.run(inputs, advance=context.progress.advance)
    context.progress.finish()
    ingest.count_same_content(known.content)
    ingest.look_at_repeated(dataset, ingested.fresh.keys())
    _refuse_if_nothing_read(ingested, files)
    if options.split_from_name:
        for each in ingested.files:
            each.side = side_of_file(each.path)
    staged, taken_out = _stage(context, dataset, draft.manifest, ingested, options)
    report = _report(ingested, files, staged, options, dataset.manifest.sources)
    return replace(report, taken_out=taken_out)


def _require_sides(files: Sequence[InputFile]) -> None:
    unnamed = [
        each.path
        for each in files
        if side_of_file(each.path) is None and not is_unassigned(each.path)
    ]
    if unnamed:
        raise InvalidInput(
            f"the name of {unnamed[0]} does not begin with train, validation or test",
            code="side-not-named",
            hint="leave out --split-from-name for it; `vault split` divides what has no side",
        )


def _as_read(file: InputFile, reader: RecordReader) -> InputFile:
    if reader.unit is not None:
        file = replace(file, unit=reader.unit)
    # Who says what a record is takes the object for one.
    is_said = reader.kind is not None or bool(reader.mapping)
    return replace(file, may_be_wrapped=False) if is_said else file


@contextmanager
def _unchanged(files: Sequence[InputFile]) -> Iterator[None]:
    """Raise InvalidInput (`file-changed`) at the end if a file is not what it was at first.

    Also in the place of an error of reading: a file that was cut looks damaged.
    """
    try:
        yield
    except (VaultError, OSError):
        for each in files:
            each.check_unchanged()
        raise
    for each in files:
        each.check_unchanged()


def _stage(
    context: Context,
    dataset: Dataset,
    read_against: Digest | None,
    ingested: Ingested,
    options: ImportOptions,
) -> tuple[Staged, int]:
    """Stage what was read; return how the stage stands and how many examples left it."""
    from vault.operations.imports.stage_import import stage_ingested

    replaces = options.mode in (ImportMode.REPLACE, ImportMode.REPLACE_ALL)

    def finish(current: Dataset, manifest: Manifest) -> tuple[Manifest, int]:
        return manifest, _taken_out(current, manifest) if replaces else 0

    return stage_ingested(context, dataset, read_against, ingested, options, finish)


def _taken_out(before: Dataset, manifest: Manifest) -> int:
    """Count the examples of a dataset that are not in the next one, by row and then by id."""
    after = Dataset(before.store, manifest, numbers=before.numbers)
    old, new = before.keys(), after.keys()
    gone, come = old[only_in(old, new)], new[only_in(new, old)]
    index = IdIndex()
    index.add(ids_of(after.columns(come, ["id"])))
    known, _ = index.find(ids_of(before.columns(gone, ["id"])))
    return len(gone) - int(known.sum())


def _refuse_if_nothing_read(ingested: Ingested, files: Sequence[InputFile]) -> None:
    read = sum(each.read for each in ingested.files)
    refused = sum(each.quarantined for each in ingested.files)
    if not read or read != refused:
        return
    names = ", ".join("standard input" if each.path == "-" else each.path for each in files[:3])
    found = next(filter(None, map(explain_file, files)), None)
    why = _first_reason(ingested)
    raise InvalidInput(
        f"nothing in {names} could be read: {why if found is None else f'{found.told} ({why})'}",
        code="nothing-readable",
        hint=_way_on(ingested) if found is None else found.hint,
    )


def _way_on(ingested: Ingested) -> str:
    if any(each.first_code == "binary-value" for each in ingested.files):
        return "--binary base64 keeps bytes as base64, --binary omit leaves them out"
    return "`vault import --help` lists the formats; a record is one JSON object"


def _first_reason(ingested: Ingested) -> str:
    return next((each.first_reason for each in ingested.files if each.first_reason), "no reason")


def _report(
    ingested: Ingested,
    inputs: Sequence[InputFile],
    staged: Staged | None,
    options: ImportOptions,
    known: Container[str],
) -> ImportReport:
    """Return the report; `known` are the sources that the stage had before."""
    files = tuple(
        _file_report(outcome, file) for outcome, file in zip(ingested.files, inputs, strict=True)
    )
    if options.mode is ImportMode.APPEND:
        files = tuple(
            replace(each, may_be_edited=each.source in known and _is_mostly_there(each))
            for each in files
        )
    names = (
        *("read", "imported", "duplicates", "same_content", "reordered"),
        *("returned", "quarantined"),
    )
    totals = {name: sum(getattr(each, name) for each in files) for name in names}
    return ImportReport(files, **totals, staged=staged, dry_run=options.dry_run)


def _is_mostly_there(file: ImportedFile) -> bool:
    """Return whether a file brings something new beside more that is there already."""
    return 0 < file.imported < file.duplicates


def _file_report(outcome: FileOutcome, file: InputFile) -> ImportedFile:
    explained = explain_file(file) if outcome.quarantined else None
    formats = sorted(outcome.formats)
    return ImportedFile(
        path=outcome.path,
        source=outcome.reader.source,
        format=formats[0] if len(formats) == 1 else "mixed" if formats else None,
        read=outcome.read,
        imported=outcome.imported,
        duplicates=outcome.duplicates,
        same_content=outcome.same_content,
        reordered=outcome.reordered,
        elsewhere=dict(sorted(outcome.elsewhere.items(), key=lambda pair: -pair[1])),
        returned=outcome.returned,
        quarantined=outcome.quarantined,
        first_reason=outcome.first_reason,
        explained=None if explained is None else explained.told,
        way_on=None if explained is None else explained.hint,
        unmatched=outcome.unmatched,
        merged=outcome.merged,
        labelled=outcome.labelled,
        unlabelled=outcome.unlabelled,
        side=side_of_file(outcome.path) if outcome.imported else None,
        choices=tuple(outcome.choices),
        origin=outcome.origin,
    )
