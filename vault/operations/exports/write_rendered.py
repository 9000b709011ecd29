"""Writing one file of an export as a trainer takes it."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from vault.dataset.reading.dataset import Dataset
from vault.formats.trainers.table import trainer_named
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
    with HashedFile(file) as hashed:
        if trainer_named(str(options.trainer)).has_mark:
            hashed.write(codecs.BOM_UTF8)
        before = size_bytes = 0
        pending: list[bytes] = []
        for batch, _ in lines.batches(dataset, target.keys):
            pending += batch
            size_bytes += sum(map(len, batch))
            if size_bytes >= _HANDED_BYTES:
                hashed.write(b"\n".join(pending) + b"\n")
                pending, size_bytes = [], 0
            done = lines.counts.examples + lines.counts.unsupported.total()
            context.progress.advance(done - before)
            before = done
        if pending:
            hashed.write(b"\n".join(pending) + b"\n")
        counts = lines.counts
        return Written(hashed.hexdigest(), hashed.size_bytes, None, counts.examples, counts)
