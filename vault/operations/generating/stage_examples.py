"""Staging what a model run made: the examples and the run, in one operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vault.dataset.changing.stage import Staged, stage_and_count
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset, store_pages
from vault.dataset.reading.write_records import BlockWriter, RecordReader
from vault.formats.files.rows import row_blocks
from vault.objects.chunk_rows import Made
from vault.objects.json.text import compact_bytes
from vault.objects.labels.label_set import Label
from vault.objects.log.view import View
from vault.objects.runs import ChunkNumbers, RowKeys, Runs
from vault.operations.generating.verdicts import Decided
from vault.operations.imports.known_examples import KnownExamples
from vault.operations.model_runs.open_runs import draft_of_run
from vault.session.context import Context
from vault.session.recording import record, writing

REVIEW, PENDING = "review", "pending"
"""The label of examples that wait for a person, and its value: a queue of the explorer."""


@dataclass(frozen=True, slots=True)
class MadeExample:
    """A record that was accepted, and how it came from a model."""

    record: dict[str, Any]
    made: Made


def made_by(run: str, model: str, decided: Sequence[Decided]) -> Iterator[MadeExample]:
    """Yield the examples that were accepted in a run, in the order of their requests."""
    for each in sorted(decided, key=lambda each: each.number):
        seeds = list(each.drawn.seeds)
        origin = compact_bytes({"seeds": seeds}).decode() if seeds else None
        made = Made(run, model, each.number, origin)
        yield from (MadeExample(example, made) for example in each.records)


@dataclass(frozen=True, slots=True)
class StagedExamples:
    """The number of examples that were staged, and the stage then; None if it was left alone."""

    staged: int
    stage: Staged | None


def stage_examples(
    context: Context,
    examples: Sequence[MadeExample],
    *,
    source: str,
    round: str,
    branch: str,
    review: bool,
    with_run: Callable[[View], View],
) -> StagedExamples:
    """Append examples to the stage of a branch, and record the run, as one operation.

    With `review` each gets the label `review = pending`. What is there already or was removed since
    stays as it is, so doing it again does nothing. `with_run` puts the run into a view; it may be
    called several times. Raises Conflict (`run-branch-gone`, `log-busy`), StorageFailed, Corrupt.
    """
    with writing(context):
        numbers = ChunkNumbers()
        keys = stored_examples(context, examples, RecordReader(source, round), numbers)

        def change(view: View) -> tuple[View, StagedExamples]:
            view = with_run(view)
            if not len(keys):
                return view, StagedExamples(0, None)
            draft = draft_of_run(context, view, branch)
            dataset = open_dataset(context.store, draft.manifest, numbers=numbers)
            fresh = _fresh(dataset, keys)
            runs = Runs.from_keys(numbers, np.concatenate([dataset.keys(), fresh]))
            sources = dict(dataset.manifest.sources)
            sources.setdefault(source, RecordReader(source).remembered())
            manifest = replace(
                dataset.manifest, pages=store_pages(context.store, runs), sources=sources
            )
            if review:
                label = Label(REVIEW, PENDING, context.intent.author, context.intent.time)
                appended = Dataset(context.store, manifest, numbers=numbers)
                manifest = with_label_changes(appended, [LabelChange.same(label, fresh)])
            view, stage = stage_and_count(context, view, draft, manifest)
            return view, StagedExamples(len(fresh), stage)

        return record(context, change)


def stored_examples(
    context: Context, examples: Sequence[MadeExample], reader: RecordReader, numbers: ChunkNumbers
) -> RowKeys:
    """Store examples in chunks, with how they were made, and return their row keys, in order."""
    writer = BlockWriter(context.store)
    reader = replace(reader, made=[each.made for each in examples])
    parts = []
    line = 1
    for block in row_blocks(each.record for each in examples):
        found = writer.read(block, reader)
        parts += writer.keep(np.ones(len(found.has_content), np.bool_), line)
        line += found.line_count
    chunks = writer.finish()
    return Runs.build(numbers, [(chunks[p.chunk], p.first, p.rows) for p in parts]).keys()


def _fresh(dataset: Dataset, keys: RowKeys) -> RowKeys:
    """Return the rows of examples that are neither there nor removed."""
    known = KnownExamples(dataset, frozenset())
    ids = ids_of(dataset.columns(keys, ["id"]))
    there, _ = known.index.find(ids)
    removed = known.removed()
    out = np.array([each.tobytes() in removed for each in ids], np.bool_)
    return keys[~there & ~out]
