"""`quarantine retry` and `quarantine restore`: read again what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vault.dataset.changing.stage import Staged
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.dataset.reading.quarantine import entries_of, without_entries
from vault.errors import InvalidInput
from vault.formats.files.records import RecordTexts, Refused
from vault.objects.digest import Digest
from vault.objects.manifest import Manifest
from vault.objects.quarantine import QuarantineEntry, decode_quarantine
from vault.operations.imports.import_files import ready_to_import
from vault.operations.imports.import_options import ImportOptions, ReadArguments
from vault.operations.imports.ingest import Ingest, Ingested, InputBlocks
from vault.operations.imports.known_examples import KnownExamples
from vault.operations.imports.source_readers import reader_of
from vault.operations.imports.stage_import import stage_ingested
from vault.operations.validation.quarantined_items import held_inputs, require_unreadable
from vault.presentation.report_html import Displayed
from vault.session.context import Context, draft_of


@dataclass(frozen=True, slots=True)
class RetryReport(Displayed):
    """What came of the entries that were read again.

    `imported` are examples now; `duplicates` were examples already, and `returned` had been removed
    deliberately: both left the quarantine. `quarantined` still cannot be read; `first_reason` says
    why the first of them cannot.
    """

    retried: int
    imported: int
    duplicates: int
    returned: int
    quarantined: int
    first_reason: str | None
    staged: Staged | None


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """How entries are read: as what format, with which fields mapped; as their source if neither.

    `must_read` refuses unless all can be read, and takes back those that were removed.
    """

    format: str | None = None
    mapping: Mapping[str, str] | None = None
    must_read: bool = False


class RetryArguments(ReadArguments, total=False):
    """Fields of `RetryOptions`."""

    must_read: bool


def retry_quarantine(
    context: Context, entries: Sequence[str] = (), options: RetryOptions = RetryOptions()
) -> RetryReport:
    """Read entries of the stage's quarantine again (all, or those named) and stage what is read.

    Worth it after an upgrade of vault, or with another format. Raises NotFound (`entry-not-found`),
    InvalidInput (`entry-ambiguous`, `entries-missing`, `entry-readable`, `entry-unreadable`, and
    those of an import), Conflict (`detached-head`). Nothing is staged when it raises.
    """
    if options.must_read and not entries:
        raise InvalidInput(
            "it is not said which entries",
            code="entries-missing",
            hint="name them by their ids, which `vault quarantine list` prints",
        )
    wanted = ImportOptions(
        format=options.format, mapping=options.mapping, readmit=options.must_read, workers=1
    )
    with ready_to_import(context, wanted) as (context, team):
        draft = draft_of(context, context.log.tip().view)
        dataset = open_dataset(context.store, draft.manifest)
        chosen = _unreadable(dataset, entries)
        known = KnownExamples(dataset, frozenset())
        if not options.must_read:
            known.follow_fixed()
        ingest = Ingest(
            team,
            known.index,
            numbers=dataset.numbers,
            stays_out=frozenset() if options.must_read else known.removed(),
            known_quarantine=frozenset(),
        )
        inputs = [
            InputBlocks(reader_of(dataset, source, wanted), source, [_block(own)])
            for source, own in _by_source(chosen).items()
        ]
        ingested = ingest.run(inputs, advance=lambda count: None)
        report = _report(ingested)
        if options.must_read and report.quarantined:
            raise InvalidInput(
                f"{report.quarantined} of {report.retried} still cannot be read: "
                f"{report.first_reason}",
                code="entry-unreadable",
                hint="`vault quarantine export -o FILE` writes them out to be corrected",
            )
        if report.quarantined == report.retried:
            return report
        staged = _stage(context, draft.manifest, dataset, ingested, wanted, chosen)
        return replace(report, staged=staged)


def _unreadable(dataset: Dataset, entries: Sequence[str]) -> list[QuarantineEntry]:
    if not entries:
        return entries_of(dataset.store, dataset.manifest)
    return require_unreadable(held_inputs(dataset.store, dataset.manifest, entries))


def _by_source(entries: Sequence[QuarantineEntry]) -> dict[str, list[QuarantineEntry]]:
    result: dict[str, list[QuarantineEntry]] = {}
    for each in entries:
        result.setdefault(each.source, []).append(each)
    return result


def _block(entries: Sequence[QuarantineEntry]) -> RecordTexts:
    """Return what is kept of the entries as a block of records, on the lines where they stood."""
    whole = [each for each in entries if len(each.raw) == each.size_bytes and each.raw.strip()]
    others = [each for each in entries if each not in whole]
    return RecordTexts(
        texts=tuple(each.raw.strip() for each in whole),
        lines=tuple(each.line - 1 for each in whole),
        refused=tuple(_refused_again(each) for each in others),
        line_count=max(each.line for each in entries),
    )


def _refused_again(entry: QuarantineEntry) -> Refused:
    # Only the beginning of a very long record was kept, so there is nothing whole to read.
    return Refused(
        entry.line - 1, entry.code, entry.reason, entry.raw, entry.size_bytes, entry.sha256
    )


def _report(ingested: Ingested) -> RetryReport:
    files = ingested.files
    return RetryReport(
        retried=sum(each.read for each in files),
        imported=sum(each.imported for each in files),
        duplicates=sum(each.duplicates for each in files),
        returned=sum(each.returned for each in files),
        quarantined=sum(each.quarantined for each in files),
        first_reason=next(
            (f"{each.path}, {each.first_reason}" for each in files if each.first_reason), None
        ),
        staged=None,
    )


def _stage(
    context: Context,
    read_against: Digest | None,
    dataset: Dataset,
    ingested: Ingested,
    options: ImportOptions,
    chosen: Sequence[QuarantineEntry],
) -> Staged:
    refused = {
        each.id
        for digest in ingested.quarantine
        for each in decode_quarantine(context.store.get(digest))
    }
    read = {each.id for each in chosen} - refused

    def finish(current: Dataset, manifest: Manifest) -> tuple[Manifest, None]:
        manifest = without_entries(context.store, manifest, read)
        # How a source is read stays as it is: one entry that was odd says nothing of the others.
        return replace(manifest, sources=current.manifest.sources), None

    return stage_ingested(context, dataset, read_against, ingested, options, finish)[0]
