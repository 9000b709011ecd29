"""Beginning a run, or taking up one that was begun: all that it needs, opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from vault.config import read_team_section
from vault.dataset.choosing.where import check_expression, check_setting
from vault.errors import Conflict, Corrupt, InvalidInput, NotFound
from vault.generate.endpoint import Endpoint
from vault.generate.recipe.read_recipe import read_recipe
from vault.generate.recipe.recipe import Recipe
from vault.objects.digest import digest_of
from vault.objects.log.view import Run
from vault.objects.model_run.about import AskedModel, RecipeFile, RunAbout
from vault.operations.generating.endpoints import (
    endpoint_of,
    price_list,
    prices_in,
    require_confirmed,
)
from vault.operations.generating.goal import Goal, goal_of, new_goal
from vault.operations.generating.open_runs import (
    CANCELLED,
    OPEN,
    ended_runs,
    run_to_resume,
    runs_of_recipe,
    unfinished,
    vault_folder,
)
from vault.operations.generating.options import GenerateOptions
from vault.session.context import Context, draft_of
from vault.session.recording import record, writing
from vault.store.run_folder import RunFolder
from vault.store.run_ledger import RunLedger
from vault.version import __version__

GENERATE, PREVIEW = "generate", "preview"


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that this process owns, until its folder is closed."""

    ledger: RunLedger
    recipe: Recipe
    goal: Goal
    endpoint: Endpoint

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


@contextmanager
def begun(context: Context, path: str, options: GenerateOptions) -> Iterator[OpenRun]:
    """Begin a run of a recipe: its folder is there before anything is sent.

    Raises InvalidInput (`recipe-invalid` …), NotFound (`recipe-not-found`), Conflict
    (`run-unfinished`, `endpoint-unconfirmed`, `detached-head`), StorageFailed.
    """
    data = read_file(path)
    name = Path(path).name
    recipe = recipe_of(data, name, options)
    view = context.log.tip().view
    draft = draft_of(context, view)
    day = context.intent.time[:10]
    endpoint = endpoint_of(context.folder, recipe.model, options.environment, day=day)
    confirmed = options.is_confirmed or options.base_url is not None
    ended = ended_runs(context, view)
    require_confirmed(ended, endpoint, confirmed=confirmed)
    earlier = runs_of_recipe(context, ended, name)
    if not (options.new_run or options.is_preview):
        _refuse_beside([each for each in unfinished(context, view) if each in earlier], name)
    run = f"{context.intent.time[:10].replace('-', '')}-{options.token}"
    goal = new_goal(options, ordinal=len(earlier) + 1, run=run, branch=draft.branch)
    settings = _settings(context.folder)
    files = [data, *([settings] if settings else [])]
    about = RunAbout(
        run=run,
        kind=PREVIEW if options.is_preview else GENERATE,
        program=f"vault {__version__}",
        models=(AskedModel(endpoint.model, endpoint.url, price_list(endpoint.prices)),),
        recipe=RecipeFile(name, digest_of(data)),
        manifest=draft.manifest,
        settings=digest_of(settings) if settings else None,
    )
    # The log names the run before anything is paid for, so that what it needs is kept.
    _note(context, run, Run(None, OPEN, about.names()), files)
    vault = vault_folder(context)
    with RunFolder.create(vault, about, files, clock=_clock(context, options)) as folder:
        ledger = RunLedger.open(folder)
        ledger.append([goal.to_line()])
        try:
            yield OpenRun(ledger, recipe, goal, endpoint)
        except BaseException:
            if len(ledger):
                _tell_kept(context, run)
            else:
                # Nothing was asked, so there is nothing to go on with.
                folder.remove()
                _note(context, run, Run(None, CANCELLED, about.names()))
            raise


@contextmanager
def taken_up(context: Context, run: str | None, options: GenerateOptions) -> Iterator[OpenRun]:
    """Take up a run that is not finished, with the recipe that it was begun with.

    Raises InvalidInput (`resume-options`), NotFound (`run-not-found`), Conflict (`run-ended`,
    `run-locked`), Corrupt.
    """
    _refuse_other_run(options)
    vault = vault_folder(context)
    name = run_to_resume(context, context.log.tip().view, run)
    with RunFolder.open(vault, name, clock=_clock(context, options)) as folder:
        ledger = RunLedger.open(folder)
        about, kept = ledger.about, goal_of(folder)
        if about.recipe is None or kept is None:
            raise Corrupt(
                f"the run {name} has no recipe, or no goal",
                code="run-damaged",
                hint="`vault fsck` tells what is damaged; `vault runs show` what was answered",
            )
        recipe = read_recipe(folder.file(about.recipe.object), about.recipe.name)
        # The same model: answers of two in one run would be nobody's.
        asked = about.models[0]
        model = replace(recipe.model, name=asked.model, base_url=asked.endpoint)
        endpoint = endpoint_of(
            context.folder, model, options.environment, day=context.intent.time[:10]
        )
        if asked.prices is not None:
            # Sums of two price lists, perhaps in two currencies, would be no sums.
            endpoint = replace(endpoint, prices=prices_in(asked.prices))
        goal = kept.changed(options)
        if goal != kept:
            ledger.append([goal.to_line()])
        try:
            yield OpenRun(ledger, replace(recipe, model=model), goal, endpoint)
        except BaseException:
            _tell_kept(context, name)
            raise


def _tell_kept(context: Context, run: str) -> None:
    context.progress.say(f"answers are kept: `vault generate --resume {run}` goes on")


def _refuse_other_run(options: GenerateOptions) -> None:
    """Refuse options that would make another run of the one that goes on."""
    given = {
        "--preview": options.is_preview,
        "--new-run": options.new_run,
        "--model": options.model is not None,
        "--base-url": options.base_url is not None,
    }
    for name in (name for name, is_given in given.items() if is_given):
        raise InvalidInput(
            f"{name} is for a new run, and --resume goes on with one as it was begun",
            code="resume-options",
            hint=f"leave out {name}, or `vault generate RECIPE --new-run {name} ...`",
        )


def _refuse_beside(waiting: Sequence[str], recipe: str) -> None:
    """Raise Conflict (`run-unfinished`) if a run of the recipe may go on."""
    if waiting:
        raise Conflict(
            f"the run {waiting[-1]} of {recipe} is not finished",
            code="run-unfinished",
            hint=f"`vault generate --resume {waiting[-1]}` goes on with it; --new-run begins anew",
        )


def _clock(context: Context, options: GenerateOptions) -> Callable[[], str]:
    return options.clock or (lambda: context.intent.time)


def _note(context: Context, name: str, run: Run, files: Sequence[bytes] = ()) -> None:
    with writing(context):
        for each in files:
            context.store.put(each)

        record(context, lambda view: (view.with_run(name, run), None))


def _settings(folder: Path | None) -> bytes:
    return b"" if folder is None else read_team_section(folder, "generate").raw
