"""`generate --reparse`: examples once more from answers that are kept, by today's recipe."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from vault.dataset.changing.carry_labels import carry_labels
from vault.dataset.changing.row_order import source_replaced
from vault.dataset.changing.stage import Staged, stage_and_count
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset, store_pages
from vault.dataset.reading.id_index import IdIndex
from vault.dataset.reading.write_records import RecordReader
from vault.errors import Conflict, NotFound
from vault.generate.recipe.recipe import Recipe
from vault.objects.digest import Digest
from vault.objects.log.view import Run, View
from vault.objects.model_run.about import RecipeFile
from vault.objects.model_run.request import RequestState, RunRow
from vault.objects.model_run.run_object import decode_about, decode_rows, encode_run
from vault.objects.runs import ChunkNumbers, RowKeys, Runs
from vault.operations.generating.acceptance import Acceptance, Rejection
from vault.operations.generating.begin import read_file, recipe_of
from vault.operations.generating.open_acceptance import are_among, open_acceptance, source_of
from vault.operations.generating.options import GenerateOptions
from vault.operations.generating.planner import Drawn
from vault.operations.generating.report import DONE, GenerateReport, accepted_of, report_of
from vault.operations.generating.seeds import read_seeds
from vault.operations.generating.stage_examples import (
    MadeExample,
    StagedExamples,
    made_by,
    stored_examples,
)
from vault.operations.generating.verdicts import Decided, Received, decide_round
from vault.operations.imports.known_examples import KnownExamples
from vault.operations.model_runs.open_runs import RunKind, require_kind, vault_folder
from vault.operations.model_runs.probe import is_probe
from vault.session.context import Context, draft_of
from vault.session.recording import record, writing
from vault.session.trial import trial_of
from vault.store.run_folder import RunFolder

_AT_ONCE = 512
_REMOVED = Rejection("removed-before", "what was made of this answer was removed deliberately")
_ANSWERED = frozenset({RequestState.RECEIVED, RequestState.ACCEPTED, RequestState.REJECTED})


def reparse(
    context: Context, run: str, path: str | None, options: GenerateOptions
) -> GenerateReport:
    """Make the examples of a run again from its answers, by the recipe in a file; sends nothing.

    Without a path it is the recipe that the run was begun with. Examples take the place of the
    run's own, with the labels that still hold; what was taken out stays out. The same answers and
    recipe give the same examples. Raises NotFound (`run-not-found`, `recipe-not-found`), Conflict
    (`run-unfinished`, `run-of-another-kind`, `detached-head`), InvalidInput (`recipe-invalid` …),
    Corrupt.
    """
    view = context.log.tip().view
    data = context.store.get(_object_of(context, view, run))
    about, rows = decode_about(data), list(decode_rows(data))
    require_kind(about, RunKind.GENERATE)
    assert about.recipe is not None, "`generate` keeps the recipe of each run"
    text = context.store.get(about.recipe.object) if path is None else read_file(path)
    recipe = recipe_of(text, about.recipe.name, options)
    draft = draft_of(context, view)
    stage = open_dataset(context.store, draft.manifest)
    seeds = read_seeds(context, stage, recipe.seeds)
    own = accepted_of(rows)
    with trial_of(context) as trial:
        acceptance = open_acceptance(trial, draft.manifest, recipe, seeds, own)
        out = KnownExamples(stage, frozenset()).removed()
        gone = {row.request for row in rows if _is_gone(row, out)}
        open_ = [row for row in rows if row.state in _ANSWERED and row.request not in gone]
        open_ = [row for row in open_ if not is_probe(row)]
        decided = [Decided(each, Drawn({}), rejections=(_REMOVED,)) for each in sorted(gone)]
        decided += _decided(recipe, acceptance, open_)
    with writing(context):
        about = replace(about, recipe=RecipeFile(recipe.name, context.store.put(text)))
        now = list(_rows(rows, decided))
        kept = Run(context.store.put(encode_run(about, now)), view.runs[run].state, about.names())
        examples = list(made_by(run, about.models[0].model, decided))
        staged, stage_now = _staged(context, run, kept, recipe, own, examples)
    prices = about.models[0].prices
    return report_of(
        run,
        recipe.name,
        now,
        decided,
        currency=None if prices is None else prices.currency,
        wanted=len(own),
        stopped=DONE,
        staged=StagedExamples(staged, stage_now),
    )


def _object_of(context: Context, view: View, run: str) -> Digest:
    found = view.runs.get(run)
    if found is None or found.object is None:
        raise NotFound(
            f'no answers of a run "{run}" are kept here',
            code="run-not-found",
            hint="`vault runs` lists the runs that there are",
        )
    if run in RunFolder.names(vault_folder(context)):
        raise Conflict(
            f"the run {run} may go on, with the recipe that it was begun with",
            code="run-unfinished",
            hint=f"`vault generate --resume {run}`, or `vault runs cancel {run}`, comes first",
        )
    return found.object


def _is_gone(row: RunRow, out: Collection[bytes]) -> bool:
    """Return whether all that was made of an answer was taken out: it would come back otherwise."""
    made = row.examples or ()
    return bool(made) and all(bytes.fromhex(each) in out for each in made)


def _decided(recipe: Recipe, acceptance: Acceptance, rows: Sequence[RunRow]) -> Iterator[Decided]:
    """Yield what becomes of answers today."""
    answers = {row.request: row.answer or b"" for row in rows}
    for first in range(0, len(rows), _AT_ONCE):
        received = [_received(row) for row in rows[first : first + _AT_ONCE]]
        yield from decide_round(recipe, acceptance, received, answers.__getitem__)


def _received(row: RunRow) -> Received:
    return Received(row.request, Drawn.of(row))


def _rows(rows: Sequence[RunRow], decided: Sequence[Decided]) -> Iterator[RunRow]:
    """Yield the requests with what was decided of them now."""
    by_number = {each.number: each for each in decided}
    for row in rows:
        found = by_number.get(row.request)
        if found is None:
            yield row
        elif found.ids:
            yield replace(row, state=RequestState.ACCEPTED, reason=None, examples=found.ids)
        else:
            reason = found.rejections[0].reason
            # What was taken out has to be known as that the next time, too.
            made = row.examples if found.rejections[0] is _REMOVED else None
            yield replace(row, state=RequestState.REJECTED, reason=reason, examples=made)


def _staged(
    context: Context,
    run: str,
    kept: Run,
    recipe: Recipe,
    own: Collection[str],
    examples: Sequence[MadeExample],
) -> tuple[int, Staged | None]:
    """Put examples in the place of the run's own, and record the run, as one operation."""
    numbers = ChunkNumbers()
    stored = stored_examples(context, examples, RecordReader(source_of(recipe), run), numbers)

    def change(view: View) -> tuple[View, tuple[int, Staged | None]]:
        view = view.with_run(run, kept)
        draft = draft_of(context, view)
        dataset = open_dataset(context.store, draft.manifest, numbers=numbers)
        keys = dataset.keys()
        incoming = _as_they_stand(dataset, keys, stored)
        arranged = source_replaced(keys, are_among(dataset, keys, own), incoming)
        if np.array_equal(arranged, keys):
            return view, (0, None)
        pages = store_pages(context.store, Runs.from_keys(numbers, arranged))
        manifest = replace(dataset.manifest, pages=pages)
        if manifest.labels:
            manifest = carry_labels(context, dataset, manifest)
        view, stage = stage_and_count(context, view, draft, manifest)
        return view, (len(incoming), stage)

    return record(context, change)


def _as_they_stand(dataset: Dataset, keys: RowKeys, stored: RowKeys) -> RowKeys:
    """Return rows, those of examples that the dataset has already as they stand there."""
    index = IdIndex()
    index.add(ids_of(dataset.columns(keys, ["id"])), keys)
    known, places = index.find(ids_of(dataset.columns(stored, ["id"])))
    return np.where(known, places, stored)
