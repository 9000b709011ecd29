"""From a recipe to the body of a request, and from an answer to the records it makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from vault.generate.completion import Rejected
from vault.generate.ladder import response_format, with_schema
from vault.generate.recipe.parse_answer import parse_answer
from vault.generate.recipe.read_each import answered_record
from vault.generate.recipe.recipe import Recipe
from vault.generate.recipe.templates import TemplateFailed, filled, rendered

SEEDS = "seeds"
ANSWER = "answer"
EACH = "each"


def request_body(recipe: Recipe, values: Mapping[str, Any], seeds: object = None) -> str:
    """Return the JSON text that is sent: the same for the same values, to the byte.

    `seeds` is what `{{ seeds }}` prints. Raises TemplateFailed.
    """
    assert recipe.prompt is not None, "prompts that are there are sent by `answering_body`"
    shown = {**values, SEEDS: seeds}
    texts = (("system", recipe.prompt.system), ("user", recipe.prompt.user))
    messages = [
        {"role": role, "content": rendered(text, shown)} for role, text in texts if text is not None
    ]
    return answering_body(recipe, messages)


def answering_body(
    recipe: Recipe, messages: list[dict[str, Any]], beside: Mapping[str, Any] | None = None
) -> str:
    """Return the JSON text that is sent for messages; `beside` has what their prompt declares.

    That is `tools` and `parallel_tool_calls`, over what `[model]` says of them.
    """
    step = recipe.step or recipe.wanted_step
    form = response_format(step, recipe.schema, name=ANSWER)
    body: dict[str, Any] = {
        "model": recipe.model.name,
        "messages": with_schema(messages, step, recipe.schema),
        "max_tokens": recipe.model.max_tokens,
        **recipe.model.settings,
        **(beside or {}),
    }
    if form is not None:
        body["response_format"] = form
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def records_of(
    recipe: Recipe,
    values: Mapping[str, Any],
    body: bytes,
    *,
    check: Callable[[Any, Mapping[str, Any]], None],
    kept: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """Return the records that an answer makes, one for each value in it.

    `check` is given a value and the schema of the recipe, if it has one, and raises Rejected.
    `kept` names the fields of an answered prompt that its record keeps.

    Raises Rejected, as `parse_answer` does, and `field-missing` where the answer lacks what
    `[example]` uses.
    """
    records = []
    for value in parse_answer(body, recipe.format):
        if recipe.schema is not None:
            check(value, recipe.schema)
        try:
            made = filled(recipe.example, {**values, ANSWER: value})
        except TemplateFailed as error:
            raise Rejected("field-missing", f"the answer does not fit [example]: {error}") from None
        if recipe.each is not None:
            made = {**answered_record(recipe, values[EACH], value, kept), **made}
        records.append(made)
    return records
