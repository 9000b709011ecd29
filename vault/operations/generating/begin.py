"""Beginning a run, or taking up one that was begun: all that it needs, opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from vault.dataset.choosing.where import check_expression, check_setting
from vault.dataset.reading.dataset import open_dataset
from vault.errors import Corrupt, InvalidInput, NotFound
from vault.generate.endpoint import Endpoint
from vault.generate.recipe.planned_variable import planned_variable
from vault.generate.recipe.quota_plan import QuotaPlan, read_plan
from vault.generate.recipe.read_recipe import read_recipe
from vault.generate.recipe.recipe import Recipe
from vault.objects.digest import digest_of
from vault.objects.model_run.about import AskedModel, RecipeFile, RunAbout
from vault.operations.generating.goal import Goal, goal_of, new_goal
from vault.operations.generating.options import GenerateOptions
from vault.operations.generating.prompts import with_count
from vault.operations.model_runs.begin_run import (
    begin_run,
    new_run_name,
    refuse_beside,
    settings_of,
    take_up_run,
)
from vault.operations.model_runs.endpoints import (
    endpoint_again,
    endpoint_of,
    price_list,
    require_confirmed,
)
from vault.operations.model_runs.open_runs import (
    RunKind,
    ended_runs,
    runs_of_recipe,
)
from vault.session.context import Context, draft_of
from vault.store.run_ledger import RunLedger
from vault.version import __version__

PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that this process owns, until its folder is closed."""

    ledger: RunLedger
    recipe: Recipe
    goal: Goal
    endpoint: Endpoint
    plan: QuotaPlan | None = None

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.ledger.folder.run


def recipe_of(data: bytes, name: str, options: GenerateOptions) -> Recipe:
    """Return the recipe of a file, with the model and address that options name.

    Raises InvalidInput (`recipe-invalid`, `recipe-unreadable`, `expression-invalid`).
    """
    recipe = read_recipe(data, name)
    if recipe.accept.where is not None:
        _check_where(recipe, recipe.accept.where)
    model = recipe.model
    model = replace(
        model,
        name=options.model or model.name,
        base_url=options.base_url or model.base_url,
    )
    return replace(recipe, model=model)


def _check_where(recipe: Recipe, where: str) -> None:
    """Check `[accept] where` before anything is paid that it is to decide on."""
    from vault.catalogue.expressions.columns import DATA

    place = f"accept.where of {recipe.name}"
    check_setting(place, where)
    if recipe.each is not None:
        return  # nobody knows the fields of prompts before they are read
    for each in check_expression(where).references:
        if each.root == DATA and each.path[0] not in recipe.example:
            raise InvalidInput(
                f"{place} reads {each.shown}, which [example] does not have",
                code="recipe-invalid",
                hint=f"known are {', '.join(map(str, recipe.example))}",
            )


def read_file(path: str) -> bytes:
    """Return the bytes of a recipe. Raises NotFound (`recipe-not-found`)."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}",
            code="recipe-not-found",
            hint="`vault generate --new FILE` writes a recipe to begin with",
        ) from None


def plan_of(path: str | None, recipe: Recipe) -> tuple[bytes, QuotaPlan | None]:
    """Return the bytes of a plan, and the plan, which the recipe can carry out; None for none.

    Raises NotFound (`plan-not-found`), InvalidInput (`plan-invalid`, `plan-not-made`,
    `plan-values-missing`).
    """
    if path is None:
        return b"", None
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}",
            code="plan-not-found",
            hint="`vault plan --by FIELD -n 200 -o plan.toml` writes a plan",
        ) from None
    plan = read_plan(data, Path(path).name)
    planned_variable(recipe, plan)
    return data, plan


@contextmanager
def begun(context: Context, path: str, options: GenerateOptions) -> Iterator[OpenRun]:
    """Begin a run of a recipe: its folder is there before anything is sent.

    Raises InvalidInput (`recipe-invalid` …), NotFound (`recipe-not-found`), Conflict
    (`run-unfinished`, `endpoint-unconfirmed`, `detached-head`), StorageFailed.
    """
    _refuse_together(options)
    data = read_file(path)
    name = Path(path).name
    recipe = recipe_of(data, name, options)
    plan_data, plan = plan_of(options.plan, recipe)
    view = context.log.tip().view
    draft = draft_of(context, view)
    day = context.intent.time[:10]
    endpoint = endpoint_of(context.folder, recipe.model, options.environment, day=day)
    confirmed = options.is_confirmed or options.base_url is not None
    ended = ended_runs(context, view)
    require_confirmed(ended, endpoint, confirmed=confirmed)
    earlier = runs_of_recipe(context, ended, name)
    if not (options.new_run or options.is_preview):
        refuse_beside(context, view, earlier, name, RunKind.GENERATE)
    options = with_count(context, open_dataset(context.store, draft.manifest), recipe, options)
    run = new_run_name(context, options.token)
    goal = new_goal(
        options,
        ordinal=len(earlier) + 1,
        run=run,
        branch=draft.branch,
        planned=plan,
    )
    settings = settings_of(context)
    files = [each for each in (data, plan_data, settings) if each]
    about = RunAbout(
        run=run,
        kind=PREVIEW if options.is_preview else RunKind.GENERATE,
        program=f"vault {__version__}",
        models=(AskedModel(endpoint.model, endpoint.url, price_list(endpoint.prices)),),
        recipe=RecipeFile(name, digest_of(data)),
        inputs={} if goal.plan is None else {goal.plan: digest_of(plan_data)},
        manifest=draft.manifest,
        settings=digest_of(settings) if settings else None,
    )
    with begin_run(context, about, files, options.clock) as ledger:
        ledger.append([goal.to_line()])
        yield OpenRun(ledger, recipe, goal, endpoint, plan)


def _refuse_together(options: GenerateOptions) -> None:
    if options.is_batch and options.is_preview:
        raise InvalidInput(
            "a preview shows answers at once, and a batch takes up to a day",
            code="batch-options",
            hint="leave out --preview, or --batch",
        )


@contextmanager
def taken_up(context: Context, run: str | None, options: GenerateOptions) -> Iterator[OpenRun]:
    """Take up a run that is not finished, with the recipe and plan that it was begun with.

    Raises InvalidInput (`resume-options`), NotFound (`run-not-found`), Conflict (`run-ended`,
    `run-locked`), Corrupt.
    """
    _refuse_other_run(options)
    with take_up_run(context, run, RunKind.GENERATE, options.clock) as ledger:
        about, kept = ledger.about, goal_of(ledger.folder)
        if about.recipe is None or kept is None:
            raise Corrupt(
                f"the run {about.run} has no recipe, or no goal",
                code="run-damaged",
                hint="`vault fsck` tells what is damaged; `vault runs show` what was answered",
            )
        recipe = read_recipe(ledger.folder.file(about.recipe.object), about.recipe.name)
        # The same model: answers of two in one run would be nobody's.
        asked = about.models[0]
        model = replace(recipe.model, name=asked.model, base_url=asked.endpoint)
        endpoint = endpoint_again(context, model, asked, options.environment)
        goal = kept.changed(options)
        if goal != kept:
            ledger.append([goal.to_line()])
        plan = None
        if goal.plan is not None:
            plan = read_plan(ledger.folder.file(about.inputs[goal.plan]), goal.plan)
        yield OpenRun(ledger, replace(recipe, model=model), goal, endpoint, plan)


def _refuse_other_run(options: GenerateOptions) -> None:
    """Refuse options that would make another run of the one that goes on."""
    given = {
        "--preview": options.is_preview,
        "--new-run": options.new_run,
        "--model": options.model is not None,
        "--base-url": options.base_url is not None,
        "--plan": options.plan is not None,
    }
    for name in (name for name, is_given in given.items() if is_given):
        raise InvalidInput(
            f"{name} is for a new run, and --resume goes on with one as it was begun",
            code="resume-options",
            hint=f"leave out {name}, or `vault generate RECIPE --new-run {name} ...`",
        )
