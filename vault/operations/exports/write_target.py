"""Writing one file of an export: its records in its layout, and the digests of what it holds."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.records import joined_lines, record_arrays, record_texts
from vault.errors import InvalidInput
from vault.formats.files.columns import ColumnPlan, plan_columns
from vault.formats.files.inputs import Compression, Layout
from vault.formats.files.table_cells import CELLS, own_columns, plan_cells, unlike_text
from vault.formats.writers.open_writer import open_writer
from vault.objects.json.member import EXPORT_MEMBER, with_member
from vault.objects.json.record import read_record
from vault.objects.json.text import compact_bytes
from vault.objects.runs import RowKeys
from vault.operations.exports.export_extras import ExportExtras
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.hashed_file import HashedFile
from vault.operations.exports.late_members import LateMembers
from vault.operations.exports.targets import Target
from vault.operations.exports.written import Written
from vault.session.context import Context

if TYPE_CHECKING:
    from vault.operations.exports.for_trainers.judgements import Judgements


def write_target(
    context: Context,
    dataset: Dataset,
    target: Target,
    options: ExportOptions,
    file: BinaryIO,
    *,
    watch: LateMembers | None = None,
    judged: Judgements | None = None,
) -> Written:
    """Write a target's records and return the digests; `watch` looks at JSON Lines on the way.

    `judged` is what labels say of records that are written for a trainer.
    Raises Corrupt, OSError.
    """
    if options.trainer is not None:
        # On use: plain exports load no trainers.
        from vault.formats.trainers.plain_records import RAW
        from vault.operations.exports.write_rendered import write_rendered

        if options.layout != RAW:
            return write_rendered(context, dataset, target, options, file, judged)
    plan, is_marked = None, False
    if target.layout in (Layout.CSV, Layout.PARQUET):
        plan, is_marked = _planned(dataset, target, options)
    packs = target.layout is Layout.PARQUET or target.compression is not Compression.NONE
    content = hashlib.sha256() if packs else None
    with HashedFile(file, None if watch is None else watch.look) as hashed:
        writer = open_writer(
            cast(BinaryIO, hashed), layout=target.layout, compression=target.compression, plan=plan
        )
        if target.layout is Layout.JSONL and not options.fields and not options.extras:
            for array in record_arrays(dataset, target.keys):
                lines = joined_lines(array)
                writer.write_lines(lines)
                if content is not None:
                    content.update(lines)
                context.progress.advance(len(array))
        else:
            columns = own_columns(plan) if plan is not None and is_marked else None
            for batch in _batches(dataset, target.keys, options, columns):
                writer.write(batch)
                if content is not None:
                    content.update(b"".join(text + b"\n" for text in batch))
                context.progress.advance(len(batch))
        writer.close()
        digest = None if content is None else content.hexdigest()
        return Written(hashed.hexdigest(), hashed.size_bytes, digest, len(target.keys))


def check_fields(dataset: Dataset, targets: Sequence[Target], fields: tuple[str, ...]) -> None:
    """Refuse a field that occurs in no record; reads records until each field was met once.

    Raises InvalidInput (`field-not-found`).
    """
    missing = set(fields)
    names: set[str] = set()
    for target in targets if fields else ():
        for text in record_texts(dataset, target.keys):
            record = read_record(text)
            missing.difference_update(record)
            if not missing:
                return
            names.update(record)
    if missing and names:
        name = min(missing)
        near = difflib.get_close_matches(name, sorted(names), n=1)
        raise InvalidInput(
            f'no record that would be written has a field "{name}"',
            code="field-not-found",
            hint=f"did you mean {near[0]}?"
            if near
            else f"there are {', '.join(sorted(names)[:8])}",
        )


def _planned(dataset: Dataset, target: Target, options: ExportOptions) -> tuple[ColumnPlan, bool]:
    """Return the columns of a table, and whether cells of it must be marked to be read back."""
    texts = (text for batch in _batches(dataset, target.keys, options) for text in batch)
    if target.layout is Layout.CSV:
        return plan_cells(texts)
    return plan_columns(texts), False


def _batches(
    dataset: Dataset,
    keys: RowKeys,
    options: ExportOptions,
    columns: Sequence[str] | None = None,
) -> Iterator[list[bytes]]:
    """Yield the records as they are to be written, with cells marked of a table of `columns`."""
    extras = ExportExtras.read(dataset, keys, options.extras)
    start = 0
    for array in record_arrays(dataset, keys):
        texts = cast(list[bytes], array.cast("binary").to_pylist())
        if options.fields:
            texts = [_with_fields(text, options.fields) for text in texts]
        if options.extras or columns is not None:
            members = extras.members(start, len(texts))
            texts = [
                _with_member(text, member, columns)
                for text, member in zip(texts, members, strict=True)
            ]
        start += len(texts)
        yield texts


def _with_member(text: bytes, member: Mapping[str, Any], columns: Sequence[str] | None) -> bytes:
    ways = {} if columns is None else unlike_text(text, columns)
    whole = {**member, CELLS: ways} if ways else member
    return with_member(text, EXPORT_MEMBER, compact_bytes(whole)) if whole else text


def _with_fields(text: bytes, fields: tuple[str, ...]) -> bytes:
    record = read_record(text)
    return compact_bytes({name: value for name, value in record.items() if name in fields})
