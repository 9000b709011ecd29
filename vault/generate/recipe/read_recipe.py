"""Reading a recipe: TOML to values, and every fault of the file told at once, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vault.errors import InvalidInput, InvalidText
from vault.generate.checked_table import CheckedTable, is_json, parse_toml, shown
from vault.generate.model import read_model
from vault.generate.recipe.read_each import BESIDE, faults_beside, keeps_answer, read_each
from vault.generate.recipe.recipe import (
    Accept,
    AnswerFormat,
    Choice,
    Prompt,
    Recipe,
    Seeds,
)
from vault.generate.recipe.templates import fault_of, names_in

MOST_CELLS = 10_000
"""Combinations of all values of `[vary]`, at most."""

_VARIABLE = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_RESERVED = ("seeds", "answer", "each")


def read_recipe(data: bytes, name: str) -> Recipe:
    """Return the recipe that a file holds; `name` is the file's, for people and as the source.

    Raises InvalidText (`recipe-invalid`) with every fault and its place; nothing is read or sent
    for it. Needs jinja2.
    """
    faults: list[str] = []
    top = CheckedTable(_parsed(data, name), "", faults)
    recipe = Recipe(
        name=name,
        seed=top.whole("seed", 0, least=0),
        model=read_model(top.table("model", required=True)),
        seeds=_seeds(top.table("seeds")) if top.has("seeds") else None,
        each=read_each(top.table("each"), is_there=top.has("each")),
        vary=_vary(top.table("vary")),
        prompt=_prompt(top) if not top.has("each") else None,
        **_answer(top.table("answer"), "message" if top.has("each") else "json"),
        example=top.mapping("example", required=not top.has("each")),
        accept=_accept(top.table("accept")),
    )
    faults += faults_beside(recipe, top)
    top.finish({"prompt": BESIDE, "batch": "is no key: `vault generate --batch` sends a batch"})
    faults += _faults_of_templates(recipe)
    faults += _faults_of_match(recipe)
    if faults:
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise InvalidText(
            f"{name} cannot be used: it has {count}",
            excerpt=tuple(faults),
            code="recipe-invalid",
            hint="correct it; `vault generate --dry-run` checks a recipe and sends nothing",
        )
    return recipe


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    try:
        return parse_toml(data)
    except ValueError as error:
        raise InvalidInput(
            f"{name} is no TOML file that can be read: {error}",
            code="recipe-unreadable",
            hint="`vault generate --new FILE` writes a recipe to begin with",
        ) from None


def _seeds(table: CheckedTable) -> Seeds:
    match = table.mapping("match")
    for field, variable in match.items():
        if not isinstance(variable, str):
            table.fault("match", f"has to name a variable for {shown(field)}")
    seeds = Seeds(
        where=table.text("where"),
        file=table.text("file"),
        per_request=table.whole("per_request", 3, least=1),
        match={key: value for key, value in match.items() if isinstance(value, str)},
        scrub=table.flag("scrub", True),
        held_out=table.flag("held_out", False),
    )
    table.word("choose", "shuffled", ("shuffled",))
    if seeds.file is not None and seeds.where is not None:
        table.fault("where", "chooses from the stage, and file names other seeds: leave out one")
    table.finish()
    return seeds


def _vary(table: CheckedTable) -> Mapping[str, Sequence[Choice]]:
    found: dict[str, tuple[Choice, ...]] = {}
    cells = 1
    for name, values in table.rest().items():
        if not _VARIABLE.fullmatch(name) or name in _RESERVED:
            table.fault(name, "is no name of a variable: use a-z, 0-9 and _")
            continue
        choices = tuple(_choices(table, name, values))
        if choices:
            found[name] = choices
            cells *= len(choices)
    if cells > MOST_CELLS:
        told = f"has {cells:,} combinations of values, more than {MOST_CELLS:,}"
        table.fault(next(iter(found)), told)
    return found


def _choices(table: CheckedTable, name: str, values: Any) -> Iterator[Choice]:
    if isinstance(values, dict):
        for value, weight in values.items():
            if isinstance(weight, bool) or not isinstance(weight, int) or weight < 1:
                table.fault(name, f"has to give {shown(value)} a whole number as its weight")
                return
            yield Choice(value, weight)
    elif isinstance(values, list) and values:
        if not all(isinstance(each, str | int | float) and is_json(each) for each in values):
            table.fault(name, "has to hold texts and numbers only")
        elif len({str(each) for each in values}) < len(values):
            table.fault(name, "holds a value twice: give it a weight instead")
        else:
            yield from map(Choice, values)
    else:
        table.fault(name, "has to be a list of values, or a table such as {polite = 3, angry = 1}")


def _prompt(top: CheckedTable) -> Prompt:
    table = top.table("prompt", required=True)
    prompt = Prompt(user=table.text("user", required=True) or "", system=table.text("system"))
    table.finish()
    return prompt


def _answer(table: CheckedTable, usual: str) -> dict[str, Any]:
    form = AnswerFormat(table.word("format", usual, tuple(AnswerFormat)))
    schema = table.mapping("schema") or None
    if schema is not None and form is not AnswerFormat.JSON:
        table.fault("schema", f'goes with format = "json" only, not with {form}')
    if not is_json(schema):
        table.fault("schema", "cannot be sent: dates, nan and inf are no JSON")
    table.finish()
    return {"format": form, "schema": schema}


def _accept(table: CheckedTable) -> Accept:
    accept = Accept(
        rules=table.flag("rules", True),
        near_duplicates=table.flag("near_duplicates", True),
        seed_overlap_words=table.whole("seed_overlap_words", 12, least=0),
        where=table.text("where"),
        stop_when_novelty_below=table.share("stop_when_novelty_below", 0.0),
        review=table.flag("review", False),
    )
    if 0 < accept.seed_overlap_words < 4:
        table.fault(
            "seed_overlap_words", "has to be 0 (off) or at least 4: fewer words are in any text"
        )
    table.finish()
    return accept


def _faults_of_templates(recipe: Recipe) -> Iterator[str]:
    known = [*recipe.vary, *(("seeds",) if recipe.seeds else ())]
    prompts: dict[str, str | None] = {}
    if recipe.prompt is not None:
        prompts = {"prompt.system": recipe.prompt.system, "prompt.user": recipe.prompt.user}
    for place, text in prompts.items():
        if text is not None:
            yield from _faults_of(place, text, known)
    is_shown = (
        recipe.prompt is None
        or recipe.seeds is None
        or any("seeds" in names_in(text or "") for text in prompts.values())
    )
    if not is_shown:
        yield "seeds are never shown: neither prompt.system nor prompt.user has {{ seeds }}"
    answered = keeps_answer(recipe)
    known = [*recipe.vary, "answer", *(("each",) if recipe.each else ())]
    for place, text in _texts_in(recipe.example, "example"):
        yield from _faults_of(place, text, known, is_value=True)
        answered = answered or "answer" in names_in(text)
    if not is_json(recipe.example):
        yield "example cannot be a record: dates, nan and inf are no JSON"
    if recipe.example and not answered:
        yield "example never uses {{ answer }}: every record would be the same"


def _faults_of(
    place: str, text: str, known: Sequence[str], *, is_value: bool = False
) -> Iterator[str]:
    fault = fault_of(text, is_value=is_value)
    if fault is not None:
        yield f"{place} is no template: {fault}"
        return
    for name in sorted(names_in(text) - set(known)):
        listed = ", ".join(known) or "none"
        yield f"{place} uses {{{{ {name} }}}}, which [vary] does not have; known are {listed}"


def _texts_in(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts_in(each, f"{place}.{key}")
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _texts_in(each, f"{place}[{at}]")


def _faults_of_match(recipe: Recipe) -> Iterator[str]:
    for variable in () if recipe.seeds is None else recipe.seeds.match.values():
        if variable not in recipe.vary:
            yield f"seeds.match names {variable}, which [vary] does not have"
