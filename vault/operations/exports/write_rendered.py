"""Writing one file of an export as a trainer takes it."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from vault.dataset.reading.dataset import Dataset
from vault.formats.files.inputs import Layout
from vault.formats.trainers.table import output_format, trainer_named
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.for_trainers.judgements import Judgements
from vault.operations.exports.hashed_file import HashedFile
from vault.operations.exports.rendered_lines import RenderedLines
from vault.operations.exports.targets import Target
from vault.operations.exports.written import Written
from vault.session.context import Context

_HANDED_BYTES = 1 << 20


def write_rendered(
    context: Context,
    dataset: Dataset,
    target: Target,
    options: ExportOptions,
    file: BinaryIO,
    judged: Judgements | None = None,
) -> Written:
    """Write a target's records as a trainer takes them. Raises Corrupt, OSError."""
    lines = RenderedLines(options, judged)
    counts = lines.counts
    pieces = _pieces(context, lines, dataset, target)
    # Rendering holds the interpreter lock, so a thread beside it would mostly wait for that.
    with HashedFile(file, is_beside=False) as hashed:
        content = None
        if target.layout is Layout.PARQUET:
            content = _write_parquet(pieces, cast(BinaryIO, hashed), options)
        else:
            if trainer_named(str(options.trainer)).has_mark:
                hashed.write(codecs.BOM_UTF8)
            for piece in pieces:
                hashed.write(piece)
        return Written(hashed.hexdigest(), hashed.size_bytes, content, counts.examples, counts)


def _pieces(
    context: Context, lines: RenderedLines, dataset: Dataset, target: Target
) -> Iterator[bytes]:
    """Yield the rendered lines of a target, whole ones of about a megabyte."""
    before = size_bytes = 0
    pending: list[bytes] = []
    for batch, _ in lines.batches(dataset, target.keys):
        pending += batch
        size_bytes += sum(map(len, batch))
        if size_bytes >= _HANDED_BYTES:
            yield b"\n".join(pending) + b"\n"
            pending, size_bytes = [], 0
        done = lines.counts.examples + lines.counts.unsupported.total()
        context.progress.advance(done - before)
        before = done
    if pending:
        yield b"\n".join(pending) + b"\n"


def _write_parquet(pieces: Iterator[bytes], file: BinaryIO, options: ExportOptions) -> str:
    """Write lines as Parquet, and return the SHA-256 of the lines."""
    # On use: most trainers take JSON Lines.
    from vault.formats.trainers.arrow_records import parquet_schema
    from vault.formats.writers.parquet_writer import StructWriter

    content = hashlib.sha256()
    schema = parquet_schema(
        output_format(str(options.layout)), has_thinking=options.template_arguments
    )
    writer = StructWriter(file, schema)
    for piece in pieces:
        content.update(piece)
        writer.write_lines(piece)
    writer.close()
    return content.hexdigest()
