"""The examples that a rubric judges: staged ones of a revision, not judged by it yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vault.catalogue.expressions.columns import DATA, ORIGIN, Reference, Type
from vault.dataset.choosing.expression_table import example_table
from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.listed import open_revision
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset
from vault.dataset.reading.id_index import NOWHERE, IdIndex
from vault.errors import InvalidInput
from vault.generate.families import family_of
from vault.generate.rubric.rubric import Rubric
from vault.objects.digest import Digest
from vault.objects.runs import RowKeys
from vault.operations.judging.judged_before import judged_before
from vault.operations.judging.options import JudgeOptions
from vault.operations.judging.requests import chosen_sample
from vault.operations.judging.shown import reference_path
from vault.session.context import Context, draft_of

JUDGED_BEFORE, NOT_STAGED, NOT_SAMPLED = "judged-before", "not-staged", "not-sampled"


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of the stage that are to be judged, in dataset order; others by reason.

    `older` of those selected have labels of an older rubric of the same name. `same_family` were
    made by a model of a judge's family.
    """

    stage: Dataset
    manifest: Digest | None
    branch: str
    keys: RowKeys
    skipped: dict[str, int]
    older: int
    same_family: int


def select_examples(
    context: Context,
    rubric: Rubric,
    options: JudgeOptions,
    *,
    revision: str | None = None,
    expressions: Sequence[str] = (),
) -> Selection:
    """Return the examples of a revision (the stage) that a rubric judges.

    Labels are of the stage, so that an example that is not there is not judged. Raises NotFound
    (`revision-not-found`), Conflict (`detached-head`), InvalidInput (`sample-invalid`,
    `reference-missing`, and those of expressions), Corrupt.
    """
    if options.sample is not None and options.sample < 1:
        raise InvalidInput(
            f"--sample is {options.sample}, and has to be at least 1",
            code="sample-invalid",
            hint="`--sample 100` judges 100 of the examples",
        )
    draft = draft_of(context, context.log.tip().view)
    stage = open_dataset(context.store, draft.manifest)
    keys = stage.keys()
    skipped: dict[str, int] = {}
    if revision is None:
        keys = satisfying(context, stage, keys, expressions)
    else:
        _, dataset = open_revision(context, revision)
        chosen = satisfying(context, dataset, dataset.keys(), expressions)
        keys = _staged(stage, keys, dataset, chosen)
        _note(skipped, NOT_STAGED, len(chosen) - len(keys))
    before = judged_before(stage, keys, rubric, pairwise=options.pairwise)
    _note(skipped, JUDGED_BEFORE, int(before.is_judged.sum()))
    keys = keys[~before.is_judged]
    if options.sample is not None and options.sample < len(keys):
        ids = ids_of(stage.columns(keys, ["id"])).tolist()
        _note(skipped, NOT_SAMPLED, len(keys) - options.sample)
        keys = keys[sorted(chosen_sample(rubric, ids, options.sample))]
    _require_reference(context, stage, keys, rubric)
    same = _same_family(context, stage, keys, rubric)
    older = int(before.is_older.sum())
    return Selection(stage, draft.manifest, draft.branch, keys, skipped, older, same)


def _require_reference(context: Context, stage: Dataset, keys: RowKeys, rubric: Rubric) -> None:
    """Raise InvalidInput (`reference-missing`) if none of some rows has the rubric's reference."""
    if rubric.reference is None or not len(keys):
        return
    wanted = Reference(DATA, reference_path(rubric.reference), Type.TEXT)
    if wanted not in example_table(context, stage, (), {"reference": wanted}, keys=keys).seen:
        raise InvalidInput(
            f"no example that is judged has {rubric.reference}, the reference of {rubric.file}",
            code="reference-missing",
            hint="correct `reference` in the rubric, or leave it out",
        )


def rows_of(dataset: Dataset, ids: Sequence[bytes]) -> RowKeys:
    """Return the row keys of examples by their ids, NOWHERE for those that are not there."""
    keys = dataset.keys()
    index = IdIndex()
    index.add(ids_of(dataset.columns(keys, ["id"])), keys)
    return index.find(np.array(ids, np.dtype("V16")))[1]


def _staged(stage: Dataset, keys: RowKeys, dataset: Dataset, chosen: RowKeys) -> RowKeys:
    """Return the rows of the stage with the ids of rows of another dataset, in dataset order."""
    wanted = ids_of(dataset.columns(chosen, ["id"])).tolist()
    found = rows_of(stage, wanted)
    return keys[np.isin(keys, found[found != NOWHERE])]


def _same_family(context: Context, stage: Dataset, keys: RowKeys, rubric: Rubric) -> int:
    if not len(keys) or not context.log.tip().view.runs:
        return 0
    judges = {family_of(each.name) for each in rubric.judges}
    model = {"model": Reference(ORIGIN, ("model",), Type.TEXT)}
    models = example_table(context, stage, (), model, keys=keys).table.column("model").to_pylist()
    return sum(each is not None and family_of(each) in judges for each in models)


def _note(skipped: dict[str, int], reason: str, count: int) -> None:
    if count:
        skipped[reason] = count
