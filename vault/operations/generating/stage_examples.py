"""Staging what a model run made: the examples and the run, in one operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vault.dataset.changing.stage import Staged, stage_and_count
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset, store_pages
from vault.dataset.reading.write_records import BlockWriter, RecordReader
from vault.formats.files.rows import row_blocks
from vault.objects.chunk_rows import Made
from vault.objects.log.view import View
from vault.objects.runs import ChunkNumbers, RowKeys, Runs
from vault.operations.imports.known_examples import KnownExamples
from vault.session.context import Context, draft_of
from vault.session.recording import record, writing


@dataclass(frozen=True, slots=True)
class MadeExample:
    """A record that was accepted, and how it came from a model."""

    record: dict[str, Any]
    made: Made


@dataclass(frozen=True, slots=True)
class StagedExamples:
    """How many examples were staged, and how the stage then stands; None if it was left alone."""

    staged: int
    stage: Staged | None


def stage_examples(
    context: Context,
    examples: Sequence[MadeExample],
    *,
    source: str,
    round: str,
    with_run: Callable[[View], View],
) -> StagedExamples:
    """Append examples to the stage of the current branch, and record the run, as one operation.

    What is there already or was removed since stays as it is, so doing it again does nothing.
    `with_run` puts the run into a view; it may be called several times. Raises Conflict
    (`detached-head`, `log-busy`), StorageFailed, Corrupt.
    """
    with writing(context):
        numbers = ChunkNumbers()
        reader = RecordReader(source, round, made=[each.made for each in examples])
        keys = _stored(context, [each.record for each in examples], reader, numbers)

        def change(view: View) -> tuple[View, StagedExamples]:
            view = with_run(view)
            if not len(keys):
                return view, StagedExamples(0, None)
            draft = draft_of(context, view)
            dataset = open_dataset(context.store, draft.manifest, numbers=numbers)
            fresh = _fresh(dataset, keys)
            runs = Runs.from_keys(numbers, np.concatenate([dataset.keys(), fresh]))
            sources = dict(dataset.manifest.sources)
            sources.setdefault(source, RecordReader(source).remembered())
            manifest = replace(
                dataset.manifest, pages=store_pages(context.store, runs), sources=sources
            )
            view, stage = stage_and_count(context, view, draft, manifest)
            return view, StagedExamples(len(fresh), stage)

        return record(context, change)


def _stored(
    context: Context,
    records: Sequence[dict[str, Any]],
    reader: RecordReader,
    numbers: ChunkNumbers,
) -> RowKeys:
    """Store records in chunks and return their row keys, in order."""
    writer = BlockWriter(context.store)
    parts = []
    line = 1
    for block in row_blocks(records):
        found = writer.read(block, reader)
        parts += writer.keep(np.ones(len(found.has_content), np.bool_), line)
        line += found.line_count
    chunks = writer.finish()
    return Runs.build(numbers, [(chunks[p.chunk], p.first, p.rows) for p in parts]).keys()


def _fresh(dataset: Dataset, keys: RowKeys) -> RowKeys:
    known = KnownExamples(dataset, frozenset())
    ids = ids_of(dataset.columns(keys, ["id"]))
    there, _ = known.index.find(ids)
    removed = known.removed()
    out = np.array([each.tobytes() in removed for each in ids], np.bool_)
    return keys[~there & ~out]
