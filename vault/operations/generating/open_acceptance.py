"""Opening the acceptance of a run: the stage without the run's own examples, and all checks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vault.config import read_team_section
from vault.dataset.reading.compared_texts import Part
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset, store_pages
from vault.dataset.reading.spoken_texts import read_spoken
from vault.generate.recipe.recipe import Recipe
from vault.objects.digest import Digest
from vault.objects.runs import RowKeys, Runs
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.reference import open_reference
from vault.operations.duplicates.settings import comparing_of
from vault.operations.generating.acceptance import Acceptance, Checks
from vault.operations.generating.seed_overlap import SeedOverlap
from vault.operations.generating.seeds import Seed
from vault.operations.validation.validate import ValidateOptions, rules_to_run
from vault.session.context import Context


def open_acceptance(
    trial: Context,
    manifest: Digest | None,
    recipe: Recipe,
    seeds: Sequence[Seed],
    own: Collection[str],
) -> Acceptance:
    """Return the acceptance of a run over a stage, of which `own` are the run's examples.

    Those are left out: a run is not compared with what it made itself. Checks are those of the
    recipe with the settings of `vault.toml`. Raises InvalidInput (`config-invalid`), NotFound
    (`against-not-found`), Corrupt.
    """
    checks = Checks(
        recipe.accept,
        rules_to_run(trial.folder, ValidateOptions()).rules,
        _comparing(trial, recipe),
        _overlap(trial, recipe.accept.seed_overlap_words, seeds),
        same_prompt=recipe.each is not None,
    )
    stage = open_dataset(trial.store, manifest)
    return Acceptance(trial, without(stage, own), checks, source_of(recipe))


def _comparing(context: Context, recipe: Recipe) -> Comparing:
    """Return what counts as a duplicate: of answers to prompts that are there, the answer alone.

    Conversations with the same prompt are alike for the prompt's sake, and prompts that are alike
    were there before.
    """
    comparing = comparing_of(context.folder, {})
    if recipe.each is None:
        return comparing
    return replace(comparing, on=Part.RESPONSE)


def source_of(recipe: Recipe) -> str:
    """Return the source of the examples of a recipe."""
    return f"generate/{recipe.name}"


def without(dataset: Dataset, examples: Collection[str]) -> Dataset:
    """Return a dataset without some examples, by their ids."""
    keys = dataset.keys()
    if not examples or not len(keys):
        return dataset
    runs = Runs.from_keys(dataset.numbers, keys[~are_among(dataset, keys, examples)])
    manifest = replace(dataset.manifest, pages=store_pages(dataset.store, runs))
    return Dataset(dataset.store, manifest, numbers=dataset.numbers)


def are_among(dataset: Dataset, keys: RowKeys, examples: Collection[str]) -> NDArray[np.bool_]:
    """Return which rows are examples of these ids."""
    ids = ids_of(dataset.columns(keys, ["id"]))
    return np.array([each.tobytes().hex() in examples for each in ids], np.bool_)


def _overlap(context: Context, words: int, seeds: Sequence[Seed]) -> SeedOverlap | None:
    """Return what must not be given away: the seeds, and the files that vault.toml protects."""
    if not words:
        return None
    texts = [text for each in seeds for text in (each.prompt, each.response)]
    files: Sequence[str] = ()
    if context.folder is not None:
        files = read_team_section(context.folder, "protect").texts("protect.files") or ()
        files = [str(context.folder / each) for each in files]
    for file in files:
        reference = open_reference(context, file)
        keys = reference.dataset.keys()
        for spoken in read_spoken(reference.dataset, keys, reference.understood):
            texts += spoken.texts.to_pylist()
    return SeedOverlap(texts, words) if texts else None
